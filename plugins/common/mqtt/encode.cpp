#include "common/mqtt/encode.hpp"

#include "common/mqtt/properties.hpp"

namespace trellis::mqtt {
namespace {

std::uint32_t text_size(trellis_view text) noexcept { return 2 + static_cast<std::uint32_t>(text.size); }

// Not every message came by MQTT: what is too long for it is left out. Written with half its length, the rest of it
// would be read as further properties.
bool has_text(const trellis_message& message, std::uint32_t flag, trellis_view text) noexcept {
  return (message.flags & flag) != 0 && text.size <= kMaxTextBytes;
}
bool fits(const trellis_pair& property) noexcept {
  return property.name.size <= kMaxTextBytes && property.value.size <= kMaxTextBytes;
}

std::uint32_t message_properties_size(const trellis_message& message) noexcept {
  std::uint32_t size = 0;
  if ((message.flags & TRELLIS_MESSAGE_HAS_FORMAT) != 0) size += 2;
  if ((message.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0) size += 5;
  if (has_text(message, TRELLIS_MESSAGE_HAS_CONTENT_TYPE, message.content_type))
    size += 1 + text_size(message.content_type);
  if (has_text(message, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC, message.response_topic))
    size += 1 + text_size(message.response_topic);
  if (has_text(message, TRELLIS_MESSAGE_HAS_CORRELATION, message.correlation_data))
    size += 1 + text_size(message.correlation_data);
  for (std::uint32_t i = 0; i < message.user_property_count; ++i) {
    const trellis_pair& property = message.user_properties[i];
    if (fits(property)) size += 1 + text_size(property.name) + text_size(property.value);
  }
  return size;
}

void put_id(Writer& writer, Property id) noexcept { writer.u8(static_cast<unsigned>(id)); }

void put_text(Writer& writer, Property id, trellis_view text) noexcept {
  put_id(writer, id);
  writer.text(trellis::text(text));
}

void write_message_properties(Writer& writer, const trellis_message& message, std::uint32_t expiry_left) noexcept {
  if ((message.flags & TRELLIS_MESSAGE_HAS_FORMAT) != 0) {
    put_id(writer, Property::payload_format);
    writer.u8((message.flags & TRELLIS_MESSAGE_TEXT) != 0 ? 1 : 0);
  }
  if ((message.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0) {
    put_id(writer, Property::message_expiry);
    writer.u32(expiry_left);
  }
  if (has_text(message, TRELLIS_MESSAGE_HAS_CONTENT_TYPE, message.content_type)) {
    put_text(writer, Property::content_type, message.content_type);
  }
  if (has_text(message, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC, message.response_topic)) {
    put_text(writer, Property::response_topic, message.response_topic);
  }
  if (has_text(message, TRELLIS_MESSAGE_HAS_CORRELATION, message.correlation_data)) {
    put_text(writer, Property::correlation_data, message.correlation_data);
  }
  for (std::uint32_t i = 0; i < message.user_property_count; ++i) {
    if (!fits(message.user_properties[i])) continue;
    put_text(writer, Property::user_property, message.user_properties[i].name);
    writer.text(trellis::text(message.user_properties[i].value));
  }
}

void write_properties(Writer& writer, const OutgoingPublish& packet) noexcept {
  writer.varint(packet.property_size);
  if (packet.property_size == 0) return;
  if (packet.alias != 0) {
    put_id(writer, Property::topic_alias);
    writer.u16(packet.alias);
  }
  for (std::uint32_t i = 0; i < packet.identifier_count; ++i) {
    put_id(writer, Property::subscription_identifier);
    writer.varint(packet.identifiers[i]);
  }
  write_message_properties(writer, *packet.message, packet.expiry_left);
}

// Properties of rare packets, collected before their length is known.
class Block {
 public:
  void u8(Property id, unsigned value) {
    key(id);
    out_ += static_cast<char>(value);
  }
  void u16(Property id, unsigned value) {
    key(id);
    out_ += static_cast<char>(value >> 8);
    out_ += static_cast<char>(value);
  }
  void u32(Property id, std::uint32_t value) {
    u16(id, value >> 16);
    out_ += static_cast<char>(value >> 8);
    out_ += static_cast<char>(value);
  }
  // What is too long for a property is left out: every text a server sends is optional.
  void text_unless_empty(Property id, std::string_view value) {
    if (value.empty() || value.size() > kMaxTextBytes) return;
    u16(id, static_cast<unsigned>(value.size()));
    out_ += value;
  }
  const std::string& bytes() const noexcept { return out_; }

 private:
  void key(Property id) { out_ += static_cast<char>(id); }

  std::string out_;
};

void append_varint(std::string& out, std::size_t value) {
  std::uint8_t bytes[4];
  Writer writer(bytes);
  writer.varint(static_cast<std::uint32_t>(value));
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(writer.position() - bytes));
}

void append_header(std::string& out, PacketType type, unsigned flags, std::size_t remaining) {
  out += static_cast<char>(static_cast<unsigned>(type) << 4 | flags);
  append_varint(out, remaining);
}

void append_block(std::string& out, const Block& block) {
  append_varint(out, block.bytes().size());
  out += block.bytes();
}

std::size_t block_size(const Block& block) noexcept {
  return varint_size(static_cast<std::uint32_t>(block.bytes().size())) + block.bytes().size();
}

Block connack_properties(const ConnackPacket& packet) {
  Block block;
  if (packet.has_session_expiry) block.u32(Property::session_expiry, packet.session_expiry);
  if (packet.receive_maximum != 65'535) block.u16(Property::receive_maximum, packet.receive_maximum);
  if (packet.maximum_qos < 2) block.u8(Property::maximum_qos, packet.maximum_qos);
  if (!packet.retain_available) block.u8(Property::retain_available, 0);
  if (packet.maximum_packet_size != 0) block.u32(Property::maximum_packet_size, packet.maximum_packet_size);
  block.text_unless_empty(Property::assigned_client_id, packet.assigned_client_id);
  if (packet.topic_alias_maximum != 0) block.u16(Property::topic_alias_maximum, packet.topic_alias_maximum);
  block.text_unless_empty(Property::reason_string, packet.reason_string);
  if (!packet.wildcards_available) block.u8(Property::wildcards_available, 0);
  if (!packet.identifiers_available) block.u8(Property::identifiers_available, 0);
  if (!packet.shared_available) block.u8(Property::shared_available, 0);
  if (packet.has_server_keep_alive) block.u16(Property::server_keep_alive, packet.server_keep_alive);
  block.text_unless_empty(Property::response_information, packet.response_information);
  block.text_unless_empty(Property::authentication_method, packet.authentication_method);
  block.text_unless_empty(Property::authentication_data, packet.authentication_data);
  return block;
}

}  // namespace

std::size_t measure(OutgoingPublish& packet) noexcept {
  const trellis_message& message = *packet.message;
  std::size_t size = 2 + message.payload.size + (packet.qos > 0 ? 2U : 0U);
  if (!packet.topic_known) size += message.topic.size;
  if (packet.version == Version::v5) {
    std::uint32_t properties = packet.alias != 0 ? 3 : 0;
    for (std::uint32_t i = 0; i < packet.identifier_count; ++i) properties += 1 + varint_size(packet.identifiers[i]);
    constexpr std::uint32_t with_properties = TRELLIS_MESSAGE_HAS_FORMAT | TRELLIS_MESSAGE_HAS_EXPIRY |
                                              TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC |
                                              TRELLIS_MESSAGE_HAS_CORRELATION;
    if ((message.flags & with_properties) != 0 || message.user_property_count != 0) {
      properties += message_properties_size(message);
    }
    packet.property_size = properties;
    size += varint_size(properties) + properties;
  }
  packet.remaining = static_cast<std::uint32_t>(size);
  return 1 + varint_size(packet.remaining) + size;
}

std::uint8_t* write_head(std::uint8_t* out, const OutgoingPublish& packet) noexcept {
  Writer writer(out);
  writer.u8(static_cast<unsigned>(PacketType::publish) << 4 | (packet.duplicate ? 8U : 0U) |
            static_cast<unsigned>(packet.qos) << 1 | (packet.retain ? 1U : 0U));
  writer.varint(packet.remaining);
  writer.text(packet.topic_known ? std::string_view{} : trellis::text(packet.message->topic));
  if (packet.qos > 0) writer.u16(packet.packet_id);
  if (packet.version == Version::v5) write_properties(writer, packet);
  return writer.position();
}

void append_ack(std::string& out, PacketType type, std::uint16_t packet_id, Reason reason, std::string_view text) {
  Block block;
  block.text_unless_empty(Property::reason_string, text);
  append_header(out, type, type == PacketType::pubrel ? 2 : 0, 3 + block_size(block));
  out += static_cast<char>(packet_id >> 8);
  out += static_cast<char>(packet_id);
  out += static_cast<char>(reason);
  append_block(out, block);
}

std::uint8_t connect_return_code(Reason reason) noexcept {
  switch (reason) {
    case Reason::success:
      return 0;
    case Reason::unsupported_version:
      return 1;
    case Reason::client_id_not_valid:
      return 2;
    case Reason::bad_credentials:
      return 4;
    case Reason::not_authorized:
    case Reason::banned:
    case Reason::bad_authentication_method:
      return 5;
    default:
      return 3;
  }
}

void append_connack(std::string& out, const ConnackPacket& packet) {
  if (packet.version != Version::v5) {
    // MQTT 3.1 has no session present flag; its reserved byte is not looked at by clients.
    append_header(out, PacketType::connack, 0, 2);
    out += packet.session_present && packet.version == Version::v311 ? '\1' : '\0';
    out += static_cast<char>(connect_return_code(packet.reason));
    return;
  }
  const Block block = connack_properties(packet);
  append_header(out, PacketType::connack, 0, 2 + block_size(block));
  out += packet.session_present ? '\1' : '\0';
  out += static_cast<char>(packet.reason);
  append_block(out, block);
}

void append_suback(std::string& out, PacketType type, Version version, std::uint16_t packet_id, std::string_view codes,
                   std::string_view reason_string) {
  Block block;
  block.text_unless_empty(Property::reason_string, reason_string);
  const std::size_t properties = version == Version::v5 ? block_size(block) : 0;
  append_header(out, type, 0, 2 + properties + codes.size());
  out += static_cast<char>(packet_id >> 8);
  out += static_cast<char>(packet_id);
  if (version == Version::v5) append_block(out, block);
  out += codes;
}

void append_disconnect(std::string& out, Reason reason, std::string_view reason_string) {
  Block block;
  block.text_unless_empty(Property::reason_string, reason_string);
  append_header(out, PacketType::disconnect, 0, 1 + block_size(block));
  out += static_cast<char>(reason);
  append_block(out, block);
}

void append_auth(std::string& out, Reason reason, std::string_view method, std::string_view data) {
  Block block;
  block.text_unless_empty(Property::authentication_method, method);
  block.text_unless_empty(Property::authentication_data, data);
  append_header(out, PacketType::auth, 0, 1 + block_size(block));
  out += static_cast<char>(reason);
  append_block(out, block);
}

}  // namespace trellis::mqtt
