// The plugin: delivers events to queues and topics of AMQP 1.0 brokers.
#pragma once

#include <memory>
#include <trellis/handler.hpp>

#include "common/peer_link/links.hpp"
#include "common/peer_link/settings.hpp"

namespace amqp {

class AmqpHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-amqp",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Delivers events to queues and topics of AMQP 1.0 brokers and of Azure Service Bus.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  struct ShardState : peer_link::ShardLinks {
    ShardState(AmqpHandler& owner, const trellis::Shard& shard) : ShardLinks(owner.registry_, shard, owner.metrics_) {}
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

}  // namespace amqp
