/// The plugin: connections of HTTP/1.1 and HTTP/2 whose requests are answered by services.
#pragma once

#include <memory>
#include <optional>
#include <trellis/protocol.hpp>

#include "http_shard.hpp"
#include "settings.hpp"

namespace transport_http {

class TransportHttp final : public trellis::Protocol {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "transport-http",
      .version = "1.2.0",
      .vendor = "Trellis",
      .summary = "Speaks HTTP/1.1 and HTTP/2 and lets services answer the requests.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_CONNECTION, TRELLIS_HOST_SERVICE, TRELLIS_HOST_LOOP, TRELLIS_HOST_IDENTITY}};

  static trellis::Schema schema() { return settings_schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  const trellis_protocol& protocol() const noexcept override;

  void* open_shard(trellis_shard* shard, std::uint32_t index);
  static void close_shard(void* state) noexcept;

 private:
  Settings settings_;  // written in configure, read-only afterwards
  Metrics metrics_;    // written in start
  std::optional<Tables> tables_;
};

}  // namespace transport_http
