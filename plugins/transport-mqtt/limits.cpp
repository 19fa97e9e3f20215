#include "limits.hpp"

#include <trellis/abi/subscriber.h>

namespace trellis::mqtt {
namespace {

std::uint32_t overflow_of(const std::string& word) {
  if (word == "terminate_session") return TRELLIS_OVERFLOW_TERMINATE;
  if (word == "drop_newest") return TRELLIS_OVERFLOW_DROP_NEWEST;
  if (word == "reject_publisher") return TRELLIS_OVERFLOW_REJECT;
  return TRELLIS_OVERFLOW_DROP_OLDEST;
}

// Reads one block: a value is what the user wrote, else what the profile says.
class Values {
 public:
  explicit Values(const Config& config)
      : config_(config), event_grid_(config.text("profile", "default") == "event-grid") {}

  template <class Number>
  void number(Number& out, std::string_view name, std::int64_t standard, std::int64_t event_grid) const {
    out = static_cast<Number>(config_.integer(name, event_grid_ ? event_grid : standard));
  }
  void flag(bool& out, std::string_view name, bool standard, bool event_grid) const {
    out = config_.boolean(name, event_grid_ ? event_grid : standard);
  }
  std::string text(std::string_view name, std::string_view standard, std::string_view event_grid) const {
    return config_.text(name, event_grid_ ? event_grid : standard);
  }

 private:
  const Config& config_;
  bool event_grid_;
};

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kHour = 3600;

void read_sizes(Limits& limits, const Values& values) {
  values.number(limits.packet_bytes, "packet_bytes", kMiB, 512 * kKiB);
  values.number(limits.connect_packet_bytes, "connect_packet_bytes", 64 * kKiB, 64 * kKiB);
  values.number(limits.payload_bytes, "payload_bytes", kMaxPacketBytes, kMaxPacketBytes);
  values.number(limits.retained_message_bytes, "retained_message_bytes", kMaxPacketBytes, 64 * kKiB);
  values.number(limits.topic_bytes, "topic_bytes", 65'535, 256);
  values.number(limits.topic_levels, "topic_levels", kMostTopicLevels, 15);
  values.number(limits.user_property_bytes, "user_property_bytes", kMaxPacketBytes, 32 * kKiB);
  values.number(limits.property_bytes, "property_bytes", 65'535, 256);
  values.number(limits.authentication_bytes, "authentication_bytes", 65'535, 8 * kKiB);
  values.number(limits.client_id_bytes, "client_id_bytes", 65'535, 128);
}

void read_flow(Limits& limits, const Values& values) {
  values.number(limits.maximum_qos, "maximum_qos", 2, 1);
  values.number(limits.inflight_messages, "inflight_messages", 1000, 100);
  values.number(limits.inflight_bytes, "inflight_bytes", 0, 64 * kKiB);
  values.number(limits.receive_maximum, "receive_maximum", 1000, 1000);
  values.number(limits.topic_aliases, "topic_aliases", 100, 10);
  values.number(limits.outgoing_topic_aliases, "outgoing_topic_aliases", 100, 0);
  values.number(limits.queue_messages, "queue_messages", 20'000, 100);
  values.number(limits.queue_bytes, "queue_bytes", 64 * kMiB, 1'000'000);
  limits.queue_overflow = overflow_of(values.text("queue_overflow", "drop_oldest", "terminate_session"));
  values.flag(limits.queue_qos0, "queue_qos0", false, false);
  values.number(limits.subscriptions, "subscriptions", 1'000'000, 50);
  values.number(limits.queue_subscriptions, "queue_subscriptions", 32, 32);
  values.number(limits.subscribe_filters, "subscribe_filters", 65'535, 10);
}

void read_totals(Limits& limits, const Values& values) {
  values.number(limits.session_shared_subscriptions, "session_shared_subscriptions", 0, 10);
  values.number(limits.shared_group_subscriptions, "shared_group_subscriptions", 0, 100);
  values.number(limits.namespace_shared_groups, "namespace_shared_groups", 0, 100);
  values.number(limits.namespace_subscriptions, "namespace_subscriptions", 0, 1'000'000);
  values.number(limits.namespace_sessions, "namespace_sessions", 0, 10'000);
  values.number(limits.sessions_of_name, "sessions_of_name", 0, 1);
}

// Of one throughput unit.
void read_rates(Limits& limits, const Values& values) {
  constexpr Rates session = {1000, 1'000'000, 100, 1'000'000, 5, 1};
  constexpr Rates all = {1000, 1'000'000, 1000, 1'000'000, 200, 200};
  for (std::size_t i = 0; i < kRated; ++i) {
    const std::string name = std::string(kRatedNames[i]) + "_per_second";
    values.number(limits.session_rates[i], name, 0, session[i]);
    values.number(limits.namespace_rates[i], "namespace_" + name, 0, all[i]);
  }
  values.number(limits.rate_patience_ms, "rate_patience", 0, 60'000);
}

void read_time(Limits& limits, const Values& values) {
  values.number(limits.connect_timeout_ms, "connect_timeout", 10'000, 10'000);
  values.number(limits.keep_alive_s, "keep_alive", 65'535, 1160);
  values.number(limits.session_expiry_s, "session_expiry", kNeverExpires, kHour);
  values.number(limits.mqtt3_session_expiry_s, "mqtt3_session_expiry", limits.session_expiry_s,
                limits.session_expiry_s);
  if (limits.mqtt3_session_expiry_s > limits.session_expiry_s) limits.mqtt3_session_expiry_s = limits.session_expiry_s;
}

void read_switches(Limits& limits, const Values& values) {
  values.flag(limits.retained, "retained", true, true);
  values.flag(limits.wildcard_subscriptions, "wildcard_subscriptions", true, true);
  values.flag(limits.shared_subscriptions, "shared_subscriptions", true, true);
  values.flag(limits.mqtt3_shared_subscriptions, "mqtt3_shared_subscriptions", true, false);
  values.flag(limits.subscription_identifiers, "subscription_identifiers", true, true);
  values.flag(limits.empty_client_ids, "empty_client_ids", true, true);
  values.flag(limits.control_user_properties, "control_user_properties", true, false);
  values.flag(limits.payload_format_checked, "payload_format_checked", true, true);
  limits.zero_expiry_never = values.text("zero_message_expiry", "immediate", "never") == "never";
  limits.refused_delivery_disconnects = values.text("refused_delivery", "complete", "disconnect") == "disconnect";
  limits.client_id_prefix = values.text("client_id_prefix", "auto-", "auto-");
  limits.response_information = values.text("response_information", "", "");
}

}  // namespace

Limits Limits::read(const Config& config) {
  Limits limits;
  const Values values(config);
  read_sizes(limits, values);
  read_flow(limits, values);
  read_totals(limits, values);
  read_rates(limits, values);
  read_time(limits, values);
  read_switches(limits, values);
  if (const auto versions = config.find("versions")) {
    for (const Config& version : versions->items()) {
      const std::int64_t level = version.as_integer();
      if (level >= 3 && level <= 5) limits.version_accepted[level] = true;
    }
  } else {
    for (std::size_t level = 3; level <= 5; ++level) limits.version_accepted[level] = true;
  }
  return limits;
}

}  // namespace trellis::mqtt
