/// Packets a server receives, from bytes to structs of views. A view lives as long as the bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/mqtt/bytes.hpp"
#include "common/mqtt/fault.hpp"
#include "common/mqtt/properties.hpp"

namespace trellis::mqtt {

/// First byte and remaining length of a packet.
struct FixedHeader {
  std::uint8_t first = 0;
  std::uint8_t size = 0;  // bytes of the header itself
  std::uint32_t remaining = 0;

  PacketType type() const noexcept { return static_cast<PacketType>(first >> 4); }
  std::uint8_t flags() const noexcept { return first & 0x0F; }
  std::size_t total() const noexcept { return std::size_t{size} + remaining; }
  /// Whether the remaining length is in as few bytes as it can be: a must in MQTT 5 (1.5.5).
  bool shortest() const noexcept { return size == 1 + varint_size(remaining); }
};

enum class HeaderResult : std::uint8_t { complete, incomplete, malformed };

/// Reads a fixed header; `complete` says nothing about the body having arrived.
inline HeaderResult read_header(const std::uint8_t* data, std::size_t size, FixedHeader& header) noexcept {
  if (size < 2) return HeaderResult::incomplete;
  header.first = data[0];
  header.remaining = data[1] & 0x7F;
  header.size = 2;
  if ((data[1] & 0x80) == 0) return HeaderResult::complete;
  for (unsigned i = 2; i < 5; ++i) {
    if (i == size) return HeaderResult::incomplete;
    header.remaining |= static_cast<std::uint32_t>(data[i] & 0x7F) << (7 * (i - 1));
    ++header.size;
    if ((data[i] & 0x80) == 0) return HeaderResult::complete;
  }
  return HeaderResult::malformed;
}

/// True for a type a client sends with the flags the standard fixes for it (2.1.3); PUBLISH has flags of its own.
/// MQTT 3.1 gave PUBREL, SUBSCRIBE and UNSUBSCRIBE a DUP flag, which is tolerated there.
bool flags_valid(PacketType type, std::uint8_t flags, Version version) noexcept;

/// The will of a CONNECT packet.
struct WillPacket {
  std::string_view topic{};
  std::string_view payload{};
  std::uint8_t qos = 0;
  bool retain = false;
  Properties properties{};
};

struct ConnectPacket {
  Version version = Version::v311;
  bool bridge = false;  // the version's high bit, which bridges set
  bool clean_start = false;
  bool has_will = false;
  bool has_username = false;
  bool has_password = false;
  std::uint16_t keep_alive = 0;
  std::string_view client_id{};
  std::string_view username{};
  std::string_view password{};
  Properties properties{};
  WillPacket will{};
};

/// Reads the body of a CONNECT packet. Where the version is not known the fault is unsupported_version, and
/// packet.version says in which form to answer; where the protocol name is none of MQTT's it is protocol_error with
/// an empty text: nothing should be answered.
Fault read_connect(Reader body, ConnectPacket& packet, std::vector<trellis_pair>* users,
                   std::vector<trellis_pair>* will_users);

struct PublishPacket {
  std::string_view topic{};
  std::string_view payload{};
  std::uint16_t packet_id = 0;
  std::uint8_t qos = 0;
  bool retain = false;
  bool duplicate = false;
};

/// Reads all of a PUBLISH packet but its properties and payload, which follow in `body`; what the topic consists of is
/// not checked.
inline Fault read_publish_head(Reader& body, std::uint8_t flags, PublishPacket& packet) noexcept {
  packet.retain = (flags & 1) != 0;
  packet.duplicate = (flags & 8) != 0;
  packet.qos = static_cast<std::uint8_t>(flags >> 1 & 3);
  packet.topic = body.text();
  if (packet.qos > 0) {
    packet.packet_id = body.u16();
    if (body.ok() && packet.packet_id == 0) return {Reason::protocol_error, "packet identifier 0"};
  }
  if (!body.ok()) return {Reason::malformed, "PUBLISH is shorter than its topic name says"};
  if (packet.qos == 3) return {Reason::malformed, "QoS 3 does not exist"};
  if (packet.qos == 0 && packet.duplicate) return {Reason::malformed, "DUP is set on a QoS 0 message"};
  return {};
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct AckPacket {
  std::uint16_t packet_id = 0;
  Reason reason = Reason::success;
  std::uint32_t user_properties = 0;
};
Fault read_ack(Reader body, PacketType type, Version version, AckPacket& packet);

/// SUBSCRIBE and UNSUBSCRIBE up to their first filter; the filters follow in the reader.
struct SubscribeHead {
  std::uint16_t packet_id = 0;
  Properties properties{};
};
Fault read_subscribe_head(Reader& body, PacketType type, Version version, SubscribeHead& head);

struct SubscribeFilter {
  std::string_view filter{};
  std::uint8_t qos = 0;
  std::uint8_t retain_handling = 0;
  bool no_local = false;
  bool retain_as_published = false;
};
/// Reads one filter; its form is not checked.
Fault read_subscribe_filter(Reader& body, Version version, SubscribeFilter& filter);
Fault read_unsubscribe_filter(Reader& body, std::string_view& filter);

struct DisconnectPacket {
  Reason reason = Reason::success;
  Properties properties{};
};
Fault read_disconnect(Reader body, Version version, DisconnectPacket& packet);

struct AuthPacket {
  Reason reason = Reason::success;
  Properties properties{};
};
Fault read_auth(Reader body, AuthPacket& packet, std::vector<trellis_pair>* users);

}  // namespace trellis::mqtt
