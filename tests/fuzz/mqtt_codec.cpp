// MQTT packets: what was read can be written, and reads as the same again.
//
// Input: a byte that says the version, then packets one behind the other. What servers send is written by the codec
// itself; what only clients send by the writers of the transport's tests, which know nothing of the codec.
#include <string>
#include <string_view>
#include <vector>

#include "common/mqtt/encode.hpp"
#include "common/mqtt/packets.hpp"
#include "common/mqtt/text.hpp"
#include "fuzz.hpp"
#include "mqtt_equal.hpp"
#include "tests/wire.hpp"

namespace {

using trellis::fuzz::equal;
using trellis::fuzz::property_block;
using trellis::fuzz::require;
using trellis::fuzz::UserProperties;
using namespace trellis;
using namespace trellis::mqtt;

// A packet in memory of exactly its size, so that a sanitizer sees who reads beyond.
class Packet {
 public:
  explicit Packet(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {
    require(read_header(data(), bytes_.size(), header_) == HeaderResult::complete, "a packet has a fixed header");
    require(header_.total() == bytes_.size(), "a packet is as long as it says");
  }
  std::uint8_t flags() const { return header_.flags(); }
  PacketType type() const { return header_.type(); }
  Reader body() const { return {data() + header_.size, header_.remaining}; }

 private:
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes_.data()); }

  std::vector<char> bytes_;
  FixedHeader header_;
};

// --- CONNECT

struct Connect {
  ConnectPacket packet{};
  UserProperties users{};
  UserProperties will_users{};
  Fault fault{};

  explicit Connect(const Packet& from) { fault = read_connect(from.body(), packet, &users, &will_users); }
};

std::string write(const Connect& connect) {
  const ConnectPacket& packet = connect.packet;
  wire::Connect out;
  out.id = packet.client_id;
  out.version = static_cast<unsigned>(packet.version) | (packet.bridge ? 0x80U : 0U);
  out.clean = packet.clean_start;
  out.keep_alive = packet.keep_alive;
  out.properties = property_block(packet.properties, connect.users);
  if (packet.has_will) {
    out.will = wire::Will{std::string(packet.will.topic), std::string(packet.will.payload), packet.will.qos,
                          packet.will.retain, property_block(packet.will.properties, connect.will_users)};
  }
  if (packet.has_username) out.username = packet.username;
  if (packet.has_password) out.password = packet.password;
  return wire::connect(out);
}

// The answer a broker would give, built from what the client sent so that every field takes every value.
void check_connack(const ConnectPacket& packet) {
  ConnackPacket answer;
  answer.version = packet.version;
  answer.session_present = !packet.clean_start;
  answer.has_session_expiry = packet.properties.has(Property::session_expiry);
  answer.session_expiry = packet.properties.session_expiry;
  answer.receive_maximum = packet.properties.receive_maximum;
  answer.topic_alias_maximum = packet.properties.topic_alias_maximum;
  answer.maximum_packet_size = packet.properties.maximum_packet_size;
  answer.maximum_qos = packet.will.qos;
  answer.shared_available = packet.has_will;
  answer.assigned_client_id = packet.client_id;
  answer.authentication_method = packet.properties.authentication_method;
  answer.authentication_data = packet.properties.authentication_data;
  std::string out;
  append_connack(out, answer);
  const Packet written(out);
  Reader body = written.body();
  require(written.type() == PacketType::connack && written.flags() == 0, "the answer to CONNECT is CONNACK");
  body.u16();
  if (packet.version == Version::v5) require(body.varint() == body.left(), "its properties fill the rest of CONNACK");
  require(body.ok() && (packet.version == Version::v5 || body.done()), "CONNACK is whole");
}

void check_connect(const Packet& from) {
  const Connect first(from);
  if (first.fault) return;
  const ConnectPacket& packet = first.packet;
  require(valid_text(packet.client_id) && valid_text(packet.username), "what was accepted is text");
  require(!packet.has_will || check_topic_name(packet.will.topic) == TopicFault::none, "a will has a topic");
  const Packet written(write(first));
  const Connect second(written);
  require(!second.fault, "a written CONNECT is accepted");
  require(equal(packet, second.packet), "CONNECT reads back as written");
  require(equal(first.users, second.users) && equal(first.will_users, second.will_users),
          "user properties read back as written");
  check_connack(packet);
}

