/// CONNECT (MQTT 5, 3.1).
#include "common/mqtt/packets.hpp"
#include "common/mqtt/text.hpp"

namespace trellis::mqtt {
namespace {

enum ConnectFlags : unsigned {
  kReserved = 0x01,
  kCleanStart = 0x02,
  kWill = 0x04,
  kWillRetain = 0x20,
  kPassword = 0x40,
  kUsername = 0x80
};

constexpr Fault kTruncated{Reason::malformed, "CONNECT is shorter than its fields say"};

// Protocol name and level. The level's high bit is how bridges announce themselves.
Fault read_protocol(Reader& body, ConnectPacket& packet) {
  const std::string_view name = body.text();
  const std::uint8_t level = body.u8();
  if (!body.ok()) return kTruncated;
  if (name != "MQTT" && name != "MQIsdp") return {Reason::protocol_error, {}};
  const unsigned version = level & 0x7F;
  packet.bridge = (level & 0x80) != 0 && (version == 3 || version == 4);
  const bool plain = packet.bridge || (level & 0x80) == 0;
  const bool known = name == "MQTT" ? version == 4 || version == 5 : version == 3;
  if (plain && known) {
    packet.version = static_cast<Version>(version);
    return {};
  }
  // Whatever a later version may look like, MQTT 3.1.1 (3.1.2.2) says how to refuse it.
  packet.version = Version::v311;
  return {Reason::unsupported_version, "this version of MQTT is not known"};
}

Fault check_flags(unsigned flags, Version version) {
  if ((flags & kReserved) != 0 && version != Version::v31) return {Reason::malformed, "a reserved CONNECT flag is set"};
  const unsigned will_qos = flags >> 3 & 3;
  if (will_qos == 3) return {Reason::malformed, "will QoS 3 does not exist"};
  if ((flags & kWill) == 0 && (will_qos != 0 || (flags & kWillRetain) != 0)) {
    return {Reason::malformed, "will QoS or will retain without a will"};
  }
  if (version != Version::v5 && (flags & kPassword) != 0 && (flags & kUsername) == 0) {
    return {Reason::malformed, "a password without user name"};
  }
  return {};
}

Fault read_field(Reader& body, std::string_view& field, std::string_view error) {
  field = body.text();
  if (!body.ok()) return kTruncated;
  if (!valid_text(field)) return {Reason::malformed, error};
  return {};
}

Fault read_will(Reader& body, ConnectPacket& packet, std::vector<trellis_pair>* users) {
  WillPacket& will = packet.will;
  if (packet.version == Version::v5) {
    if (const Fault fault = read_properties(body, PropertyContext::will, will.properties, users)) return fault;
  }
  will.topic = body.text();
  will.payload = body.text();
  if (!body.ok()) return kTruncated;
  switch (check_topic_name(will.topic)) {
    case TopicFault::none:
      return {};
    case TopicFault::not_text:
      return {Reason::malformed, "the will topic is not valid UTF-8 text"};
    case TopicFault::invalid:
      break;
  }
  return {Reason::topic_name_invalid, "the will topic is no topic name"};
}

Fault read_credentials(Reader& body, ConnectPacket& packet) {
  // MQTT 3.1 (3.1): the remaining length takes precedence over the flags, for clients older than the fields.
  if (packet.version == Version::v31 && body.done()) packet.has_username = packet.has_password = false;
  if (packet.has_username) {
    if (const Fault fault = read_field(body, packet.username, "the user name is not valid UTF-8 text")) return fault;
  }
  if (packet.version == Version::v31 && body.done()) packet.has_password = false;
  if (packet.has_password) {
    packet.password = body.text();
    if (!body.ok()) return kTruncated;
  }
  return body.done() ? Fault{} : Fault{Reason::malformed, "bytes follow the last field of CONNECT"};
}

}  // namespace

Fault read_connect(Reader body, ConnectPacket& packet, std::vector<trellis_pair>* users,
                   std::vector<trellis_pair>* will_users) {
  if (const Fault fault = read_protocol(body, packet)) return fault;
  const unsigned flags = body.u8();
  packet.keep_alive = body.u16();
  if (!body.ok()) return kTruncated;
  if (const Fault fault = check_flags(flags, packet.version)) return fault;
  packet.clean_start = (flags & kCleanStart) != 0;
  packet.has_will = (flags & kWill) != 0;
  packet.has_username = (flags & kUsername) != 0;
  packet.has_password = (flags & kPassword) != 0;
  packet.will.qos = static_cast<std::uint8_t>(flags >> 3 & 3);
  packet.will.retain = (flags & kWillRetain) != 0;
  if (packet.version == Version::v5) {
    if (const Fault fault = read_properties(body, PropertyContext::connect, packet.properties, users)) return fault;
    if (packet.properties.has(Property::authentication_data) &&
        !packet.properties.has(Property::authentication_method)) {
      return {Reason::protocol_error, "authentication data without a method"};
    }
  }
  if (const Fault fault = read_field(body, packet.client_id, "the client identifier is not valid UTF-8 text")) {
    return fault;
  }
  if (packet.has_will) {
    if (const Fault fault = read_will(body, packet, will_users)) return fault;
  }
  return read_credentials(body, packet);
}

}  // namespace trellis::mqtt
