// Encoding of what clients send and decoding, with every check a client may make, of what servers send.
#include "support/mqtt_packet.hpp"

#include <stdexcept>

#include "support/mqtt_reader.hpp"

namespace trellis::testing {
namespace {

void put_properties(std::string& out, Version version, const Properties& properties) {
  if (version == Version::v5) out += properties.encode();
}

unsigned first_byte_of(PacketType type) {
  // PUBREL, SUBSCRIBE and UNSUBSCRIBE carry the flags 0010; the other packets of fixed flags carry none.
  const bool flagged = type == PacketType::pubrel || type == PacketType::subscribe || type == PacketType::unsubscribe;
  return static_cast<unsigned>(type) << 4 | (flagged ? 2u : 0u);
}

std::uint8_t connect_flags(const Connect& connect) {
  unsigned flags = connect.clean ? 0x02 : 0;
  if (connect.will)
    flags |= 0x04u | static_cast<unsigned>(connect.will->qos) << 3 | (connect.will->retain ? 0x20u : 0u);
  if (connect.password) flags |= 0x40;
  if (connect.username) flags |= 0x80;
  return static_cast<std::uint8_t>(flags);
}

[[noreturn]] void refuse(const Packet& packet, const std::string& why) {
  throw std::runtime_error("the server sent a bad " + std::string(name_of(packet.type)) + ": " + why);
}

void need(bool holds, const Packet& packet, const char* why) {
  if (!holds) refuse(packet, why);
}

void read_properties(Reader& in, Version version, Packet& packet) {
  if (version == Version::v5) packet.properties = Properties::decode(in.take(in.varint()));
}

void decode_connack(Reader& in, Version version, Packet& packet) {
  const auto acknowledge_flags = in.u8();
  need((acknowledge_flags & 0xFE) == 0, packet, "a reserved acknowledge flag is set");
  packet.session_present = acknowledge_flags == 1;
  packet.reason = in.u8();
  // A level the server does not know is answered in the form every version has had: two bytes, code 1.
  if (packet.reason == 1 && in.empty()) return;
  read_properties(in, version, packet);
  need(packet.reason == 0 || !packet.session_present, packet, "session present although refused");
}

void decode_publish(Reader& in, Version version, Packet& packet) {
  packet.qos = packet.flags >> 1 & 3;
  packet.dup = (packet.flags & 8) != 0;
  packet.retain = (packet.flags & 1) != 0;
  need(packet.qos != 3, packet, "both QoS bits are set");
  need(packet.qos != 0 || !packet.dup, packet, "DUP with QoS 0");
  packet.topic = in.string();
  need(packet.topic.find_first_of("+#") == std::string::npos, packet, "a wildcard in the topic name");
  if (packet.qos > 0) {
    packet.packet_id = in.u16();
    need(packet.packet_id != 0, packet, "packet identifier 0");
  }
  read_properties(in, version, packet);
  packet.payload = std::string(in.rest());
}

void decode_ack(Reader& in, Version version, Packet& packet) {
  packet.packet_id = in.u16();
  need(packet.packet_id != 0, packet, "packet identifier 0");
  if (version != Version::v5 || in.empty()) return;
  packet.reason = in.u8();
  if (!in.empty()) read_properties(in, version, packet);
}

void decode_suback(Reader& in, Version version, Packet& packet) {
  packet.packet_id = in.u16();
  read_properties(in, version, packet);
  if (packet.type == PacketType::unsuback && version != Version::v5) return;
  while (!in.empty()) packet.reasons.push_back(in.u8());
  need(!packet.reasons.empty(), packet, "no reason code");
}

void decode_reasoned(Reader& in, Version version, Packet& packet) {
  need(version == Version::v5, packet, "not a packet servers send in this version");
  if (in.empty()) return;
  packet.reason = in.u8();
  if (!in.empty()) read_properties(in, version, packet);
}

}  // namespace

const char* name_of(PacketType type) {
  static const char* const names[] = {"reserved", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                      "PUBREL",   "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                      "PINGREQ",  "PINGRESP", "DISCONNECT", "AUTH"};
  return names[static_cast<std::uint8_t>(type) & 15];
}

std::string raw_packet(unsigned first_byte, std::string_view body) {
  std::string out(1, static_cast<char>(first_byte));
  put_varint(out, static_cast<std::uint32_t>(body.size()));
  return out.append(body);
}

std::string Connect::encode(Version version) const {
  std::string body;
  put_string(body, protocol_name.value_or(version == Version::v31 ? "MQIsdp" : "MQTT"));
  body += static_cast<char>(level.value_or(static_cast<std::uint8_t>(version)));
  body += static_cast<char>(flags.value_or(connect_flags(*this)));
  put_u16(body, keep_alive);
  put_properties(body, version, properties);
  put_string(body, client_id);
  if (will) {
    put_properties(body, version, will->properties);
    put_string(body, will->topic);
    put_string(body, will->payload);
  }
  if (username) put_string(body, *username);
  if (password) put_string(body, *password);
  return raw_packet(first_byte_of(PacketType::connect), body);
}

std::string Publish::encode(Version version) const {
  std::string body;
  put_string(body, topic);
  if (qos > 0) put_u16(body, packet_id);
  put_properties(body, version, properties);
  body += payload;
  const unsigned bits = (dup ? 8u : 0u) | static_cast<unsigned>(qos) << 1 | (retain ? 1u : 0u);
  return raw_packet(first_byte_of(PacketType::publish) | bits, body);
}

std::string Subscribe::encode(Version version) const {
  std::string body;
  put_u16(body, packet_id);
  put_properties(body, version, properties);
  for (const auto& filter : filters) {
    put_string(body, filter.filter);
    unsigned options = filter.qos | filter.reserved;
    if (version == Version::v5) {
      options |= (filter.no_local ? 4u : 0u) | (filter.retain_as_published ? 8u : 0u);
      options |= static_cast<unsigned>(filter.retain_handling) << 4;
    }
    body += static_cast<char>(options);
  }
  return raw_packet(first_byte_of(PacketType::subscribe), body);
}

std::string Unsubscribe::encode(Version version) const {
  std::string body;
  put_u16(body, packet_id);
  put_properties(body, version, properties);
  for (const auto& filter : filters) put_string(body, filter);
  return raw_packet(first_byte_of(PacketType::unsubscribe), body);
}

std::string encode_ack(PacketType type, Version version, std::uint16_t packet_id, std::uint8_t reason,
                       const Properties& properties) {
  std::string body;
  put_u16(body, packet_id);
  const bool has_properties = !properties.ids().empty();
  if (version == Version::v5 && (reason != 0 || has_properties)) {
    body += static_cast<char>(reason);
    if (has_properties) body += properties.encode();
  }
  return raw_packet(first_byte_of(type), body);
}

std::string encode_disconnect(Version version, std::uint8_t reason, const Properties& properties) {
  std::string body;
  const auto encoded = properties.encode();
  if (version == Version::v5 && (reason != 0 || encoded.size() > 1)) body = static_cast<char>(reason) + encoded;
  return raw_packet(first_byte_of(PacketType::disconnect), body);
}

std::string encode_auth(std::uint8_t reason, const Properties& properties) {
  return raw_packet(first_byte_of(PacketType::auth), static_cast<char>(reason) + properties.encode());
}

std::string encode_pingreq() { return raw_packet(first_byte_of(PacketType::pingreq), ""); }

Packet decode_packet(Version version, std::uint8_t first_byte, std::string_view body) {
  Packet packet{.type = static_cast<PacketType>(first_byte >> 4), .flags = static_cast<std::uint8_t>(first_byte & 15)};
  Reader in(body);
  if (packet.type != PacketType::publish)
    need(packet.flags == (packet.type == PacketType::pubrel ? 2 : 0), packet, "reserved flags are wrong");
  switch (packet.type) {
    case PacketType::connack:
      decode_connack(in, version, packet);
      break;
    case PacketType::publish:
      decode_publish(in, version, packet);
      break;
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      decode_ack(in, version, packet);
      break;
    case PacketType::suback:
    case PacketType::unsuback:
      decode_suback(in, version, packet);
      break;
    case PacketType::pingresp:
      break;
    case PacketType::disconnect:
    case PacketType::auth:
      decode_reasoned(in, version, packet);
      break;
    case PacketType::connect:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
      refuse(packet, "only clients send this");
  }
  need(in.empty(), packet, "bytes are left over");
  return packet;
}

std::string Packet::describe() const {
  std::string out = name_of(type);
  if (type == PacketType::publish)
    return out + " topic '" + topic + "' payload '" + payload.substr(0, 60) + "' QoS " + std::to_string(qos) +
           (retain ? " retain" : "") + (dup ? " dup" : "");
  if (packet_id != 0) out += " id " + std::to_string(packet_id);
  return out + " reason " + std::to_string(reasons.empty() ? reason : reasons.front());
}

std::string from_hex(std::string_view hex) {
  std::string out;
  int digits = 0;
  unsigned value = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    const unsigned digit = c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
    value = value << 4 | digit;
    if (++digits % 2 == 0) {
      out += static_cast<char>(value);
      value = 0;
    }
  }
  return out;
}

}  // namespace trellis::testing
