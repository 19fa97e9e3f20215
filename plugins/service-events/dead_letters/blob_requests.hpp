/// Requests to storage accounts, made by a shard for a thread that waits for what comes back.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <trellis/host.hpp>

#include "common/azure_storage/account.hpp"
#include "common/azure_storage/request.hpp"
#include "common/http/client.hpp"

namespace events_service {

class Events;

/// start() and stop() are [control]; ask() is of one thread, which may wait.
class BlobRequests {
 public:
  explicit BlobRequests(Events& plugin) : plugin_(plugin), waiting_(std::make_shared<Waiting>()) {}

  void start();
  /// Who waits gets an answer now, and everybody else at once.
  void stop();
  /// The account has to outlive this.
  trellis::http::ClientResult ask(const azure_storage::Account& account, azure_storage::Call call,
                                  std::size_t most_bytes);

 private:
  /// Lives on with whoever answers late.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable wake;
    bool stopped = true;
    std::uint64_t asked = 0;  // the number of the last question
    std::optional<trellis::http::ClientResult> result;
  };
  class Answer;

  Events& plugin_;
  const std::shared_ptr<Waiting> waiting_;
};

}  // namespace events_service
