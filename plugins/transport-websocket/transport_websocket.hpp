/// The plugin: MQTT and other protocols inside WebSocket connections (RFC 6455).
#pragma once

#include <memory>
#include <trellis/layer.hpp>

#include "settings.hpp"
#include "stream.hpp"

namespace transport_websocket {

class TransportWebSocket final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "transport-websocket",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Lets browsers in: protocols inside WebSocket connections.",
                                             .licence = "Apache-2.0"};

  static trellis::Schema schema() { return settings_schema(); }
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;
  trellis::Recognised recognise(std::string_view begin) noexcept override;

 private:
  Settings settings_;
  Metrics metrics_;
};

}  // namespace transport_websocket
