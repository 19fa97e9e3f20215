#include "frame.hpp"

#include <cstring>

namespace transport_websocket {
namespace {

std::uint8_t byte(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | byte(bytes, i);
  return value;
}

constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

}  // namespace

std::size_t head_bytes(std::string_view begin) noexcept {
  if (begin.size() < 2) return 2;
  const std::uint8_t length = byte(begin, 1) & 0x7f;
  const std::size_t mask = (byte(begin, 1) & 0x80) != 0 ? 4 : 0;
  return 2 + mask + (length == kLength16 ? 2 : length == kLength64 ? 8 : 0);
}

FrameHead read_head(std::string_view head) noexcept {
  FrameHead frame;
  frame.final = (byte(head, 0) & 0x80) != 0;
  frame.reserved = (byte(head, 0) >> 4) & 7;
  frame.opcode = byte(head, 0) & 15;
  frame.masked = (byte(head, 1) & 0x80) != 0;
  frame.length = byte(head, 1) & 0x7f;
  std::size_t at = 2;
  if (frame.length == kLength16) {
    frame.length = big_endian(head.substr(at, 2));
    frame.shortest = frame.length >= kLength16;
    at += 2;
  } else if (frame.length == kLength64) {
    frame.length = big_endian(head.substr(at, 8));
    frame.shortest = frame.length > 0xffff && frame.length >> 63 == 0;
    at += 8;
  }
  if (frame.masked) std::memcpy(frame.mask.data(), head.data() + at, frame.mask.size());
  return frame;
}

WrittenHead::WrittenHead(Opcode opcode, std::uint64_t length, bool compressed) noexcept {
  bytes_[0] = static_cast<char>(0x80 | (compressed ? 0x40 : 0) | static_cast<int>(opcode));
  int extra = 0;
  if (length < kLength16) {
    bytes_[1] = static_cast<char>(length);
  } else {
    extra = length <= 0xffff ? 2 : 8;
    bytes_[1] = static_cast<char>(extra == 2 ? kLength16 : kLength64);
  }
  for (int i = extra; i-- > 0;) bytes_[size_++] = static_cast<char>(length >> (8 * i));
}

void unmask(std::string_view masked, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset,
            char* out) noexcept {
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (; i + sizeof wide <= masked.size(); i += sizeof wide) {
    std::uint64_t piece = 0;
    std::memcpy(&piece, masked.data() + i, sizeof piece);
    piece ^= wide;
    std::memcpy(out + i, &piece, sizeof piece);
  }
  for (; i < masked.size(); ++i) out[i] = static_cast<char>(byte(masked, i) ^ turned[i % 8]);
}

bool valid_close_code(std::uint32_t code) noexcept {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace transport_websocket
