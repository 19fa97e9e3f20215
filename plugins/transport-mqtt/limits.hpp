/// The limits and switches of one namespace.
#pragma once

#include <cstdint>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/mqtt/protocol.hpp"
#include "rates.hpp"

namespace trellis::mqtt {

/// The kernel takes no topic with more levels.
inline constexpr std::uint32_t kMostTopicLevels = 256;

/// What a namespace allows its MQTT clients. Immutable once read; the meaning of each member is in the schema.
struct Limits {
  std::uint32_t packet_bytes = 0;
  std::uint32_t connect_packet_bytes = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t connect_timeout_ms = 0;
  std::uint32_t queue_messages = 0;
  std::uint64_t queue_bytes = 0;
  std::uint32_t retained_message_bytes = 0;
  std::uint64_t inflight_bytes = 0;                // 0, like below: no limit
  std::uint32_t session_shared_subscriptions = 0;  // of one session
  std::uint32_t shared_group_subscriptions = 0;
  std::uint32_t namespace_shared_groups = 0;
  std::uint64_t namespace_subscriptions = 0;
  std::uint64_t namespace_sessions = 0;
  std::uint64_t sessions_of_name = 0;
  Rates session_rates{};
  Rates namespace_rates{};
  std::uint32_t rate_patience_ms = 0;
  std::uint32_t queue_overflow = 0;  // TRELLIS_OVERFLOW_…
  std::uint32_t subscriptions = 0;
  std::uint32_t queue_subscriptions = 0;  // of one session
  std::uint32_t subscribe_filters = 0;
  std::uint32_t topic_bytes = 0;
  std::uint32_t topic_levels = 0;
  std::uint32_t session_expiry_s = 0;        // kNeverExpires: no limit
  std::uint32_t mqtt3_session_expiry_s = 0;  // of clients that cannot name one
  std::uint32_t user_property_bytes = 0;
  std::uint32_t property_bytes = 0;
  std::uint32_t authentication_bytes = 0;
  std::uint32_t client_id_bytes = 0;
  std::uint16_t keep_alive_s = 0;  // 65535: no limit
  std::uint16_t inflight_messages = 0;
  std::uint16_t receive_maximum = 0;
  std::uint16_t topic_aliases = 0;
  std::uint16_t outgoing_topic_aliases = 0;
  std::uint8_t maximum_qos = 2;
  bool version_accepted[6] = {};  // by protocol level
  bool queue_qos0 = false;
  bool retained = true;
  bool wildcard_subscriptions = true;
  bool shared_subscriptions = true;
  bool mqtt3_shared_subscriptions = true;
  bool subscription_identifiers = true;
  bool empty_client_ids = true;
  bool control_user_properties = true;
  bool payload_format_checked = true;
  bool zero_expiry_never = false;
  bool refused_delivery_disconnects = false;
  std::string client_id_prefix{};
  std::string response_information{};

  bool rated(Rated what) const noexcept {
    const auto i = static_cast<std::size_t>(what);
    return session_rates[i] != 0 || namespace_rates[i] != 0;
  }
  /// Whether a limit stricter than the kernel's own has to be looked after.
  bool checks_topic_levels() const noexcept { return topic_levels < kMostTopicLevels; }

  static Schema schema();
  static Limits read(const Config& config);
};

}  // namespace trellis::mqtt
