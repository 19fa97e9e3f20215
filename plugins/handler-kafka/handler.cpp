#include "handler.hpp"

#include <utility>

namespace kafka {
namespace {

using common::Verdict;
using trellis::Cause;

class Topic final : public trellis::Destination {
 public:
  Topic(KafkaHandler& owner, std::shared_ptr<const Target> target) : owner_(owner), target_(std::move(target)) {
    owner_.clients().opened();
  }
  ~Topic() override { owner_.clients().closed(); }
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  void deliver(trellis::DeliveryBatch batch) override {
    Composer& composer = batch.shard().state<KafkaHandler::ShardState>().composer;
    Records records;
    batch.each([&](trellis::Delivery& delivery) {
      Record record{.target = target_, .settlement = std::move(static_cast<trellis::Settlement&>(delivery))};
      const auto composed = composer.compose(delivery.message(), record);
      if (composed) {
        records.push_back(std::move(record));
      } else {
        settle(record, Verdict::refused(Cause::bad_request, target_->name() + ": " + composed.error().text));
      }
    });
    if (records.empty()) return;
    // One that was there when it was needed first: reading a destination's block connects to nobody.
    if (!lease_) lease_ = owner_.clients().lease(target_);
    const auto left =
        lease_ ? lease_->offer(records)
               : Verdict::later(Cause::busy, target_->name() + ": there are as many clients as the plugin may have",
                                common::kUsualWait);
    // The first that is left leaves all behind it, so that nothing overtakes it.
    for (Record& record : records) settle(record, *left);
  }

 private:
  void settle(Record& record, const Verdict& verdict) {
    owner_.metrics().events.count_any(verdict);
    verdict.settle(record.settlement);
  }

  KafkaHandler& owner_;
  const std::shared_ptr<const Target> target_;
  Lease lease_;
};

}  // namespace

trellis::Result<void> KafkaHandler::configure(const trellis::Config& config) {
  auto settings = read_settings(config);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  return trellis::ok();
}

trellis::Result<void> KafkaHandler::start() {
  metrics_ = Metrics::declare(host());
  return clients_.start(host(), settings_, metrics_);
}

trellis::Result<std::unique_ptr<trellis::Destination>> KafkaHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  return std::make_unique<Topic>(*this, std::move(*target));
}

}  // namespace kafka
