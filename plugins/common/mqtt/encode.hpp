/// Packets a server sends, from structs to bytes.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/mqtt/bytes.hpp"
#include "common/mqtt/fault.hpp"
#include "common/mqtt/protocol.hpp"

namespace trellis::mqtt {

/// A PUBLISH on its way out: fill in the upper part, measure(), then write_head() and the payload behind it.
struct OutgoingPublish {
  const trellis_message* message = nullptr;
  const std::uint32_t* identifiers = nullptr;
  std::uint32_t identifier_count = 0;
  std::uint32_t expiry_left = 0;  // seconds, for messages that expire
  std::uint16_t packet_id = 0;
  std::uint16_t alias = 0;  // 0: none
  Version version = Version::v311;
  std::uint8_t qos = 0;
  bool retain = false;
  bool duplicate = false;
  bool topic_known = false;  // the receiver knows the alias: the topic stays empty

  std::uint32_t property_size = 0;  // set by measure()
  std::uint32_t remaining = 0;      // set by measure()
};

/// Computes the sizes and answers the bytes of the whole packet, payload included.
std::size_t measure(OutgoingPublish& packet) noexcept;
/// Writes all but the payload and answers where the payload goes.
std::uint8_t* write_head(std::uint8_t* out, const OutgoingPublish& packet) noexcept;

/// Largest acknowledgement without properties.
inline constexpr std::size_t kAckBytes = 5;

/// PUBACK, PUBREC, PUBREL or PUBCOMP. Reason codes are left out where the version has none or it is success.
inline std::uint8_t* write_ack(std::uint8_t* out, PacketType type, std::uint16_t packet_id, Reason reason,
                               Version version) noexcept {
  Writer writer(out);
  const bool with_reason = version == Version::v5 && reason != Reason::success;
  writer.u8(static_cast<unsigned>(type) << 4 | (type == PacketType::pubrel ? 2U : 0U));
  writer.u8(with_reason ? 3 : 2);
  writer.u16(packet_id);
  if (with_reason) writer.u8(static_cast<unsigned>(reason));
  return writer.position();
}

/// The same with a reason string (MQTT 5 only).
void append_ack(std::string& out, PacketType type, std::uint16_t packet_id, Reason reason, std::string_view text);

struct ConnackPacket {
  Version version = Version::v311;
  bool session_present = false;
  Reason reason = Reason::success;
  // All below for MQTT 5, left out where they say what the standard assumes anyway.
  bool has_session_expiry = false;
  bool has_server_keep_alive = false;
  bool retain_available = true;
  bool wildcards_available = true;
  bool identifiers_available = true;
  bool shared_available = true;
  std::uint8_t maximum_qos = 2;
  std::uint16_t server_keep_alive = 0;
  std::uint16_t receive_maximum = 65'535;
  std::uint16_t topic_alias_maximum = 0;
  std::uint32_t session_expiry = 0;
  std::uint32_t maximum_packet_size = 0;  // 0: left out
  std::string_view assigned_client_id{};
  std::string_view reason_string{};
  std::string_view response_information{};
  std::string_view authentication_method{};
  std::string_view authentication_data{};
};
void append_connack(std::string& out, const ConnackPacket& packet);

/// The return code MQTT 3 has for a reason: 1 to 5.
std::uint8_t connect_return_code(Reason reason) noexcept;

/// SUBACK or UNSUBACK; codes are as the version wants them, empty for UNSUBACK of MQTT 3.
void append_suback(std::string& out, PacketType type, Version version, std::uint16_t packet_id, std::string_view codes,
                   std::string_view reason_string);

/// DISCONNECT of MQTT 5; older versions have none from the server.
void append_disconnect(std::string& out, Reason reason, std::string_view reason_string);

void append_auth(std::string& out, Reason reason, std::string_view method, std::string_view data);

}  // namespace trellis::mqtt
