/// The plugin: MQTT for those who speak HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <trellis/service.hpp>
#include <vector>

#include "here.hpp"
#include "metrics.hpp"
#include "settings.hpp"

namespace mqtt_http {

class MqttHttp final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-mqtt-http",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "MQTT over HTTP: publish, retained messages, streams of messages, requests with responses.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_LOOP, TRELLIS_HOST_SERVICE, TRELLIS_HOST_CONNECTION, TRELLIS_HOST_IDENTITY,
                TRELLIS_HOST_PUBLISH, TRELLIS_HOST_SUBSCRIBER, TRELLIS_HOST_QUEUE, TRELLIS_HOST_NAMESPACE}};

  using ShardState = Here;

  static trellis::Schema schema() { return Settings::schema(); }
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;

  const Settings& settings() const noexcept { return settings_; }
  const Metrics& metrics() const noexcept { return metrics_; }
  void enter(std::uint32_t shard, Here* here) noexcept { here_[shard] = here; }
  /// Null where that is gone. [that shard]
  Here* on_shard(std::uint32_t shard) const noexcept { return here_[shard]; }

 private:
  Settings settings_;                     // written in configure, read-only afterwards
  Metrics metrics_;                       // written in start
  std::vector<std::atomic<Here*>> here_;  // by shard; null where it is gone
};

}  // namespace mqtt_http
