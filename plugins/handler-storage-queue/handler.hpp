// The plugin: puts events into storage queues.
#pragma once

#include <memory>
#include <trellis/handler.hpp>

#include "metrics.hpp"
#include "sender.hpp"
#include "settings.hpp"

namespace storage_queue {

/// Each shard makes its requests by itself.
class StorageQueueHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-storage-queue",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Puts events into queues of Azure's storage accounts.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  struct ShardState {
    ShardState(StorageQueueHandler& owner, const trellis::Shard& shard)
        : sender(std::make_unique<Sender>(owner, shard)) {}
    std::unique_ptr<Sender> sender;
  };

  static trellis::Schema schema() { return storage_queue::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }

 private:
  Settings settings_;
  Metrics metrics_;
};

}  // namespace storage_queue
