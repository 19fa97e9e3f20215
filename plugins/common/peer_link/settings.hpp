// Settings that all handlers with links have: of the plugin, and of where a destination's peer is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/peer_link/speaker.hpp"

namespace peer_link {

/// What the configuration says for the whole plugin.
struct PluginSettings {
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds backoff_max{0};
  std::chrono::milliseconds keep_alive{30'000};
  std::size_t in_flight = 1024;
  std::size_t waiting = 0;
  std::size_t waiting_bytes = 0;
  bool allow_clear_text = false;
};
trellis::Schema&& with_plugin_settings(trellis::Schema&& schema);
/// Those that not every handler has a use for.
trellis::Schema&& with_keep_alive(trellis::Schema&& schema);
trellis::Schema&& with_in_flight(trellis::Schema&& schema);
PluginSettings read_plugin_settings(const trellis::Config& config);

/// host, port, tls, layer, and with_batches().
trellis::Schema&& with_peer(trellis::Schema&& schema, std::int64_t usual_port);
/// What whoever has events delivered reads of a destination.
trellis::Schema&& with_batches(trellis::Schema&& schema);
/// The block of a destination: its type, properties and context.
trellis::Schema destination_schema(std::string_view endpoint_type, const trellis::Schema& properties);
/// Of the properties; scheme: "redis", for the name. Fails with a sentence behind "/properties…". encrypts: the handler
/// does so itself, whatever tls says.
trellis::Result<LinkSettings> read_peer(const trellis::Config& properties, const PluginSettings& settings,
                                        std::string_view scheme, bool encrypts = false);

}  // namespace peer_link
