/// Reading and writing the basic data types of MQTT (1.5). A Reader never passes its end; a Writer trusts its caller to
/// have reserved enough.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace trellis::mqtt {

/// Reads from a range of bytes. After a read past the end ok() is false and stays so; values read are then zero.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) noexcept : position_(data), end_(data + size) {}

  bool ok() const noexcept { return ok_; }
  bool done() const noexcept { return position_ == end_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - position_); }
  const std::uint8_t* position() const noexcept { return position_; }

  std::uint8_t u8() noexcept { return need(1) ? *position_++ : std::uint8_t{0}; }

  std::uint16_t u16() noexcept {
    if (!need(2)) return 0;
    const auto value = static_cast<std::uint16_t>(position_[0] << 8 | position_[1]);
    position_ += 2;
    return value;
  }

  std::uint32_t u32() noexcept {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  /// Variable byte integer of at most four bytes; a longer one fails, and so does one that is longer than it need be
  /// (MQTT 5, 1.5.5).
  std::uint32_t varint() noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) != 0) continue;
      if (byte == 0 && shift > 0) break;
      return value;
    }
    ok_ = false;
    return 0;
  }

  /// Bytes with a length of two bytes before them.
  std::string_view text() noexcept { return bytes(u16()); }

  std::string_view bytes(std::size_t size) noexcept {
    if (!need(size)) return {};
    const std::string_view value(reinterpret_cast<const char*>(position_), size);
    position_ += size;
    return value;
  }

  std::string_view rest() noexcept { return bytes(left()); }

 private:
  bool need(std::size_t size) noexcept {
    if (left() >= size) return true;
    position_ = end_;
    ok_ = false;
    return false;
  }

  const std::uint8_t* position_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

/// Bytes a variable byte integer takes.
constexpr std::uint32_t varint_size(std::uint32_t value) noexcept {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

/// Writes into room its caller reserved.
class Writer {
 public:
  explicit Writer(std::uint8_t* out) noexcept : position_(out) {}

  std::uint8_t* position() const noexcept { return position_; }

  void u8(unsigned value) noexcept { *position_++ = static_cast<std::uint8_t>(value); }

  void u16(unsigned value) noexcept {
    position_[0] = static_cast<std::uint8_t>(value >> 8);
    position_[1] = static_cast<std::uint8_t>(value);
    position_ += 2;
  }

  void u32(std::uint32_t value) noexcept {
    u16(value >> 16);
    u16(value & 0xFFFF);
  }

  void varint(std::uint32_t value) noexcept {
    while (value >= 128) {
      u8((value & 0x7F) | 0x80);
      value >>= 7;
    }
    u8(value);
  }

  void text(std::string_view value) noexcept {
    u16(static_cast<unsigned>(value.size()));
    bytes(value);
  }

  void bytes(std::string_view value) noexcept {
    // memcpy of no bytes from a null pointer would be undefined.
    if (!value.empty()) std::memcpy(position_, value.data(), value.size());
    position_ += value.size();
  }

 private:
  std::uint8_t* position_;
};

}  // namespace trellis::mqtt
