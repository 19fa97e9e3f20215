// Blocking sockets with deadlines, and the expectations of tests on top of them.
#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "support/broker.hpp"

namespace trellis::testing {
namespace {

using Where = RawClient::Where;

[[noreturn]] void fail(const std::string& what, Where where) {
  throw std::runtime_error(std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " + what);
}

std::string hex(std::uint8_t value) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned>(value));
  return text.data();
}

void check_reason(const Packet& packet, std::initializer_list<std::uint8_t> reasons, Where where) {
  if (std::find(reasons.begin(), reasons.end(), packet.reason) != reasons.end()) return;
  std::string wanted;
  for (const auto reason : reasons) wanted += (wanted.empty() ? "" : " or ") + hex(reason);
  fail(std::string(name_of(packet.type)) + " has reason " + hex(packet.reason) + ", expected " + wanted, where);
}

}  // namespace

RawClient::RawClient(std::uint16_t port, Version version, Where where) : version_(version) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(std::string("cannot connect to the broker: ") + std::strerror(errno), where);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawClient::~RawClient() { close(); }

RawClient::RawClient(RawClient&& other) noexcept { *this = std::move(other); }

RawClient& RawClient::operator=(RawClient&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::exchange(other.socket_, -1);
  version_ = other.version_;
  deadline_ = other.deadline_;
  buffer_ = std::move(other.buffer_);
  client_id_ = std::move(other.client_id_);
  packet_id_ = other.packet_id_;
  closed_ = other.closed_;
  return *this;
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd writable{.fd = socket_, .events = POLLOUT, .revents = 0};
    if (poll(&writable, 1, static_cast<int>(deadline_.count())) <= 0)
      throw std::runtime_error("the broker does not read what we send");
    const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    // A broker that closed already is no failure here: whoever reads next will see it.
    if (count < 0 && errno != EAGAIN) return;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void RawClient::send_connect(const Connect& connect) {
  client_id_ = connect.client_id;
  send(connect.encode(version_));
}

void RawClient::send_ack(PacketType type, std::uint16_t packet_id, std::uint8_t reason, const Properties& properties) {
  send(encode_ack(type, version_, packet_id, reason, properties));
}

std::uint16_t RawClient::send_publish(Publish publish) {
  if (publish.qos > 0 && publish.packet_id == 0) publish.packet_id = next_packet_id();
  send(publish.encode(version_));
  return publish.packet_id;
}

std::uint16_t RawClient::send_subscribe(Subscribe subscribe) {
  if (subscribe.packet_id == 0) subscribe.packet_id = next_packet_id();
  send(subscribe.encode(version_));
  return subscribe.packet_id;
}

std::uint16_t RawClient::send_unsubscribe(Unsubscribe unsubscribe) {
  if (unsubscribe.packet_id == 0) unsubscribe.packet_id = next_packet_id();
  send(unsubscribe.encode(version_));
  return unsubscribe.packet_id;
}

void RawClient::send_disconnect(std::uint8_t reason, const Properties& properties) {
  send(encode_disconnect(version_, reason, properties));
}

// Reads once. False when the broker has closed.
bool RawClient::fill(Where where) {
  if (closed_) return false;
  pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
  const int ready = poll(&readable, 1, static_cast<int>(deadline_.count()));
  if (ready == 0) fail("nothing came from the broker for " + std::to_string(deadline_.count()) + " ms", where);
  std::array<char, 65536> chunk;
  const auto count = recv(socket_, chunk.data(), chunk.size(), 0);
  if (count <= 0) {  // a reset is a close as well
    closed_ = true;
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

// Sizes of header and body of the packet at the front, once all of it is here.
std::optional<std::pair<std::size_t, std::size_t>> RawClient::packet_bounds() const {
  std::size_t body = 0;
  for (std::size_t i = 1; i < buffer_.size() && i <= 4; ++i) {
    const auto byte = static_cast<std::uint8_t>(buffer_[i]);
    body |= static_cast<std::size_t>(byte & 0x7F) << (7 * (i - 1));
    if ((byte & 0x80) != 0) continue;
    if (buffer_.size() < 1 + i + body) return std::nullopt;
    return std::pair(1 + i, body);
  }
  return std::nullopt;
}

std::optional<Packet> RawClient::receive(Where where) {
  for (;;) {
    if (const auto bounds = packet_bounds()) {
      const auto [header, body] = *bounds;
      auto packet = decode_packet(version_, static_cast<std::uint8_t>(buffer_[0]),
                                  std::string_view(buffer_).substr(header, body));
      packet.size = header + body;
      buffer_.erase(0, header + body);
      return packet;
    }
    if (!fill(where)) {
      if (!buffer_.empty()) fail("the broker closed in the middle of a packet", where);
      return std::nullopt;
    }
  }
}

Packet RawClient::expect(PacketType type, Where where) {
  auto packet = receive(where);
  if (!packet) fail(std::string("the broker closed, expected ") + name_of(type), where);
  if (packet->type != type) fail("got " + packet->describe() + ", expected " + name_of(type), where);
  return *packet;
}

Packet RawClient::expect_publish(std::string_view payload, Where where) {
  auto packet = expect(PacketType::publish, where);
  if (packet.payload != payload)
    fail("got " + packet.describe() + ", expected payload '" + std::string(payload) + "'", where);
  return packet;
}

void RawClient::expect_closed(Where where) {
  auto packet = receive(where);
  if (packet && v5() && packet->type == PacketType::disconnect) packet = receive(where);
  if (packet) fail("got " + packet->describe() + ", expected the connection to be closed", where);
}

std::optional<Packet> RawClient::expect_disconnect(std::initializer_list<std::uint8_t> reasons, Where where) {
  auto packet = receive(where);
  if (!packet) {
    // Closing without a word is allowed by the standard and what mosquitto does now and then; Trellis always says why.
    if (v5() && broker_kind() == BrokerKind::trellis) fail("the broker closed without a DISCONNECT", where);
    return std::nullopt;
  }
  if (packet->type != PacketType::disconnect) fail("got " + packet->describe() + ", expected DISCONNECT", where);
  check_reason(*packet, reasons, where);
  if (const auto more = receive(where)) fail("got " + more->describe() + " after DISCONNECT", where);
  return packet;
}

Packet RawClient::expect_refused(std::initializer_list<std::uint8_t> reasons, Where where) {
  auto packet = expect(PacketType::connack, where);
  check_reason(packet, reasons, where);
  if (const auto more = receive(where)) fail("got " + more->describe() + " after a refusing CONNACK", where);
  return packet;
}

void RawClient::expect_refused_or_closed(std::initializer_list<std::uint8_t> reasons, Where where) {
  const auto packet = receive(where);
  if (!packet) return;
  if (!v5() || packet->type != PacketType::connack) fail("got " + packet->describe() + ", expected a refusal", where);
  check_reason(*packet, reasons, where);
  if (const auto more = receive(where)) fail("got " + more->describe() + " after a refusing CONNACK", where);
}

void RawClient::expect_nothing(Where where) {
  send_ping();
  expect(PacketType::pingresp, where);
}

Packet RawClient::connect(const Connect& connect, Where where) {
  send_connect(connect);
  auto connack = expect(PacketType::connack, where);
  check_reason(connack, {0}, where);
  if (const auto assigned = connack.properties.text(Prop::assigned_client_id)) client_id_ = *assigned;
  return connack;
}

Packet RawClient::subscribe(const std::vector<Filter>& filters, const Properties& properties, Where where) {
  const auto id = send_subscribe({.filters = filters, .properties = properties});
  auto suback = expect(PacketType::suback, where);
  if (suback.packet_id != id || suback.reasons.size() != filters.size())
    fail("SUBACK does not fit the SUBSCRIBE", where);
  return suback;
}

Packet RawClient::unsubscribe(const std::vector<std::string>& filters, Where where) {
  const auto id = send_unsubscribe({.filters = filters});
  auto unsuback = expect(PacketType::unsuback, where);
  if (unsuback.packet_id != id) fail("UNSUBACK does not fit the UNSUBSCRIBE", where);
  return unsuback;
}

std::optional<Packet> RawClient::publish(const Publish& publish, Where where) {
  const auto id = send_publish(publish);
  if (publish.qos == 0) return std::nullopt;
  auto ack = expect(publish.qos == 1 ? PacketType::puback : PacketType::pubrec, where);
  if (ack.packet_id != id) fail("the acknowledgement is for another packet identifier", where);
  if (publish.qos == 1 || ack.reason >= 0x80) return ack;
  send_ack(PacketType::pubrel, id);
  auto complete = expect(PacketType::pubcomp, where);
  if (complete.packet_id != id) fail("PUBCOMP is for another packet identifier", where);
  return complete;
}

void RawClient::acknowledge(const Packet& message, Where where) {
  if (message.qos == 1) send_ack(PacketType::puback, message.packet_id);
  if (message.qos != 2) return;
  send_ack(PacketType::pubrec, message.packet_id);
  const auto release = expect(PacketType::pubrel, where);
  if (release.packet_id != message.packet_id) fail("PUBREL is for another packet identifier", where);
  send_ack(PacketType::pubcomp, message.packet_id);
}

void RawClient::disconnect(std::uint8_t reason, const Properties& properties, Where where) {
  send_disconnect(reason, properties);
  expect_closed(where);
}

void RawClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void RawClient::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void RawClient::half_close() { shutdown(socket_, SHUT_WR); }

std::uint16_t RawClient::next_packet_id() {
  if (++packet_id_ == 0) packet_id_ = 1;
  return packet_id_;
}

}  // namespace trellis::testing
