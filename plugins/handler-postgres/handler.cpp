#include "handler.hpp"

#include <utility>

namespace postgres {
namespace {

class Table final : public trellis::Destination {
 public:
  Table(PostgresHandler& owner, std::shared_ptr<const Target> target, std::shared_ptr<Worker> worker)
      : owner_(owner), target_(std::move(target)), worker_(std::move(worker)) {}
  ~Table() override { owner_.release(worker_); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void deliver(trellis::DeliveryBatch batch) override {
    const trellis::Shard& shard = batch.shard();
    batch.each([&](trellis::Delivery& delivery) {
      Row row;
      auto& settlement = static_cast<trellis::Settlement&>(delivery);
      if (const auto verdict = target_->compose(delivery.message(), row)) {
        owner_.metrics().events.count_any(*verdict);
        return verdict->settle(settlement);
      }
      worker_->add(place(shard), std::move(row), std::move(settlement));
    });
  }
  void check(const trellis::Shard& shard, trellis::Settlement consent) override {
    worker_->check(place(shard), std::move(consent));
  }

 private:
  static ProbePlace place(const trellis::Shard& shard) {
    return {shard.index(), shard.state<PostgresHandler::ShardState>().probe};
  }

  PostgresHandler& owner_;
  const std::shared_ptr<const Target> target_;
  const std::shared_ptr<Worker> worker_;
};

}  // namespace

trellis::Result<void> PostgresHandler::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  return trellis::ok();
}

trellis::Result<void> PostgresHandler::start() {
  metrics_ = peer_link::LinkMetrics::declare(host(), "postgres");
  return trellis::ok();
}

void PostgresHandler::stop() {
  std::vector<std::shared_ptr<Worker>> workers;
  {
    const std::lock_guard lock(mutex_);
    workers = std::exchange(workers_, {});
  }
  for (const auto& worker : workers) worker->stop();
  for (const auto& worker : workers) worker->join();
}

trellis::Result<std::unique_ptr<trellis::Destination>> PostgresHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  auto worker = std::make_shared<Worker>(*target, host(), metrics_);
  const std::lock_guard lock(mutex_);
  workers_.push_back(worker);
  return std::make_unique<Table>(*this, std::move(*target), std::move(worker));
}

void PostgresHandler::release(const std::shared_ptr<Worker>& worker) {
  worker->stop();
  // Those whose threads have ended take no time any more.
  std::vector<std::shared_ptr<Worker>> gone;
  const std::lock_guard lock(mutex_);
  std::erase_if(workers_, [&](const std::shared_ptr<Worker>& one) {
    const bool over = one->stopped() && one->ended();
    if (over) gone.push_back(one);
    return over;
  });
}

}  // namespace postgres
