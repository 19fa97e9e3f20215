/// A client of the fuzz target for MQTT: it may send anything, and knows what a broker must never answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/testing/drivers.hpp>

#include "common/mqtt/protocol.hpp"
#include "tests/wire.hpp"

namespace trellis::fuzz {

/// One connection from its first byte to its end.
class MqttPeer {
 public:
  explicit MqttPeer(testing::ProtocolConnection connection) : connection_(connection) {}

  bool open() const { return connection_.open(); }
  testing::ProtocolConnection& connection() { return connection_; }
  void send(std::string_view bytes);
  /// Looks at what was answered since the last call.
  void check();

 private:
  void read_connect();
  void check_answer(const wire::Answer& answer);
  void check_first(const wire::Answer& answer);
  void check_publish(const wire::Answer& answer) const;

  testing::ProtocolConnection connection_;
  std::string sent_{};  // until the first packet is whole
  bool connect_read_ = false;
  bool connected_ = false;
  bool ended_ = false;  // a last word was said
  mqtt::Version version_ = mqtt::Version::v311;
  std::uint32_t maximum_packet_size_ = mqtt::kMaxPacketBytes;
};

}  // namespace trellis::fuzz
