// Encoding and in-place parsing of the MQTT packets a load generator exchanges.
#include "wire.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace trellis::bench {
namespace {

constexpr std::size_t kMaxLengthBytes = 4;

std::size_t length_bytes(std::size_t value) {
  if (value < 128) return 1;
  if (value < 16384) return 2;
  return value < 2097152 ? 3 : 4;
}

char* put_length(char* to, std::size_t value) {
  do {
    const auto low = static_cast<unsigned char>(value & 0x7fU);
    value >>= 7U;
    *to++ = static_cast<char>(value != 0 ? low | 0x80U : low);
  } while (value != 0);
  return to;
}

char* put_u16(char* to, std::size_t value) {
  *to++ = static_cast<char>((value >> 8U) & 0xffU);
  *to++ = static_cast<char>(value & 0xffU);
  return to;
}

char* put_text(char* to, std::string_view text) {
  to = put_u16(to, text.size());
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// The stamp stays in host order: it is read back by the same process.
void put_stamp(char* to, const Stamp& stamp) {
  std::memcpy(to, &stamp.time_ns, 8);
  std::memcpy(to + 8, &stamp.target, 4);
  std::memcpy(to + 12, &stamp.publisher, 4);
  std::memcpy(to + 16, &stamp.sequence, 4);
}

std::size_t get_u16(const unsigned char* from) {
  return static_cast<std::size_t>(from[0]) << 8U | static_cast<std::size_t>(from[1]);
}

// Skips an MQTT 5 property block; false when it does not fit.
bool skip_properties(const unsigned char*& at, const unsigned char* end) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kMaxLengthBytes; ++i) {
    if (at == end) return false;
    const unsigned char byte = *at++;
    length |= static_cast<std::size_t>(byte & 0x7fU) << (7 * i);
    if ((byte & 0x80U) == 0) {
      if (static_cast<std::size_t>(end - at) < length) return false;
      at += length;
      return true;
    }
  }
  return false;
}

}  // namespace

void OutBuffer::grow(std::size_t count) {
  const std::size_t used = size();
  const std::size_t capacity = std::max<std::size_t>({256, capacity_ * 2, used + count});
  auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
  if (used != 0) std::memcpy(bigger.get(), data(), used);
  data_ = std::move(bigger);
  head_ = 0;
  size_ = used;
  capacity_ = capacity;
}

void append_connect(OutBuffer& out, const ConnectOptions& options) {
  const bool v5 = options.protocol == 5;
  const std::size_t properties = v5 ? (options.receive_maximum != 0 ? 3U : 0U) + (options.persistent ? 5U : 0U) : 0U;
  const std::size_t body = 10 + (v5 ? 1 + properties : 0) + 2 + options.client_id.size();
  char* to = out.extend(1 + length_bytes(body) + body);
  *to++ = 0x10;
  to = put_length(to, body);
  to = put_text(to, "MQTT");
  *to++ = static_cast<char>(options.protocol);
  *to++ = options.persistent ? 0x00 : 0x02;  // clean session / clean start
  to = put_u16(to, options.keep_alive_s);
  if (v5) {
    *to++ = static_cast<char>(properties);
    if (options.receive_maximum != 0) {
      *to++ = 0x21;
      to = put_u16(to, options.receive_maximum);
    }
    if (options.persistent) {
      *to++ = 0x11;  // session expiry interval: a day
      to = put_u16(put_u16(to, 1), 0x5180);
    }
  }
  put_text(to, options.client_id);
}

void append_subscribe(OutBuffer& out, std::uint8_t protocol, std::uint16_t id, std::uint8_t qos,
                      std::span<const std::string> filters) {
  std::size_t body = 2U + (protocol == 5 ? 1U : 0U);
  for (const auto& filter : filters) body += 3 + filter.size();
  char* to = out.extend(1 + length_bytes(body) + body);
  *to++ = static_cast<char>(0x82);
  to = put_length(to, body);
  to = put_u16(to, id);
  if (protocol == 5) *to++ = 0;
  for (const auto& filter : filters) {
    to = put_text(to, filter);
    *to++ = static_cast<char>(qos);
  }
}

