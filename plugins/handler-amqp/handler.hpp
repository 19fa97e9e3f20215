// The plugin: delivers events to queues and topics of AMQP 1.0 brokers.
#pragma once

#include "common/peer_link/link_handler.hpp"
#include "target.hpp"

namespace amqp {

struct Amqp {
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-amqp",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Delivers events to queues and topics of AMQP 1.0 brokers and of Azure Service Bus.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};
  static constexpr std::string_view kName = "amqp";

  static trellis::Schema schema();
  static trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                                    const peer_link::PluginSettings& settings) {
    return amqp::read_target(block, settings);
  }
};

using AmqpHandler = peer_link::LinkHandler<Amqp>;

}  // namespace amqp
