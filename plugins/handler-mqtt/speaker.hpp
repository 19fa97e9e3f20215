// The conversation with another broker on one connection, as its client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "common/mqtt/packets.hpp"
#include "common/peer_link/link.hpp"
#include "common/peer_link/pings.hpp"
#include "target.hpp"

namespace mqtt_out {

class MqttSpeaker final : public peer_link::Speaker {
 public:
  /// A publisher is told nothing that is longer.
  static constexpr std::size_t kMostPacket = std::size_t{64} << 10U;

  /// The target is that of the link, which keeps it.
  MqttSpeaker(peer_link::Link& link, const Target& target)
      : link_(link), target_(target), pings_(link, kPingreq, target.qos == 0) {}

  void begin() override;
  std::size_t read(std::string_view bytes) override;
  std::optional<common::Verdict> send(std::uint64_t number, peer_link::Piece& piece) override;
  void ping() override { pings_.ask(); }
  void farewell() override;

 private:
  static constexpr std::string_view kPingreq{"\xc0\0", 2};

  // False where the connection ends.
  bool take(trellis::mqtt::PacketType type, trellis::mqtt::Reader body);
  bool take_connack(trellis::mqtt::Reader body);
  bool take_ack(trellis::mqtt::PacketType type, trellis::mqtt::Reader body);
  bool take_pingresp();
  bool take_disconnect(trellis::mqtt::Reader body);
  bool wrong(std::string_view what);
  std::uint64_t number_of(std::uint16_t packet_id) const noexcept;

  peer_link::Link& link_;
  const Target& target_;
  bool greeted_ = false;
  std::size_t most_bytes_ = trellis::mqtt::kMaxPacketBytes;
  peer_link::Pings pings_;
};

}  // namespace mqtt_out
