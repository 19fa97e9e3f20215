// The requests of one shard: events on their way to queues, and what comes back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <trellis/handler.hpp>
#include <unordered_map>
#include <vector>

#include "common/http/client.hpp"
#include "common/verdict/verdict.hpp"
#include "target.hpp"

namespace storage_queue {

class StorageQueueHandler;

/// Everything happens on the shard. Settling may lead back in here: whatever is settled was taken out before.
class Sender {
 public:
  Sender(StorageQueueHandler& owner, const trellis::Shard& shard);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// One message for each event, one after the other in the order of the batch. When one cannot be put, those behind
  /// it are not tried.
  void deliver(const std::shared_ptr<const Target>& target, const trellis::DeliveryBatch& batch);
  /// Whether the queue is there.
  void check(const std::shared_ptr<const Target>& target, trellis::Settlement consent);

 private:
  using Milliseconds = std::chrono::milliseconds;

  /// A batch of which the first event is under way.
  struct Chain {
    std::shared_ptr<const Target> target;
    std::deque<trellis::KeptDelivery> left;
    Milliseconds begun{0};  // of the first one's request
  };

  void proceed(std::uint64_t id);
  void send(std::uint64_t id, Chain& chain, std::string text);
  void on_answer(std::uint64_t id, trellis::http::ClientResult result);
  /// Settles the first; those behind one that is to come again come again themselves.
  void settle_first(std::uint64_t id, const common::Verdict& verdict);
  void settle_all(std::uint64_t id, const common::Verdict& verdict);
  trellis::KeptDelivery take(Chain& chain);

  StorageQueueHandler& owner_;
  const trellis::Shard& shard_;
  trellis::http::Client client_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Chain> chains_;
  std::unordered_map<std::uint64_t, trellis::Settlement> asked_;  // whether it is there
  std::size_t events_ = 0;                                        // in the chains
  std::size_t bytes_ = 0;
};

}  // namespace storage_queue
