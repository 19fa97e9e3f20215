// The table of topics and where each figure comes from.
#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace sys_topics {
namespace {

struct Source {
  std::string_view topic;
  std::string_view metric;
  std::string_view label = {};
};

// Figures that are metrics as they stand. A metric nobody counts leaves its topic out.
constexpr Source kPlain[] = {
    {"bytes/received", "trellis_bytes_received_total"},
    {"bytes/sent", "trellis_bytes_sent_total"},
    {"clients/expired", "trellis_subscribers_ended_total", "reason=\"expired\""},
    {"messages/inflight", "trellis_queue_leased"},
    {"messages/received", "trellis_mqtt_packets_received_total"},
    {"messages/sent", "trellis_mqtt_packets_sent_total"},
    {"publish/bytes/received", "trellis_mqtt_publish_bytes_received_total"},
    {"publish/bytes/sent", "trellis_mqtt_publish_bytes_sent_total"},
    {"publish/messages/dropped", "trellis_messages_dropped_total"},
    {"publish/messages/received", "trellis_messages_published_total"},
    {"publish/messages/sent", "trellis_messages_delivered_total"},
    {"retained messages/count", "trellis_retained_messages"},
    {"shared_subscriptions/count", "trellis_shared_subscriptions"},
    {"subscriptions/count", "trellis_subscriptions"},
};

// Counters whose growth per minute is told.
constexpr Source kLoads[] = {
    {"load/bytes/received", "trellis_bytes_received_total"},
    {"load/bytes/sent", "trellis_bytes_sent_total"},
    {"load/connections", "trellis_mqtt_packets_received_total", "type=\"connect\""},
    {"load/messages/received", "trellis_mqtt_packets_received_total"},
    {"load/messages/sent", "trellis_mqtt_packets_sent_total"},
    {"load/publish/dropped", "trellis_messages_dropped_total"},
    {"load/publish/received", "trellis_messages_published_total"},
    {"load/publish/sent", "trellis_messages_delivered_total"},
    {"load/sockets", "trellis_connections_opened_total"},
};

constexpr std::array<double, 3> kMinutes{1, 5, 15};

// The three topics of each load, in the order of kLoads.
constexpr std::string_view kLoadTopics[][3] = {
    {"load/bytes/received/1min", "load/bytes/received/5min", "load/bytes/received/15min"},
    {"load/bytes/sent/1min", "load/bytes/sent/5min", "load/bytes/sent/15min"},
    {"load/connections/1min", "load/connections/5min", "load/connections/15min"},
    {"load/messages/received/1min", "load/messages/received/5min", "load/messages/received/15min"},
    {"load/messages/sent/1min", "load/messages/sent/5min", "load/messages/sent/15min"},
    {"load/publish/dropped/1min", "load/publish/dropped/5min", "load/publish/dropped/15min"},
    {"load/publish/received/1min", "load/publish/received/5min", "load/publish/received/15min"},
    {"load/publish/sent/1min", "load/publish/sent/5min", "load/publish/sent/15min"},
    {"load/sockets/1min", "load/sockets/5min", "load/sockets/15min"},
};
static_assert(std::size(kLoads) == std::size(kLoadTopics));

std::string two_decimals(double value) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.2f", value);
  return std::string(text, static_cast<size_t>(size));
}

void add(std::vector<Figure>& figures, std::string_view topic, int64_t value) {
  figures.push_back({topic, std::to_string(value), true});
}

std::string quoted(std::string_view text) {
  std::string made = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') made += '\\';
    made += letter;
  }
  return made + '"';
}

}  // namespace

void LoadAverage::update(int64_t counter, uint64_t elapsed_ms) {
  const double minutes = static_cast<double>(elapsed_ms) / 60'000;
  const int64_t before = std::exchange(last_, counter);
  if (elapsed_ms == 0) return;
  const double rate = static_cast<double>(counter - before) / minutes;
  for (size_t i = 0; i < averages_.size(); ++i)
    averages_[i] = rate + std::exp(-minutes / kMinutes[i]) * (averages_[i] - rate);
}

Figures::Figures(std::string version) : version_(std::move(version)) {}

std::vector<Figure> Figures::update(const MetricText& metrics, std::optional<int64_t> heap_bytes, uint64_t now_ms) {
  const uint64_t started_ms = started_ms_.value_or(now_ms);
  const uint64_t elapsed_ms = started_ms_.has_value() ? now_ms - updated_ms_ : 0;
  started_ms_ = started_ms;
  updated_ms_ = now_ms;

  std::vector<Figure> figures;
  figures.push_back({"version", version_, false});
  figures.push_back({"uptime", std::to_string((now_ms - started_ms) / 1000) + " seconds", false});
  add_clients(metrics, figures);
  for (const Source& source : kPlain)
    if (const auto value = metrics.sum(source.metric, source.label)) add(figures, source.topic, *value);
  const auto queued = metrics.sum("trellis_queue_messages");
  const auto retained = metrics.sum("trellis_retained_messages");
  if (queued || retained) {
    add(figures, "messages/stored", queued.value_or(0) + retained.value_or(0));  // the older of two names
    add(figures, "store/messages/count", queued.value_or(0) + retained.value_or(0));
    add(figures, "store/messages/bytes",
        metrics.sum("trellis_queue_bytes").value_or(0) + metrics.sum("trellis_retained_bytes").value_or(0));
  }
  if (heap_bytes) {
    most_heap_ = std::max(most_heap_, *heap_bytes);
    add(figures, "heap/current", *heap_bytes);
    add(figures, "heap/maximum", most_heap_);
  }
  add_loads(metrics, elapsed_ms, figures);
  return figures;
}

void Figures::add_clients(const MetricText& metrics, std::vector<Figure>& figures) {
  // Clients whose CONNECT was accepted, not sockets: those of HTTP are none.
  const auto connected = metrics.sum("trellis_mqtt_connections");
  if (!connected) return;
  most_clients_ = std::max(most_clients_, *connected);
  // Sessions outlive connections. The two are not read in one instant.
  const int64_t total = std::max(*connected, metrics.sum("trellis_subscribers").value_or(0));
  add(figures, "clients/connected", *connected);
  add(figures, "clients/active", *connected);
  add(figures, "clients/disconnected", total - *connected);
  add(figures, "clients/inactive", total - *connected);
  add(figures, "clients/total", total);
  add(figures, "clients/maximum", most_clients_);
}

void Figures::add_loads(const MetricText& metrics, uint64_t elapsed_ms, std::vector<Figure>& figures) {
  for (size_t i = 0; i < std::size(kLoads); ++i) {
    const auto counter = metrics.sum(kLoads[i].metric, kLoads[i].label);
    if (!counter) continue;
    LoadAverage& load = loads_[kLoads[i].topic];
    load.update(*counter, elapsed_ms);
    for (size_t span = 0; span < kMinutes.size(); ++span)
      figures.push_back({kLoadTopics[i][span], two_decimals(load.per_minute()[span]), true});
  }
}

std::string to_json(const std::vector<Figure>& figures) {
  std::string json = "{";
  for (const Figure& figure : figures) {
    if (json.size() > 1) json += ',';
    json += quoted(figure.topic) + ':' + (figure.number ? figure.value : quoted(figure.value));
  }
  return json + "}\n";
}

}  // namespace sys_topics
