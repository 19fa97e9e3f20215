// The client half of MQTT 3.1.1 and 5 that a load generator needs: encode into a buffer, parse in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::bench {

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
  disconnect = 14,
};

/// Bytes waiting to be sent. Grows, never shrinks by itself; consumed from the front.
class OutBuffer {
 public:
  bool empty() const { return head_ == size_; }
  const char* data() const { return data_.get() + head_; }
  std::size_t size() const { return size_ - head_; }

  // Room for `count` more bytes, which the caller fills completely.
  char* extend(std::size_t count) {
    if (size_ + count > capacity_) grow(count);
    char* place = data_.get() + size_;
    size_ += count;
    return place;
  }

  void consume(std::size_t count) {
    head_ += count;
    if (head_ == size_) head_ = size_ = 0;
  }

  void release() {
    data_.reset();
    head_ = size_ = capacity_ = 0;
  }

 private:
  void grow(std::size_t count);

  std::unique_ptr<char[]> data_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// What every payload starts with, so that a receiver can tell who sent it, when, and whether it should be here.
struct Stamp {
  static constexpr std::uint32_t kAnyReceiver = 0xffffffffU;
  static constexpr std::size_t kSize = 20;

  std::uint64_t time_ns = 0;  // CLOCK_MONOTONIC; the intended time when a schedule is kept
  std::uint32_t target = kAnyReceiver;
  std::uint32_t publisher = 0;
  std::uint32_t sequence = 0;
};

struct ConnectOptions {
  std::uint8_t protocol = 4;  // 4 or 5
  std::string client_id;
  std::uint16_t keep_alive_s = 0;
  std::uint16_t receive_maximum = 0;  // 0: not stated; version 5 only
  bool persistent = false;            // the session outlives the connection
};

struct PublishShape {
  std::uint8_t protocol = 4;
  std::uint8_t qos = 0;
  bool retain = false;
  std::size_t payload = 64;  // at least Stamp::kSize, or 0 for an empty payload
};

void append_connect(OutBuffer& out, const ConnectOptions& options);
void append_subscribe(OutBuffer& out, std::uint8_t protocol, std::uint16_t id, std::uint8_t qos,
                      std::span<const std::string> filters);
void append_publish(OutBuffer& out, const PublishShape& shape, std::string_view topic, std::uint16_t id,
                    const Stamp& stamp);
void append_ack(OutBuffer& out, PacketType type, std::uint16_t id);
void append_disconnect(OutBuffer& out);

/// One packet as it lies in the read buffer.
struct Packet {
  std::uint8_t flags = 0;
  PacketType type = PacketType::connect;
  const unsigned char* body = nullptr;
  std::size_t size = 0;
};

enum class Scan { packet, incomplete, malformed };

// Takes the next packet off [cursor, end) and moves cursor behind it.
Scan next_packet(const unsigned char*& cursor, const unsigned char* end, Packet& packet);

/// A PUBLISH from the broker; views into the read buffer.
struct PublishView {
  std::uint8_t qos = 0;
  bool duplicate = false;
  bool retain = false;
  std::uint16_t id = 0;
  std::string_view topic;
  std::span<const unsigned char> payload;
};

bool parse_publish(const Packet& packet, std::uint8_t protocol, PublishView& view);

// False when the payload is too short to carry a stamp.
bool parse_stamp(std::span<const unsigned char> payload, Stamp& stamp);

/// An answer that names a packet id. `code` is the worst reason in it, 0 when none is stated.
struct AckView {
  std::uint16_t id = 0;
  std::uint8_t code = 0;
};

bool parse_ack(const Packet& packet, std::uint8_t protocol, AckView& view);

}  // namespace trellis::bench
