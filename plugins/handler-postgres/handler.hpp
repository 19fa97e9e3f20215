// The plugin: writes events into tables of PostgreSQL.
#pragma once

#include <memory>
#include <mutex>
#include <trellis/handler.hpp>
#include <vector>

#include "address_probe.hpp"
#include "common/peer_link/link_metrics.hpp"
#include "target.hpp"
#include "worker.hpp"

namespace postgres {

/// Each destination has a thread, for libpq has sockets of its own. Those of destinations that are gone end by
/// themselves and are waited for in stop() at the latest.
class PostgresHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-postgres",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Writes events into tables of PostgreSQL.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  struct ShardState {
    ShardState(PostgresHandler&, const trellis::Shard& shard) : probe(std::make_shared<AddressProbe>(shard)) {}
    std::shared_ptr<const AddressProbe> probe;
  };

  static trellis::Schema schema() { return plugin_schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  const peer_link::LinkMetrics& metrics() const noexcept { return metrics_; }
  /// Of a destination that is gone.
  void release(const std::shared_ptr<Worker>& worker);

 private:
  Settings settings_;
  peer_link::LinkMetrics metrics_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Worker>> workers_;  // guarded by mutex_
};

}  // namespace postgres
