// The plugin: publishes events to NATS.
#pragma once

#include "common/peer_link/link_handler.hpp"
#include "target.hpp"

namespace nats {

struct Nats {
  static constexpr trellis::PluginInfo kInfo{.id = "handler-nats",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Publishes events to NATS.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};
  static constexpr std::string_view kName = "nats";

  static trellis::Schema schema();
  static trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                                    const peer_link::PluginSettings& settings) {
    return nats::read_target(block, settings);
  }
};

using NatsHandler = peer_link::LinkHandler<Nats>;

}  // namespace nats
