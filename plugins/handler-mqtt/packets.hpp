// Packets as a client has them: what it sends, and what only servers send. The rest is common/mqtt's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mqtt/bytes.hpp"
#include "common/mqtt/fault.hpp"
#include "common/mqtt/protocol.hpp"

namespace mqtt_out {

struct Connect {
  trellis::mqtt::Version version = trellis::mqtt::Version::v5;
  std::uint16_t keep_alive = 0;  // seconds
  std::string_view client_id;
  std::string_view user;
  std::string_view password;
};
void append_connect(std::string& out, const Connect& connect);

struct Publish {
  trellis::mqtt::Version version = trellis::mqtt::Version::v5;
  unsigned qos = 1;
  bool retain = false;
  std::string_view topic;
  std::string_view content_type;  // MQTT 5
  std::vector<std::pair<std::string_view, std::string_view>> user_properties = {};
  std::string_view payload;
};
/// Answers where the packet identifier is to be put; 0 without one. Nothing is written, and the answer is npos, where a
/// text or the whole is longer than MQTT can say.
std::size_t append_publish(std::string& out, const Publish& publish);
void put_packet_id(std::string& packet, std::size_t at, std::uint16_t id);

/// What a server says of itself; the standard's defaults where it says nothing.
struct Connack {
  std::uint8_t code = 0;  // of the version's own kind
  std::uint8_t most_qos = 2;
  std::uint16_t receive_maximum = 65'535;
  std::uint16_t keep_alive = 0;  // 0: as asked for
  std::uint32_t most_bytes = trellis::mqtt::kMaxPacketBytes;
  std::string reason = {};
};
trellis::mqtt::Fault read_connack(trellis::mqtt::Reader body, trellis::mqtt::Version version, Connack& connack);

struct Disconnect {
  std::uint8_t code = 0;
  std::string reason = {};
};
trellis::mqtt::Fault read_disconnect(trellis::mqtt::Reader body, Disconnect& disconnect);

}  // namespace mqtt_out
