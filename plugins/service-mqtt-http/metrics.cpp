#include "metrics.hpp"

#include <string>

namespace mqtt_http {

Metrics Metrics::declare(const trellis::Host& host) {
  static constexpr std::array<std::string_view, kDoings> kNames = {
      "other", "publish", "batch", "read_retained", "list_retained", "delete_retained", "subscribe", "request"};
  static constexpr std::array<std::string_view, 3> kOutcomes = {"success", "refused", "failed"};
  Metrics metrics;
  for (std::size_t i = 0; i < kDoings; ++i) {
    for (std::size_t j = 0; j < kOutcomes.size(); ++j) {
      const std::string labels =
          "call=\"" + std::string(kNames[i]) + "\",outcome=\"" + std::string(kOutcomes[j]) + "\"";
      metrics.answers[i][j] =
          host.counter("trellis_mqtt_http_requests_total", "Requests of the MQTT API over HTTP, by call.", labels);
    }
  }
  metrics.aborted = host.counter("trellis_mqtt_http_aborts_total",
                                 "Requests of the MQTT API over HTTP whose client went before they were answered.");
  metrics.messages = host.counter("trellis_mqtt_http_messages_total", "Messages accepted over HTTP.");
  metrics.streams = host.gauge("trellis_mqtt_http_streams", "Streams of messages over HTTP that are open.");
  metrics.events = host.counter("trellis_mqtt_http_events_total", "Messages sent on streams.");
  metrics.dropped = host.counter("trellis_mqtt_http_events_dropped_total",
                                 "Messages dropped because the reader of a stream was too slow.");
  metrics.waiting =
      host.gauge("trellis_mqtt_http_waiting_requests", "Requests that wait for the response to a message.");
  const auto response = [&](std::string_view outcome) {
    return host.counter("trellis_mqtt_http_responses_total", "Messages that came as responses, by what became of them.",
                        "outcome=\"" + std::string(outcome) + "\"");
  };
  metrics.matched = response("matched");
  metrics.late = response("late");
  metrics.foreign = response("foreign");
  return metrics;
}

}  // namespace mqtt_http
