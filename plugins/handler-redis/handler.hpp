// The plugin: adds events to streams of Redis.
#pragma once

#include <memory>
#include <trellis/handler.hpp>

#include "common/peer_link/links.hpp"
#include "common/peer_link/settings.hpp"

namespace redis {

class RedisHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-redis",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Adds events to streams of Redis.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  struct ShardState : peer_link::ShardLinks {
    ShardState(RedisHandler& owner, const trellis::Shard& shard) : ShardLinks(owner.registry_, shard, owner.metrics_) {}
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

 private:
  peer_link::PluginSettings settings_;
  peer_link::LinkMetrics metrics_;
  peer_link::LinkRegistry registry_;
};

}  // namespace redis
