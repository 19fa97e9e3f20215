// MQTT packets of all three versions: what a client sends, built field by field, and what a server sends, taken apart.
//
// Builders check nothing, because half of the tests send what is forbidden. The decoder checks everything a server must
// keep to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/mqtt_properties.hpp"

namespace trellis::testing {

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
  auth = 15,
};
const char* name_of(PacketType type);

struct Will {
  std::string topic{};
  std::string payload{};
  std::uint8_t qos = 0;
  bool retain = false;
  Properties properties{};
};

struct Connect {
  std::string client_id{};
  bool clean = true;
  std::uint16_t keep_alive = 60;
  Properties properties{};
  std::optional<Will> will{};
  std::optional<std::string> username{};
  std::optional<std::string> password{};
  // What tests of malformed packets turn: replaces the byte of flags, the protocol's name, its level.
  std::optional<std::uint8_t> flags{};
  std::optional<std::string> protocol_name{};
  std::optional<std::uint8_t> level{};

  std::string encode(Version version) const;
};

struct Publish {
  std::string topic{};
  std::string payload{};
  std::uint8_t qos = 0;
  bool retain = false;
  bool dup = false;
  std::uint16_t packet_id = 0;  // 0 with QoS 1 or 2: the client takes its next one
  Properties properties{};

  std::string encode(Version version) const;
};

/// Subscription options of MQTT 5; the older versions know the QoS only.
struct Filter {
  std::string filter{};
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
  std::uint8_t retain_handling = 0;
  std::uint8_t reserved = 0;  // or-ed in, for malformed packets
};

struct Subscribe {
  std::vector<Filter> filters{};
  std::uint16_t packet_id = 0;
  Properties properties{};

  std::string encode(Version version) const;
};

struct Unsubscribe {
  std::vector<std::string> filters{};
  std::uint16_t packet_id = 0;
  Properties properties{};

  std::string encode(Version version) const;
};

/// Any packet at all: first byte as given, remaining length computed.
std::string raw_packet(unsigned first_byte, std::string_view body);

/// PUBACK, PUBREC, PUBREL, PUBCOMP. Reason and properties exist in MQTT 5 only; both are left out while the reason is
/// 0.
std::string encode_ack(PacketType type, Version version, std::uint16_t packet_id, std::uint8_t reason = 0,
                       const Properties& properties = {});
std::string encode_disconnect(Version version, std::uint8_t reason = 0, const Properties& properties = {});
std::string encode_auth(std::uint8_t reason, const Properties& properties);
std::string encode_pingreq();

/// A packet from the server. Fields that its type does not have keep their defaults.
struct Packet {
  PacketType type{};
  std::uint8_t flags = 0;
  std::uint16_t packet_id = 0;
  std::uint8_t reason = 0;              // CONNACK, acknowledgements, DISCONNECT, AUTH
  std::vector<std::uint8_t> reasons{};  // SUBACK, UNSUBACK
  bool session_present = false;
  std::uint8_t qos = 0;
  bool dup = false;
  bool retain = false;
  std::string topic{};
  std::string payload{};
  Properties properties{};
  std::size_t size = 0;  // bytes on the wire

  std::string describe() const;
};

/// Takes apart one packet of a server. Throws std::runtime_error when it breaks a rule that binds servers.
Packet decode_packet(Version version, std::uint8_t first_byte, std::string_view body);

/// "10 0c 00" as bytes.
std::string from_hex(std::string_view hex);

}  // namespace trellis::testing
