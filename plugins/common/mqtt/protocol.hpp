/// The numbers of MQTT 3.1, 3.1.1 and 5.0: packet types, reason codes, properties.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trellis::mqtt {

/// As the CONNECT packet carries it.
enum class Version : std::uint8_t { v31 = 3, v311 = 4, v5 = 5 };

enum class PacketType : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15
};

/// Reason codes of MQTT 5 (2.4). Codes of MQTT 3 are made from them where a CONNACK or SUBACK needs one.
enum class Reason : std::uint8_t {
  success = 0x00,
  disconnect_with_will = 0x04,
  no_matching_subscribers = 0x10,
  no_subscription_existed = 0x11,
  continue_authentication = 0x18,
  reauthenticate = 0x19,
  unspecified = 0x80,
  malformed = 0x81,
  protocol_error = 0x82,
  implementation_specific = 0x83,
  unsupported_version = 0x84,
  client_id_not_valid = 0x85,
  bad_credentials = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_id_in_use = 0x91,
  packet_id_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  identifiers_not_supported = 0xA1,
  wildcards_not_supported = 0xA2
};

constexpr bool failed(Reason reason) noexcept { return static_cast<std::uint8_t>(reason) >= 0x80; }

/// Property identifiers of MQTT 5 (2.2.2.2).
enum class Property : std::uint8_t {
  payload_format = 0x01,
  message_expiry = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry = 0x11,
  assigned_client_id = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcards_available = 0x28,
  identifiers_available = 0x29,
  shared_available = 0x2A
};

/// Largest remaining length a packet can declare (2.1.4) and largest packet with it.
inline constexpr std::uint32_t kMaxRemainingLength = 268'435'455;
inline constexpr std::uint32_t kMaxPacketBytes = kMaxRemainingLength + 5;
/// Longest text or binary value: its length has two bytes (1.5.4, 1.5.6).
inline constexpr std::size_t kMaxTextBytes = 65'535;
/// Session expiry interval that means never.
inline constexpr std::uint32_t kNeverExpires = 0xFFFF'FFFF;

}  // namespace trellis::mqtt
