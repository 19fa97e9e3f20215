#include "common/mqtt/packets.hpp"

#include "common/mqtt/text.hpp"

namespace trellis::mqtt {
namespace {

bool known_reason(PacketType type, Reason reason) noexcept {
  switch (reason) {
    case Reason::success:
      return true;
    case Reason::packet_id_not_found:
      return type == PacketType::pubrel || type == PacketType::pubcomp;
    case Reason::no_matching_subscribers:
    case Reason::unspecified:
    case Reason::implementation_specific:
    case Reason::not_authorized:
    case Reason::topic_name_invalid:
    case Reason::packet_id_in_use:
    case Reason::quota_exceeded:
    case Reason::payload_format_invalid:
      return type == PacketType::puback || type == PacketType::pubrec;
    default:
      return false;
  }
}

// What a client may say with DISCONNECT (3.14.2.1).
bool known_disconnect(Reason reason) noexcept {
  switch (reason) {
    case Reason::success:
    case Reason::disconnect_with_will:
    case Reason::unspecified:
    case Reason::malformed:
    case Reason::protocol_error:
    case Reason::implementation_specific:
    case Reason::topic_name_invalid:
    case Reason::receive_maximum_exceeded:
    case Reason::topic_alias_invalid:
    case Reason::packet_too_large:
    case Reason::message_rate_too_high:
    case Reason::quota_exceeded:
    case Reason::administrative_action:
    case Reason::payload_format_invalid:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool flags_valid(PacketType type, std::uint8_t flags, Version version) noexcept {
  switch (type) {
    case PacketType::publish:
      return true;
    case PacketType::pubrel:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return version == Version::v31 ? (flags & ~8U) == 2 || (flags & ~8U) == 0 : flags == 2;
    default:
      return flags == 0;
  }
}

Fault read_ack(Reader body, PacketType type, Version version, AckPacket& packet) {
  packet.packet_id = body.u16();
  if (!body.ok()) return {Reason::malformed, "an acknowledgement without packet identifier"};
  if (packet.packet_id == 0) return {Reason::protocol_error, "packet identifier 0"};
  if (body.done()) return {};
  if (version != Version::v5) return {Reason::malformed, "an acknowledgement is too long"};
  packet.reason = static_cast<Reason>(body.u8());
  if (!known_reason(type, packet.reason)) return {Reason::malformed, "an unknown reason code"};
  if (body.done()) return {};
  Properties properties;
  if (const Fault fault = read_properties(body, PropertyContext::acknowledgement, properties, nullptr)) return fault;
  packet.user_properties = properties.user_property_count;
  return body.done() ? Fault{} : Fault{Reason::malformed, "bytes follow the properties of an acknowledgement"};
}

Fault read_subscribe_head(Reader& body, PacketType type, Version version, SubscribeHead& head) {
  head.packet_id = body.u16();
  if (!body.ok()) return {Reason::malformed, "a packet identifier is missing"};
  if (head.packet_id == 0) return {Reason::protocol_error, "packet identifier 0"};
  if (version == Version::v5) {
    const auto context = type == PacketType::subscribe ? PropertyContext::subscribe : PropertyContext::unsubscribe;
    if (const Fault fault = read_properties(body, context, head.properties, nullptr)) return fault;
  }
  return body.done() ? Fault{Reason::protocol_error, "no topic filter"} : Fault{};
}

Fault read_subscribe_filter(Reader& body, Version version, SubscribeFilter& filter) {
  filter.filter = body.text();
  const unsigned options = body.u8();
  if (!body.ok()) return {Reason::malformed, "SUBSCRIBE is shorter than its filters say"};
  filter.qos = static_cast<std::uint8_t>(options & 3);
  if (filter.qos == 3) return {Reason::malformed, "QoS 3 does not exist"};
  const unsigned reserved = version == Version::v5 ? options & 0xC0 : version == Version::v311 ? options & 0xFC : 0;
  if (reserved != 0) return {Reason::malformed, "a reserved subscription option is set"};
  if (version != Version::v5) return {};
  filter.no_local = (options & 4) != 0;
  filter.retain_as_published = (options & 8) != 0;
  filter.retain_handling = static_cast<std::uint8_t>(options >> 4 & 3);
  if (filter.retain_handling == 3) return {Reason::protocol_error, "retain handling 3 does not exist"};
  return {};
}

Fault read_unsubscribe_filter(Reader& body, std::string_view& filter) {
  filter = body.text();
  return body.ok() ? Fault{} : Fault{Reason::malformed, "UNSUBSCRIBE is shorter than its filters say"};
}

Fault read_disconnect(Reader body, Version version, DisconnectPacket& packet) {
  if (body.done()) return {};
  if (version != Version::v5) return {Reason::malformed, "DISCONNECT has a body"};
  packet.reason = static_cast<Reason>(body.u8());
  if (!known_disconnect(packet.reason)) return {Reason::malformed, "a reason code clients do not send"};
  if (body.done()) return {};
  if (const Fault fault = read_properties(body, PropertyContext::disconnect, packet.properties, nullptr)) return fault;
  return body.done() ? Fault{} : Fault{Reason::malformed, "bytes follow the properties of DISCONNECT"};
}

Fault read_auth(Reader body, AuthPacket& packet, std::vector<trellis_pair>* users) {
  if (!body.done()) {
    packet.reason = static_cast<Reason>(body.u8());
    if (const Fault fault = read_properties(body, PropertyContext::auth, packet.properties, users)) return fault;
    if (!body.done()) return {Reason::malformed, "bytes follow the properties of AUTH"};
  }
  if (packet.reason != Reason::continue_authentication && packet.reason != Reason::reauthenticate) {
    return {Reason::protocol_error, "AUTH with a reason code clients do not send"};
  }
  if (!packet.properties.has(Property::authentication_method)) {
    return {Reason::protocol_error, "AUTH without authentication method"};
  }
  return {};
}

}  // namespace trellis::mqtt
