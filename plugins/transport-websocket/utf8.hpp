/// Whether text is well-formed UTF-8, told piece by piece.
#pragma once

#include <cstdint>
#include <string_view>

namespace transport_websocket {

/// Sees the pieces of one text. The first wrong byte is noticed at once (RFC 6455, 8.1), not at the end.
class Utf8Check {
 public:
  /// False as soon as no continuation could make it well-formed.
  bool add(std::string_view piece) noexcept {
    for (const char c : piece) {
      if (!add(static_cast<std::uint8_t>(c))) return false;
    }
    return true;
  }
  /// Whether the text may end here.
  bool complete() const noexcept { return left_ == 0; }
  void reset() noexcept { *this = Utf8Check(); }

 private:
  bool add(std::uint8_t byte) noexcept {
    if (left_ > 0) {
      if (byte < low_ || byte > high_) return false;
      low_ = 0x80;
      high_ = 0xbf;
      --left_;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;  // overlong, or above U+10FFFF
    left_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0) low_ = 0xa0;   // else overlong
    if (byte == 0xed) high_ = 0x9f;  // else a surrogate
    if (byte == 0xf0) low_ = 0x90;   // else overlong
    if (byte == 0xf4) high_ = 0x8f;  // else above U+10FFFF
    return true;
  }

  std::uint8_t left_ = 0;     // continuation bytes awaited
  std::uint8_t low_ = 0x80;   // the next of them is at least
  std::uint8_t high_ = 0xbf;  // and at most this
};

}  // namespace transport_websocket
