// A TCP client that speaks MQTT byte by byte: well-behaved where a test needs company, and as wrong as a test needs it
// to be.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "support/mqtt_packet.hpp"

namespace trellis::testing {

/// Owns one connection, used by one thread. Every wait has a deadline (5 s unless changed); a failed expectation throws
/// std::runtime_error that names the line of the test, which GoogleTest reports.
class RawClient {
 public:
  using Where = std::source_location;

  explicit RawClient(std::uint16_t port, Version version = Version::v5, Where where = Where::current());
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;

  Version version() const { return version_; }
  bool v5() const { return version_ == Version::v5; }
  void set_deadline(std::chrono::milliseconds deadline) { deadline_ = deadline; }

  // Sending. Only send_connect remembers something: the client identifier.
  void send(std::string_view bytes);
  void send_hex(std::string_view hex) { send(from_hex(hex)); }
  void send_connect(const Connect& connect);
  void send_ack(PacketType type, std::uint16_t packet_id, std::uint8_t reason = 0, const Properties& properties = {});
  /// Sends with the next packet identifier unless the packet has one; returns the identifier used.
  std::uint16_t send_publish(Publish publish);
  std::uint16_t send_subscribe(Subscribe subscribe);
  std::uint16_t send_unsubscribe(Unsubscribe unsubscribe);
  void send_ping() { send(encode_pingreq()); }
  void send_disconnect(std::uint8_t reason = 0, const Properties& properties = {});

  // Receiving.
  /// The next packet, or nothing once the connection is closed.
  std::optional<Packet> receive(Where where = Where::current());
  Packet expect(PacketType type, Where where = Where::current());
  Packet expect_publish(std::string_view payload, Where where = Where::current());
  /// The broker closes; before that it may send a DISCONNECT, nothing else.
  void expect_closed(Where where = Where::current());
  /// DISCONNECT with one of these reasons and then the end; before MQTT 5 just the end.
  std::optional<Packet> expect_disconnect(std::initializer_list<std::uint8_t> reasons, Where where = Where::current());
  /// CONNACK with one of these codes and then the end.
  Packet expect_refused(std::initializer_list<std::uint8_t> reasons, Where where = Where::current());
  /// The end, or (MQTT 5) CONNACK with one of these reasons and then the end: how a malformed CONNECT may be met.
  void expect_refused_or_closed(std::initializer_list<std::uint8_t> reasons, Where where = Where::current());
  /// Nothing had been sent to us when the broker saw our PINGREQ.
  void expect_nothing(Where where = Where::current());

  // Whole exchanges of a well-behaved client.
  Packet connect(const Connect& connect, Where where = Where::current());
  Packet subscribe(const std::vector<Filter>& filters, const Properties& properties = {},
                   Where where = Where::current());
  Packet unsubscribe(const std::vector<std::string>& filters, Where where = Where::current());
  /// Publishes and completes the handshake; returns the last acknowledgement (QoS 0: nothing).
  std::optional<Packet> publish(const Publish& publish, Where where = Where::current());
  /// Completes the handshake for a received message.
  void acknowledge(const Packet& message, Where where = Where::current());
  void disconnect(std::uint8_t reason = 0, const Properties& properties = {}, Where where = Where::current());

  // Ends of a connection as networks produce them.
  void close();
  /// Ends with a reset, as when a machine vanishes and another answers for it.
  void reset();
  /// Closes our direction only.
  void half_close();

  std::uint16_t next_packet_id();
  const std::string& client_id() const { return client_id_; }

 private:
  bool fill(Where where);
  std::optional<std::pair<std::size_t, std::size_t>> packet_bounds() const;

  int socket_ = -1;
  Version version_ = Version::v5;
  std::chrono::milliseconds deadline_{20000};  // generous: sanitizer builds on a busy machine
  std::string buffer_;
  std::string client_id_;
  std::uint16_t packet_id_ = 0;
  bool closed_ = false;
};

}  // namespace trellis::testing
