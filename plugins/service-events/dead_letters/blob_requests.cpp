#include "blob_requests.hpp"

#include <chrono>
#include <utility>

#include "events_service.hpp"

namespace events_service {
namespace {

using trellis::http::ClientError;
using trellis::http::ClientResult;
using trellis::http::Failure;

constexpr std::uint32_t kShard = 0;  // any of them would do
constexpr std::chrono::seconds kDeadline{30};

ClientResult stopped() { return ClientError{Failure::stopped, "the plugin stops", false}; }

}  // namespace

/// Whoever has it answers one question; with its end at the latest.
class BlobRequests::Answer {
 public:
  Answer(std::shared_ptr<Waiting> waiting, std::uint64_t number) : waiting_(std::move(waiting)), number_(number) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { give(stopped()); }

  void give(ClientResult result) {
    {
      const std::lock_guard lock(waiting_->mutex);
      if (waiting_->asked != number_ || waiting_->result) return;
      waiting_->result = std::move(result);
    }
    waiting_->wake.notify_one();
  }

 private:
  const std::shared_ptr<Waiting> waiting_;
  const std::uint64_t number_;
};

void BlobRequests::start() {
  const std::lock_guard lock(waiting_->mutex);
  waiting_->stopped = false;
}

void BlobRequests::stop() {
  {
    const std::lock_guard lock(waiting_->mutex);
    waiting_->stopped = true;
  }
  waiting_->wake.notify_one();
}

ClientResult BlobRequests::ask(const azure_storage::Account& account, azure_storage::Call call,
                               std::size_t most_bytes) {
  std::shared_ptr<Answer> answer;
  {
    const std::lock_guard lock(waiting_->mutex);
    if (waiting_->stopped) return stopped();
    waiting_->result.reset();
    answer = std::make_shared<Answer>(waiting_, ++waiting_->asked);
  }
  plugin_.host().post(kShard, [&plugin = plugin_, &account, most_bytes, call = std::move(call), answer]() mutable {
    TopicsHere* const here = plugin.on_shard(kShard);
    if (here == nullptr) return;
    auto request =
        azure_storage::make_request(account, azure_storage::Service::blob, std::move(call), here->shard().wall());
    request.deadline = kDeadline;
    request.max_response_bytes = most_bytes;
    here->storage_client().send(std::move(request),
                                [answer = std::move(answer)](ClientResult result) { answer->give(std::move(result)); });
  });
  answer.reset();
  std::unique_lock lock(waiting_->mutex);
  waiting_->wake.wait(lock, [this] { return waiting_->stopped || waiting_->result; });
  if (!waiting_->result) return stopped();
  ClientResult result = std::move(*waiting_->result);
  waiting_->result.reset();
  ++waiting_->asked;  // what comes now is too late
  return result;
}

}  // namespace events_service
