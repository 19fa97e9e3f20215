#include "speaker.hpp"

#include <openssl/rand.h>

#include <array>
#include <string>
#include <trellis/view.hpp>
#include <utility>

#include "common/mqtt/encode.hpp"
#include "packets.hpp"
#include "verdict.hpp"

namespace mqtt_out {
namespace {

using common::Verdict;
using trellis::Cause;
using trellis::mqtt::Fault;
using trellis::mqtt::PacketType;
using trellis::mqtt::Reader;
using trellis::mqtt::Reason;
using trellis::mqtt::Version;

/// In flight are no more numbers than there are identifiers, so each has one of its own.
constexpr std::uint64_t kIdentifiers = 65'535;
std::uint16_t packet_id(std::uint64_t number) { return static_cast<std::uint16_t>((number - 1) % kIdentifiers + 1); }

/// 22 letters and digits, which every server takes.
std::string client_id_of_chance() {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 15> random{};
  (void)RAND_bytes(random.data(), static_cast<int>(random.size()));
  std::string out = "trellis";
  for (const unsigned char byte : random) out += kHex[byte & 15U];
  return out;
}

}  // namespace

void MqttSpeaker::begin() {
  const std::string of_chance = target_.client_id.empty() ? client_id_of_chance() : std::string();
  std::string packet;
  append_connect(packet, {target_.version, target_.keep_alive,
                          target_.client_id.empty() ? of_chance : target_.client_id, target_.user, target_.password});
  link_.write(packet);
}

void MqttSpeaker::farewell() {
  // Both versions have this form; in MQTT 5 it says that all is well.
  link_.write(std::string_view("\xe0\0", 2));
}

std::optional<Verdict> MqttSpeaker::send(std::uint64_t number, peer_link::Piece& piece) {
  if (piece.bytes.size() > most_bytes_) {
    return Verdict::refused(Cause::too_large, link_.settings().name + ": takes packets of " +
                                                  std::to_string(most_bytes_) + " bytes, this one has " +
                                                  std::to_string(piece.bytes.size()));
  }
  if (target_.qos > 0) put_packet_id(piece.bytes, static_cast<std::size_t>(piece.mark), packet_id(number));
  link_.write(piece.bytes);
  pings_.sent(number);
  return std::nullopt;
}

std::size_t MqttSpeaker::read(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const auto rest = trellis::bytes(bytes.substr(used));
    trellis::mqtt::FixedHeader header;
    const auto found = trellis::mqtt::read_header(rest.data(), rest.size(), header);
    if (found == trellis::mqtt::HeaderResult::malformed) return wrong("a packet's length is none"), bytes.size();
    if (found == trellis::mqtt::HeaderResult::incomplete) return used;
    if (header.total() > kMostPacket) return wrong("a packet is longer than a publisher is sent"), bytes.size();
    if (header.flags() != 0) return wrong("a packet has flags that a publisher is not sent"), bytes.size();
    if (rest.size() < header.total()) return used;
    if (!take(header.type(), Reader(rest.data() + header.size, header.remaining))) return bytes.size();
    used += header.total();
  }
  return used;
}

bool MqttSpeaker::wrong(std::string_view what) {
  link_.misunderstood(what);
  return false;
}

bool MqttSpeaker::take(PacketType type, Reader body) {
  if (greeted_ == (type == PacketType::connack)) return wrong("found another packet, expected CONNACK first, and once");
  switch (type) {
    case PacketType::connack:
      return take_connack(body);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubcomp:
      return take_ack(type, body);
    case PacketType::pingresp:
      return body.done() ? take_pingresp() : wrong("PINGRESP has a body");
    case PacketType::disconnect:
      return take_disconnect(body);
    default:
      return wrong("found a packet that a publisher is not sent");
  }
}

bool MqttSpeaker::take_connack(Reader body) {
  const bool as_version_3 = target_.version != Version::v5 || body.left() == 2;
  Connack connack;
  if (const Fault fault = read_connack(body, target_.version, connack)) return wrong(fault.text);
  const std::string& name = link_.settings().name;
  if (connack.code != 0) {
    const std::uint8_t code = as_version_3 && connack.code < 0x80 ? code_of_version_3(connack.code) : connack.code;
    link_.fail(judge_connection(code, connack.reason, name));
    return false;
  }
  if (connack.most_qos < target_.qos) {
    link_.fail(Verdict::retry(Cause::disabled,
                              name + ": takes QoS " + std::to_string(connack.most_qos) + " at most, and qos is " +
                                  std::to_string(target_.qos),
                              common::kUsualWait));
    return false;
  }
  greeted_ = true;
  most_bytes_ = connack.most_bytes;
  if (target_.qos > 0) link_.limit(connack.receive_maximum);
  if (connack.keep_alive > 0) link_.keep_alive(std::chrono::seconds(connack.keep_alive) / 2);
  link_.ready();
  return true;
}

std::uint64_t MqttSpeaker::number_of(std::uint16_t id) const noexcept {
  const std::uint64_t oldest = link_.oldest();
  return oldest + (kIdentifiers + id - packet_id(oldest)) % kIdentifiers;
}

bool MqttSpeaker::take_ack(PacketType type, Reader body) {
  trellis::mqtt::AckPacket ack;
  if (const Fault fault = trellis::mqtt::read_ack(body, type, target_.version, ack)) return wrong(fault.text);
  const bool expected = target_.qos == 1 ? type == PacketType::puback : target_.qos == 2 && type != PacketType::puback;
  const std::uint64_t number = number_of(ack.packet_id);
  if (!expected || number >= link_.next()) return wrong("found an acknowledgement of what was not sent");
  if (type == PacketType::pubrec && !trellis::mqtt::failed(ack.reason)) {
    std::array<std::uint8_t, trellis::mqtt::kAckBytes> room{};
    const auto* const end =
        trellis::mqtt::write_ack(room.data(), PacketType::pubrel, ack.packet_id, Reason::success, target_.version);
    link_.write(trellis::text(std::span<const std::uint8_t>(room.data(), static_cast<std::size_t>(end - room.data()))));
    return true;
  }
  return link_.settle(number, judge_publish(ack.reason, link_.settings().name)) ||
         wrong("found an acknowledgement of what was acknowledged before");
}

bool MqttSpeaker::take_pingresp() {
  return pings_.answered() || wrong("found PINGRESP, expected it after PINGREQ only");
}

bool MqttSpeaker::take_disconnect(Reader body) {
  Disconnect disconnect;
  if (target_.version != Version::v5) return wrong("found DISCONNECT, which servers of MQTT 3 do not send");
  if (const Fault fault = read_disconnect(body, disconnect)) return wrong(fault.text);
  link_.fail(judge_connection(disconnect.code, disconnect.reason, link_.settings().name));
  return false;
}

}  // namespace mqtt_out