// --- PUBLISH

struct Publish {
  PublishPacket packet{};
  Properties properties{};
  UserProperties users{};
  Fault fault{};

  Publish(const Packet& from, Version version) {
    Reader body = from.body();
    fault = read_publish_head(body, from.flags(), packet);
    if (!fault && version == Version::v5) {
      fault = read_properties(body, PropertyContext::publish, properties, &users);
    }
    packet.payload = body.rest();
  }
};

trellis_message message_of(const Publish& publish) {
  const Properties& from = publish.properties;
  const auto flag = [&](Property property, std::uint32_t bit) { return from.has(property) ? bit : 0U; };
  trellis_message out{};
  out.struct_size = sizeof out;
  out.topic = trellis::view(publish.packet.topic);
  out.payload = trellis::view(publish.packet.payload);
  out.flags = flag(Property::payload_format, TRELLIS_MESSAGE_HAS_FORMAT) |
              flag(Property::message_expiry, TRELLIS_MESSAGE_HAS_EXPIRY) |
              flag(Property::content_type, TRELLIS_MESSAGE_HAS_CONTENT_TYPE) |
              flag(Property::response_topic, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC) |
              flag(Property::correlation_data, TRELLIS_MESSAGE_HAS_CORRELATION) |
              (from.payload_format == 1 ? std::uint32_t{TRELLIS_MESSAGE_TEXT} : 0U);
  out.content_type = trellis::view(from.content_type);
  out.response_topic = trellis::view(from.response_topic);
  out.correlation_data = trellis::view(from.correlation_data);
  out.user_properties = publish.users.data();
  out.user_property_count = static_cast<std::uint32_t>(publish.users.size());
  return out;
}

std::string write(const Publish& publish, Version version) {
  const trellis_message message = message_of(publish);
  OutgoingPublish out;
  out.message = &message;
  out.identifiers = &publish.properties.subscription_identifier;
  out.identifier_count = publish.properties.has(Property::subscription_identifier) ? 1 : 0;
  out.expiry_left = publish.properties.message_expiry;
  out.packet_id = publish.packet.packet_id;
  out.alias = publish.properties.topic_alias;
  out.version = version;
  out.qos = publish.packet.qos;
  out.retain = publish.packet.retain;
  out.duplicate = publish.packet.duplicate;
  out.topic_known = publish.packet.topic.empty();
  const std::size_t size = measure(out);
  // No byte more than measured, so that a sanitizer sees who writes beyond.
  std::vector<std::uint8_t> room(size - publish.packet.payload.size());
  const std::uint8_t* end = write_head(room.data(), out);
  require(end == room.data() + room.size(), "a PUBLISH is as long as it was measured");
  return std::string(room.begin(), room.end()) + std::string(publish.packet.payload);
}

void check_publish(const Packet& from, Version version) {
  const Publish first(from, version);
  // Alias 0 is for the transport to refuse; written down it means none.
  if (first.fault || (first.properties.has(Property::topic_alias) && first.properties.topic_alias == 0)) return;
  const Packet written(write(first, version));
  const Publish second(written, version);
  require(!second.fault, "a written PUBLISH is accepted");
  require(equal(first.packet, second.packet), "PUBLISH reads back as written");
  require(equal(first.properties, second.properties), "its properties read back as written");
  require(equal(first.users, second.users), "its user properties read back as written");
}

// --- the rest

void check_ack(const Packet& from, Version version) {
  AckPacket first;
  if (read_ack(from.body(), from.type(), version, first)) return;
  std::uint8_t room[kAckBytes];
  const std::uint8_t* const end = write_ack(room, from.type(), first.packet_id, first.reason, version);
  std::string texts[2] = {std::string(static_cast<const std::uint8_t*>(room), end), {}};
  if (version == Version::v5) append_ack(texts[1], from.type(), first.packet_id, first.reason, "why");
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    const Packet written(text);
    AckPacket second;
    require(flags_valid(written.type(), written.flags(), version), "an acknowledgement has the flags it should");
    require(!read_ack(written.body(), written.type(), version, second), "a written acknowledgement is accepted");
    require(first.packet_id == second.packet_id && first.reason == second.reason,
            "an acknowledgement reads back as written");
  }
}

