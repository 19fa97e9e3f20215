#include "handler.hpp"

#include <utility>

namespace storage_queue {
namespace {

class QueueDestination final : public trellis::Destination {
 public:
  explicit QueueDestination(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  // What is under way is answered; what waits behind it is for whoever delivers next.
  ~QueueDestination() override { target_->released = true; }
  QueueDestination(const QueueDestination&) = delete;
  QueueDestination& operator=(const QueueDestination&) = delete;

  void deliver(trellis::DeliveryBatch batch) override { sender(batch.shard()).deliver(target_, batch); }
  void check(const trellis::Shard& shard, trellis::Settlement consent) override {
    sender(shard).check(target_, std::move(consent));
  }

 private:
  static Sender& sender(const trellis::Shard& shard) { return *shard.state<StorageQueueHandler::ShardState>().sender; }

  const std::shared_ptr<Target> target_;
};

}  // namespace

trellis::Result<void> StorageQueueHandler::configure(const trellis::Config& config) {
  auto settings = read_settings(config);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  return trellis::ok();
}

trellis::Result<void> StorageQueueHandler::start() {
  metrics_ = Metrics::declare(host());
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Destination>> StorageQueueHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  return std::make_unique<QueueDestination>(std::move(*target));
}

}  // namespace storage_queue
