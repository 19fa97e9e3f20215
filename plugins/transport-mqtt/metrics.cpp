#include "metrics.hpp"

#include <string>

#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

constexpr std::string_view kTypeNames[16] = {"",        "connect",  "connack",    "publish", "puback",      "pubrec",
                                             "pubrel",  "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
                                             "pingreq", "pingresp", "disconnect", "auth"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

Metrics Metrics::declare(const Host& host) {
  Metrics metrics;
  for (std::size_t type = 1; type < 16; ++type) {
    const std::string labels = label("type", kTypeNames[type]);
    metrics.received[type] = host.counter("trellis_mqtt_packets_received_total", "MQTT packets from clients.", labels);
    metrics.sent[type] = host.counter("trellis_mqtt_packets_sent_total", "MQTT packets to clients.", labels);
  }
  metrics.publish_bytes_received =
      host.counter("trellis_mqtt_publish_bytes_received_total", "Payload bytes of PUBLISH packets from clients.");
  metrics.publish_bytes_sent =
      host.counter("trellis_mqtt_publish_bytes_sent_total", "Payload bytes of PUBLISH packets to clients.");
  constexpr std::string_view versions[] = {"3.1", "3.1.1", "5.0"};
  for (std::size_t level = 3; level <= 5; ++level) {
    metrics.connections[level] =
        host.gauge("trellis_mqtt_connections", "Connected MQTT clients.", label("version", versions[level - 3]));
  }
  for (std::size_t code = 0; code < 256; ++code) {
    const auto reason = static_cast<Reason>(code);
    const std::string_view name = reason_name(reason);
    if (name == "other") continue;
    const std::string labels = label("reason", name);
    if (failed(reason)) {
      metrics.refused[code] = host.counter("trellis_mqtt_connect_refused_total", "Refused CONNECT packets.", labels);
      metrics.publishes_refused[code] =
          host.counter("trellis_mqtt_publish_refused_total", "Refused messages of any QoS.", labels);
      metrics.subscribes_refused[code] =
          host.counter("trellis_mqtt_subscribe_refused_total", "Refused topic filters.", labels);
    }
    metrics.disconnects[code] =
        host.counter("trellis_mqtt_disconnects_total", "Connections ended by DISCONNECT or for its reason.", labels);
  }
  for (std::size_t i = 0; i < kRated; ++i) {
    const auto counter = [&](std::string_view scope) {
      return host.counter("trellis_mqtt_rate_limited_total", "Times a rate was exceeded.",
                          label("rate", kRatedNames[i]) + "," + label("scope", scope));
    };
    metrics.session_rated[i] = counter("session");
    metrics.namespace_rated[i] = counter("namespace");
  }
  metrics.lost = host.counter("trellis_mqtt_connections_lost_total", "Connections that ended without a word.");
  metrics.malformed = host.counter("trellis_mqtt_malformed_packets_total", "Packets against the standard.");
  metrics.wills = host.counter("trellis_mqtt_wills_total", "Will messages published.");
  metrics.oversized =
      host.counter("trellis_mqtt_oversized_deliveries_total", "Messages larger than their receiver accepts.");
  metrics.refused_deliveries =
      host.counter("trellis_mqtt_refused_deliveries_total", "Messages their receiver acknowledged with a failure.");
  metrics.dropped_publications =
      host.counter("trellis_mqtt_dropped_publications_total", "QoS 0 messages that were not accepted.");
  return metrics;
}

}  // namespace trellis::mqtt
