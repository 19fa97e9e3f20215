#include "packets.hpp"

namespace mqtt_out {
namespace {

using trellis::mqtt::Fault;
using trellis::mqtt::kMaxTextBytes;
using trellis::mqtt::PacketType;
using trellis::mqtt::Property;
using trellis::mqtt::Reader;
using trellis::mqtt::Reason;
using trellis::mqtt::Version;

void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U & 0xFFU);
  out += static_cast<char>(value & 0xFFU);
}

void put_text(std::string& out, std::string_view text) {
  put_u16(out, text.size());
  out += text;
}

void put_varint(std::string& out, std::size_t value) {
  for (; value >= 128; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

void put_property(std::string& out, Property id) { out += static_cast<char>(id); }

/// Values of properties that servers send, by what they consist of; only a few matter here.
bool skip_value(Reader& reader, std::uint8_t id) {
  switch (static_cast<Property>(id)) {
    case Property::payload_format:
    case Property::request_problem_information:
    case Property::request_response_information:
    case Property::retain_available:
    case Property::wildcards_available:
    case Property::identifiers_available:
    case Property::shared_available:
      reader.u8();
      return true;
    case Property::topic_alias_maximum:
    case Property::topic_alias:
      reader.u16();
      return true;
    case Property::message_expiry:
    case Property::session_expiry:
    case Property::will_delay:
      reader.u32();
      return true;
    case Property::subscription_identifier:
      reader.varint();
      return true;
    case Property::user_property:
      reader.text();
      reader.text();
      return true;
    case Property::content_type:
    case Property::response_topic:
    case Property::correlation_data:
    case Property::assigned_client_id:
    case Property::authentication_method:
    case Property::authentication_data:
    case Property::response_information:
    case Property::server_reference:
      reader.text();
      return true;
    default:
      return false;
  }
}

/// Calls take(id, reader) for each property; what it does not take is skipped.
template <class Take>
Fault each_property(Reader& body, Take take) {
  const std::uint32_t size = body.varint();
  if (!body.ok() || size > body.left()) return {Reason::malformed, "the property length exceeds the packet"};
  Reader block(body.position(), size);
  body.bytes(size);
  while (!block.done()) {
    const std::uint8_t id = block.u8();
    if (!take(static_cast<Property>(id), block) && !skip_value(block, id)) {
      return {Reason::malformed, "a property is none that servers send"};
    }
    if (!block.ok()) return {Reason::malformed, "a property ends behind the end of its packet"};
  }
  return {};
}

}  // namespace

void append_connect(std::string& out, const Connect& connect) {
  std::string body;
  put_text(body, "MQTT");
  body += static_cast<char>(connect.version);
  constexpr unsigned kCleanStart = 0x02;
  const unsigned flags = kCleanStart | (connect.user.empty() ? 0U : 0x80U) | (connect.password.empty() ? 0U : 0x40U);
  body += static_cast<char>(flags);
  put_u16(body, connect.keep_alive);
  if (connect.version == Version::v5) put_varint(body, 0);
  put_text(body, connect.client_id);
  if (!connect.user.empty()) put_text(body, connect.user);
  if (!connect.password.empty()) put_text(body, connect.password);
  out += static_cast<char>(static_cast<unsigned>(PacketType::connect) << 4U);
  put_varint(out, body.size());
  out += body;
}

std::size_t append_publish(std::string& out, const Publish& publish) {
  std::string properties;
  bool fits = publish.topic.size() <= kMaxTextBytes && publish.content_type.size() <= kMaxTextBytes;
  if (!publish.content_type.empty()) {
    put_property(properties, Property::content_type);
    put_text(properties, publish.content_type);
  }
  for (const auto& [name, value] : publish.user_properties) {
    fits = fits && name.size() <= kMaxTextBytes && value.size() <= kMaxTextBytes;
    put_property(properties, Property::user_property);
    put_text(properties, name);
    put_text(properties, value);
  }
  std::string head;
  put_text(head, publish.topic);
  const std::size_t at = head.size();
  if (publish.qos > 0) put_u16(head, 0);
  if (publish.version == Version::v5) {
    put_varint(head, properties.size());
    head += properties;
  }
  const std::size_t remaining = head.size() + publish.payload.size();
  if (!fits || remaining > trellis::mqtt::kMaxRemainingLength) return std::string::npos;
  out += static_cast<char>(static_cast<unsigned>(PacketType::publish) << 4U | publish.qos << 1U |
                           (publish.retain ? 1U : 0U));
  put_varint(out, remaining);
  const std::size_t begin = out.size();
  out += head;
  out += publish.payload;
  return publish.qos > 0 ? begin + at : 0;
}

void put_packet_id(std::string& packet, std::size_t at, std::uint16_t id) {
  packet[at] = static_cast<char>(id >> 8U);
  packet[at + 1] = static_cast<char>(id & 0xFFU);
}

Fault read_connack(Reader body, Version version, Connack& connack) {
  const std::uint8_t flags = body.u8();
  connack.code = body.u8();
  if (!body.ok() || flags > 1) return {Reason::malformed, "CONNACK is too short, or has flags of its own"};
  // A server that speaks MQTT 3 only answers as that does.
  if (body.done()) return {};
  if (version != Version::v5) return {Reason::malformed, "CONNACK is too long"};
  bool zero = false;
  const Fault fault = each_property(body, [&](Property id, Reader& reader) {
    if (id == Property::receive_maximum) {
      connack.receive_maximum = reader.u16();
      zero = zero || connack.receive_maximum == 0;
    } else if (id == Property::maximum_qos) {
      connack.most_qos = reader.u8();
    } else if (id == Property::maximum_packet_size) {
      connack.most_bytes = reader.u32();
      zero = zero || connack.most_bytes == 0;
    } else if (id == Property::server_keep_alive) {
      connack.keep_alive = reader.u16();
    } else if (id == Property::reason_string) {
      connack.reason = reader.text();
    } else {
      return false;
    }
    return true;
  });
  if (fault) return fault;
  return zero ? Fault{Reason::protocol_error, "a property must not be 0"} : Fault{};
}

Fault read_disconnect(Reader body, Disconnect& disconnect) {
  if (body.done()) return {};
  disconnect.code = body.u8();
  if (body.done()) return {};
  return each_property(body, [&](Property id, Reader& reader) {
    if (id != Property::reason_string) return false;
    disconnect.reason = reader.text();
    return true;
  });
}

}  // namespace mqtt_out
