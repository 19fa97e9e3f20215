#include "settings.hpp"

#include <utility>

namespace kafka {
namespace {

using trellis::Schema;

Schema&& with_times(Schema&& schema) {
  return std::move(schema)
      .duration("message_timeout", {.help = "How long an event may take to be acknowledged where its destination does "
                                            "not say: the connection, its turn and all attempts.",
                                    .fallback = "30s",
                                    .minimum = "1s",
                                    .maximum = "10m"})
      .duration(
          "message_timeout_max",
          {.help = "The longest that a destination may say.", .fallback = "2m", .minimum = "1s", .maximum = "10m"})
      .duration("flush_timeout", {.help = "How long events under way are still waited for when the plugin stops, or "
                                          "when the last destination of a cluster is gone; then they are tried again "
                                          "by whoever has them delivered.",
                                  .fallback = "5s",
                                  .minimum = "0s",
                                  .maximum = "1m"})
      .duration("linger", {.help = "How long an event waits for others that go into the same request.",
                           .fallback = "5ms",
                           .minimum = "0ms",
                           .maximum = "1s"})
      .duration("reconnect_max", {.help = "The longest wait before the next attempt to connect; the first is 100 ms, "
                                          "and each is random by a quarter.",
                                  .fallback = "5s",
                                  .minimum = "100ms",
                                  .maximum = "5m"});
}

Schema&& with_bounds(Schema&& schema) {
  return std::move(schema)
      .integer("queue_events", {.help = "Most events under way to one cluster; what comes then is tried again later.",
                                .fallback = 10'000,
                                .minimum = 1,
                                .maximum = 10'000'000})
      .bytes("queue_bytes", {.help = "Most bytes of the events under way to one cluster.",
                             .fallback = "64MiB",
                             .minimum = "1MiB",
                             .maximum = "1GiB"})
      .integer("clients", {.help = "Most clients at a time. Destinations with the same cluster and credentials share "
                                   "one, with a thread for each of the cluster's servers it speaks to.",
                           .fallback = 64,
                           .minimum = 1,
                           .maximum = 1000});
}

}  // namespace

Schema schema() {
  return with_bounds(with_times(Schema{}))
      .path("ca_file", {.help = "PEM file with the authorities that vouch for clusters. Default: the system's."})
      .texts("allow", {.help = "Addresses and ranges where connections may lead although they are not public, as "
                               "outbound.allow of the configuration: \"10.1.0.0/16\". That one does not hold here, for "
                               "the Kafka library makes its own connections.",
                       .maximum_items = 1000,
                       .fallback = "[]"})
      .boolean("allow_plaintext", {.help = "Destinations may have tls false, so that events and secrets cross the "
                                           "network in clear text. On this machine they always may.",
                                   .fallback = false})
      .example(R"({"allow": ["10.1.0.0/16"], "ca_file": "/etc/trellis/cluster-ca.pem"})")
      .example(R"({"message_timeout": "1m", "queue_bytes": "256MiB"})");
}

trellis::Result<Settings> read_settings(const trellis::Config& config) {
  Settings settings;
  settings.message_timeout = config.milliseconds("message_timeout");
  settings.message_timeout_max = config.milliseconds("message_timeout_max");
  if (settings.message_timeout > settings.message_timeout_max) {
    return trellis::fail(
        "/message_timeout: is longer than message_timeout_max, the longest that a destination may say");
  }
  settings.flush_timeout = config.milliseconds("flush_timeout");
  settings.linger = config.milliseconds("linger");
  settings.reconnect_max = config.milliseconds("reconnect_max");
  settings.queue_events = static_cast<std::size_t>(config.integer("queue_events"));
  settings.queue_bytes = static_cast<std::size_t>(config.integer("queue_bytes"));
  settings.clients = static_cast<std::size_t>(config.integer("clients"));
  settings.ca_file = config.text("ca_file", "");
  settings.allow_plaintext = config.boolean("allow_plaintext");
  const auto rules = common::AddressRules::parse(config.texts("allow"));
  if (!rules) return trellis::fail("/allow" + rules.error().text);
  settings.addresses = std::make_shared<const common::AddressRules>(*rules);
  return settings;
}

}  // namespace kafka
