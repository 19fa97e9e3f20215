// The plugin: adds events to streams of Redis.
#pragma once

#include "common/peer_link/link_handler.hpp"
#include "target.hpp"

namespace redis {

struct Redis {
  static constexpr trellis::PluginInfo kInfo{.id = "handler-redis",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Adds events to streams of Redis.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};
  static constexpr std::string_view kName = "redis";

  static trellis::Schema schema();
  static trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                                    const peer_link::PluginSettings& settings) {
    return redis::read_target(block, settings);
  }
};

using RedisHandler = peer_link::LinkHandler<Redis>;

}  // namespace redis
