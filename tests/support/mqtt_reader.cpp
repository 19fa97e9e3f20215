// Reading of MQTT's wire format, strict about ends and about the shortest form of lengths.
#include "support/mqtt_reader.hpp"

#include <stdexcept>

namespace trellis::testing {

std::string_view Reader::take(std::size_t count) {
  if (count > bytes_.size()) throw std::runtime_error("the server sent a packet that ends in the middle of a field");
  const auto taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(take(1)[0]); }

std::uint16_t Reader::u16() {
  const auto high = u8();
  return static_cast<std::uint16_t>(high << 8 | u8());
}

std::uint32_t Reader::u32() {
  const std::uint32_t high = u16();
  return high << 16 | u16();
}

std::uint32_t Reader::varint() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 28; shift += 7) {
    const auto byte = u8();
    value |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) != 0) continue;
    // [MQTT-1.5.5-1]: a last byte of zero could have been left out.
    if (byte == 0 && shift > 0) throw std::runtime_error("the server sent a length longer than it needs to be");
    return value;
  }
  throw std::runtime_error("the server sent a length of more than four bytes");
}

std::string Reader::string() { return std::string(take(u16())); }

}  // namespace trellis::testing
