/// The plugin: connections from here go through an HTTP proxy.
#pragma once

#include <memory>
#include <string>
#include <trellis/layer.hpp>

namespace transport_http_proxy {

class HttpProxy final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "transport-http-proxy",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Makes connections to others through an HTTP proxy.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_CONNECTION}};

  static trellis::Schema schema();
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;
  trellis::Recognised recognise(std::string_view) noexcept override { return trellis::Recognised::no; }
  bool dials() const noexcept override { return true; }
  bool serves() const noexcept override { return false; }

 private:
  class Stream;

  std::string credentials_;  // the value of Proxy-Authorization; empty: none
  const trellis_host_connection* connections_ = nullptr;
  trellis::Metric open_;
  trellis::Metric refused_;
  trellis::Metric malformed_;
};

}  // namespace transport_http_proxy
