/// The plugin: learns from a proxy in front of the broker who the client is.
#pragma once

#include <memory>
#include <string>
#include <trellis/layer.hpp>
#include <trellis/networks.hpp>

#include "header.hpp"

namespace transport_proxy_protocol {

class ProxyProtocol final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "transport-proxy-protocol",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Learns from a proxy in front who the client is.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_CONNECTION}};

  static trellis::Schema schema();
  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;
  trellis::Recognised recognise(std::string_view begin) noexcept override;

 private:
  class Stream;
  bool trusted(trellis_connection* connection) const;

  trellis::Networks from_;
  const trellis_host_connection* connections_ = nullptr;
  trellis::Metric accepted_;
  trellis::Metric malformed_;
  trellis::Metric untrusted_;
};

}  // namespace transport_proxy_protocol