void append_publish(OutBuffer& out, const PublishShape& shape, std::string_view topic, std::uint16_t id,
                    const Stamp& stamp) {
  const std::size_t body =
      2 + topic.size() + (shape.qos != 0 ? 2U : 0U) + (shape.protocol == 5 ? 1U : 0U) + shape.payload;
  char* to = out.extend(1 + length_bytes(body) + body);
  *to++ = static_cast<char>(0x30U | static_cast<unsigned>(shape.qos) << 1U | (shape.retain ? 1U : 0U));
  to = put_length(to, body);
  to = put_text(to, topic);
  if (shape.qos != 0) to = put_u16(to, id);
  if (shape.protocol == 5) *to++ = 0;
  if (shape.payload < Stamp::kSize) return;
  put_stamp(to, stamp);
  std::memset(to + Stamp::kSize, 'x', shape.payload - Stamp::kSize);
}

void append_ack(OutBuffer& out, PacketType type, std::uint16_t id) {
  char* to = out.extend(4);
  const unsigned flags = type == PacketType::pubrel ? 2U : 0U;
  to[0] = static_cast<char>(static_cast<unsigned>(type) << 4U | flags);
  to[1] = 2;
  put_u16(to + 2, id);
}

void append_disconnect(OutBuffer& out) {
  char* to = out.extend(2);
  to[0] = static_cast<char>(0xe0);
  to[1] = 0;
}

Scan next_packet(const unsigned char*& cursor, const unsigned char* end, Packet& packet) {
  const unsigned char* at = cursor;
  if (end - at < 2) return Scan::incomplete;
  const unsigned char first = *at++;
  std::size_t length = 0;
  for (std::size_t i = 0;; ++i) {
    if (i == kMaxLengthBytes) return Scan::malformed;
    if (at == end) return Scan::incomplete;
    const unsigned char byte = *at++;
    length |= static_cast<std::size_t>(byte & 0x7fU) << (7 * i);
    if ((byte & 0x80U) == 0) break;
  }
  if (static_cast<std::size_t>(end - at) < length) return Scan::incomplete;
  packet.type = static_cast<PacketType>(first >> 4U);
  packet.flags = first & 0x0fU;
  packet.body = at;
  packet.size = length;
  cursor = at + length;
  return Scan::packet;
}

bool parse_publish(const Packet& packet, std::uint8_t protocol, PublishView& view) {
  const unsigned char* at = packet.body;
  const unsigned char* end = at + packet.size;
  if (packet.size < 2) return false;
  const std::size_t topic = get_u16(at);
  at += 2;
  view.qos = (packet.flags >> 1U) & 3U;
  view.duplicate = (packet.flags & 8U) != 0;
  view.retain = (packet.flags & 1U) != 0;
  const std::size_t id_bytes = view.qos != 0 ? 2 : 0;
  if (static_cast<std::size_t>(end - at) < topic + id_bytes) return false;
  view.topic = {reinterpret_cast<const char*>(at), topic};
  at += topic;
  view.id = id_bytes != 0 ? static_cast<std::uint16_t>(get_u16(at)) : std::uint16_t{0};
  at += id_bytes;
  if (protocol == 5 && !skip_properties(at, end)) return false;
  view.payload = {at, static_cast<std::size_t>(end - at)};
  return true;
}

bool parse_stamp(std::span<const unsigned char> payload, Stamp& stamp) {
  if (payload.size() < Stamp::kSize) return false;
  std::memcpy(&stamp.time_ns, payload.data(), 8);
  std::memcpy(&stamp.target, payload.data() + 8, 4);
  std::memcpy(&stamp.publisher, payload.data() + 12, 4);
  std::memcpy(&stamp.sequence, payload.data() + 16, 4);
  return true;
}

bool parse_ack(const Packet& packet, std::uint8_t protocol, AckView& view) {
  if (packet.size < 2) return false;
  const unsigned char* at = packet.body;
  const unsigned char* end = at + packet.size;
  view.id = static_cast<std::uint16_t>(get_u16(at));
  view.code = 0;
  at += 2;
  if (packet.type == PacketType::suback) {
    if (protocol == 5 && !skip_properties(at, end)) return false;
    for (; at != end; ++at) view.code = std::max<std::uint8_t>(view.code, *at);
  } else if (at != end) {
    view.code = *at;  // version 5; absent means success
  }
  return true;
}

}  // namespace trellis::bench
