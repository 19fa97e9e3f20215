#include "common/peer_link/settings.hpp"

#include <trellis/networks.hpp>
#include <utility>

#include "common/checked_block/destination_block.hpp"

namespace peer_link {
namespace {

using trellis::Config;
using trellis::Schema;

/// A name or a numeric address without brackets.
bool is_host(std::string_view text) {
  if (trellis::ip_address(text)) return true;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '.' && c != '_') return false;
  }
  return !text.empty();
}

}  // namespace

Schema&& with_plugin_settings(Schema&& schema) {
  return std::move(schema)
      .duration("timeout", {.help = "How long a peer may take to greet and to confirm an event, and how long an event "
                                    "waits for a connection.",
                            .fallback = "30s",
                            .minimum = "100ms",
                            .maximum = "10m"})
      .duration("connect_timeout", {.help = "How long connecting may take, TLS included.",
                                    .fallback = "10s",
                                    .minimum = "100ms",
                                    .maximum = "10m"})
      .duration("backoff_max", {.help = "The longest wait between two attempts to connect. The first wait is 100 ms, "
                                        "each is double the one before, and up to half of it is left out at random.",
                                .fallback = "10s",
                                .minimum = "100ms",
                                .maximum = "10m"})
      .integer("waiting", {.help = "Most events of a destination that wait to be sent; what comes then is tried again "
                                   "later.",
                           .fallback = 16'384,
                           .minimum = 1,
                           .maximum = 1'000'000})
      .bytes("waiting_bytes",
             {.help = "Most bytes of them.", .fallback = "64MiB", .minimum = "64KiB", .maximum = "16GiB"})
      .boolean("allow_clear_text", {.help = "Destinations may do without TLS, so that events and secrets cross the "
                                            "network in clear text. On this machine they always may.",
                                    .fallback = false});
}

Schema&& with_keep_alive(Schema&& schema) {
  return std::move(schema).duration("keep_alive",
                                    {.help = "After how long a silence a peer is asked whether it is there.",
                                     .fallback = "30s",
                                     .minimum = "1s",
                                     .maximum = "1h"});
}

Schema&& with_in_flight(Schema&& schema) {
  return std::move(schema).integer("in_flight",
                                   {.help = "Most events of a destination that are sent and not confirmed.",
                                    .fallback = 1024,
                                    .minimum = 1,
                                    .maximum = 65'535});
}

PluginSettings read_plugin_settings(const Config& config) {
  PluginSettings out;
  out.timeout = config.milliseconds("timeout");
  out.connect_timeout = config.milliseconds("connect_timeout");
  out.backoff_max = config.milliseconds("backoff_max");
  if (config.contains("keep_alive")) out.keep_alive = config.milliseconds("keep_alive");
  if (config.contains("in_flight")) out.in_flight = static_cast<std::size_t>(config.integer("in_flight"));
  out.waiting = static_cast<std::size_t>(config.integer("waiting"));
  out.waiting_bytes = static_cast<std::size_t>(config.integer("waiting_bytes"));
  out.allow_clear_text = config.boolean("allow_clear_text");
  return out;
}

Schema&& with_peer(Schema&& schema, std::int64_t usual_port) {
  return with_batches(
      std::move(schema)
          .text("host", {.help = "The peer: a name, or a numeric address without brackets.",
                         .required = true,
                         .minimum_length = 1,
                         .maximum_length = 255})
          .integer("port", {.help = "Its port.", .fallback = usual_port, .minimum = 1, .maximum = 65'535})
          .boolean("tls", {.help = "Whether the connection is encrypted, and the peer proves that it is host.",
                           .fallback = false})
          .text("layer",
                {.help = "Instance of the layer that encrypts, one of the configuration's outbound.layers: with a "
                         "certificate to show, or other authorities to believe. Default: outbound.tls.",
                 .fallback = ""}));
}

Schema&& with_batches(Schema&& schema) {
  return common::with_batches(std::move(schema),
                              "Most events that are handed over at a time. All of them are on their way together, and "
                              "each is confirmed by itself.");
}

Schema destination_schema(std::string_view endpoint_type, const Schema& properties) {
  return common::destination_schema({endpoint_type}, properties,
                                    {.help = "The peer, and what it gets.", .required = true});
}

trellis::Result<LinkSettings> read_peer(const Config& properties, const PluginSettings& settings,
                                        std::string_view scheme, bool encrypts) {
  LinkSettings out;
  out.target.host = properties.text("host");
  out.target.port = static_cast<std::uint16_t>(properties.integer("port"));
  out.target.secure = properties.boolean("tls");
  out.target.layer = properties.text("layer");
  out.target.timeout = settings.connect_timeout;
  const std::string& at = properties.path();
  if (!is_host(out.target.host)) {
    return trellis::fail(at + "/host: found " + trellis::json::quote(out.target.host) +
                         ", expected a name, or a numeric address without brackets");
  }
  if (!out.target.secure && !encrypts && !settings.allow_clear_text && !trellis::is_this_machine(out.target.host)) {
    return trellis::fail(at +
                         "/tls: found false, expected true; events and secrets would cross the network in clear "
                         "text, which the plugin's setting allow_clear_text allows");
  }
  if (!out.target.secure && !out.target.layer.empty()) {
    return trellis::fail(at + "/layer: encrypts nothing, for tls is false; expected tls to be true");
  }
  const bool v6 = out.target.host.find(':') != std::string::npos;
  out.name = std::string(scheme) + "://" + (v6 ? "[" + out.target.host + "]" : out.target.host) + ":" +
             std::to_string(out.target.port);
  out.timeout = settings.timeout;
  out.backoff_max = settings.backoff_max;
  out.keep_alive = settings.keep_alive;
  out.in_flight = settings.in_flight;
  out.waiting = settings.waiting;
  out.waiting_bytes = settings.waiting_bytes;
  return out;
}

}  // namespace peer_link
