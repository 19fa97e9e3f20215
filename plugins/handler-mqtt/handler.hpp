// The plugin: publishes events to other MQTT brokers.
#pragma once

#include "common/peer_link/link_handler.hpp"
#include "target.hpp"

namespace mqtt_out {

struct Mqtt {
  static constexpr trellis::PluginInfo kInfo{.id = "handler-mqtt",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Publishes events to other MQTT brokers.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};
  static constexpr std::string_view kName = "mqtt";

  static trellis::Schema schema();
  static trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                                    const peer_link::PluginSettings& settings) {
    return mqtt_out::read_target(block, settings);
  }
};

using MqttHandler = peer_link::LinkHandler<Mqtt>;

}  // namespace mqtt_out