struct Filters {
  SubscribeHead head{};
  std::vector<SubscribeFilter> filters{};
  Fault fault{};

  Filters(const Packet& from, Version version) {
    Reader body = from.body();
    fault = read_subscribe_head(body, from.type(), version, head);
    while (!fault && !body.done()) {
      SubscribeFilter& filter = filters.emplace_back();
      fault = from.type() == PacketType::subscribe ? read_subscribe_filter(body, version, filter)
                                                   : read_unsubscribe_filter(body, filter.filter);
    }
  }
};

std::string write(const Filters& from, PacketType type, Version version) {
  std::optional<std::string> block;
  if (version == Version::v5) block = property_block(from.head.properties, {});
  std::vector<wire::Filter> filters;
  std::vector<std::string> names;
  for (const SubscribeFilter& filter : from.filters) {
    filters.push_back({std::string(filter.filter), filter.qos | (filter.no_local ? 4U : 0U) |
                                                       (filter.retain_as_published ? 8U : 0U) |
                                                       static_cast<unsigned>(filter.retain_handling) << 4});
    names.emplace_back(filter.filter);
  }
  return type == PacketType::subscribe ? wire::subscribe(from.head.packet_id, filters, block)
                                       : wire::unsubscribe(from.head.packet_id, names, block);
}

void check_filters(const Packet& from, Version version) {
  const Filters first(from, version);
  if (first.fault) return;
  const Packet written(write(first, from.type(), version));
  const Filters second(written, version);
  require(!second.fault && first.head.packet_id == second.head.packet_id, "written filters are accepted");
  require(first.head.properties.subscription_identifier == second.head.properties.subscription_identifier,
          "a subscription identifier reads back as written");
  require(equal(first.filters, second.filters), "filters read back as written");
}

void check_disconnect(const Packet& from, Version version) {
  DisconnectPacket first;
  if (read_disconnect(from.body(), version, first) || version != Version::v5) return;
  std::string text;
  append_disconnect(text, first.reason, first.properties.reason_string);
  const Packet written(text);
  DisconnectPacket second;
  require(!read_disconnect(written.body(), version, second), "a written DISCONNECT is accepted");
  require(first.reason == second.reason && first.properties.reason_string == second.properties.reason_string,
          "DISCONNECT reads back as written");
}

void check_auth(const Packet& from) {
  AuthPacket first;
  UserProperties users;
  if (read_auth(from.body(), first, &users)) return;
  const std::string_view method = first.properties.authentication_method;
  const std::string_view data = first.properties.authentication_data;
  if (method.empty()) return;  // a broker has no name for a method without one
  std::string text;
  append_auth(text, first.reason, method, data);
  const Packet written(text);
  AuthPacket second;
  require(!read_auth(written.body(), second, nullptr), "a written AUTH is accepted");
  require(second.reason == first.reason && second.properties.authentication_method == method &&
              second.properties.authentication_data == data,
          "AUTH reads back as written");
}

void check_packet(const Packet& packet, Version version) {
  (void)flags_valid(packet.type(), packet.flags(), version);
  switch (packet.type()) {
    case PacketType::connect:
      return check_connect(packet);
    case PacketType::publish:
      return check_publish(packet, version);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return check_ack(packet, version);
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return check_filters(packet, version);
    case PacketType::disconnect:
      return check_disconnect(packet, version);
    case PacketType::auth:
      return check_auth(packet);
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto version = static_cast<Version>(3 + data[0] % 3);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  FixedHeader header;
  while (read_header(reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size(), header) ==
             HeaderResult::complete &&
         header.total() <= rest.size()) {
    check_packet(Packet(rest.substr(0, header.total())), version);
    rest.remove_prefix(header.total());
  }
  return 0;
}
