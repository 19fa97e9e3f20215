// The plugin: delivers events to topics of Kafka clusters.
#pragma once

#include <chrono>
#include <memory>
#include <trellis/handler.hpp>

#include "clients.hpp"
#include "composer.hpp"
#include "metrics.hpp"
#include "settings.hpp"

namespace kafka {

/// Shards make records of events; one thread gives them to the Kafka library and settles them by its reports.
class KafkaHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "handler-kafka",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Delivers events to topics of Apache Kafka and to Azure Event Hubs.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER},
      .capabilities = TRELLIS_CAPABILITY_NETWORK | TRELLIS_CAPABILITY_FILES_READ};

  struct ShardState {
    Composer composer;
  };

  static trellis::Schema schema() { return kafka::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds) override { clients_.drain(); }
  void stop() noexcept override { clients_.stop(); }
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

  // For destinations.

  const Metrics& metrics() const noexcept { return metrics_; }
  Clients& clients() noexcept { return clients_; }

 private:
  Settings settings_;
  Metrics metrics_;
  Clients clients_;
};

}  // namespace kafka
