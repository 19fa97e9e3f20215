/// WebSocket frame heads and masking (RFC 6455, 5.2 and 5.3), without any socket.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace transport_websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Close codes we send (RFC 6455, 7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  unsupported_data = 1003,
  bad_data = 1007,
  too_large = 1009
};

struct FrameHead {
  bool final = false;
  std::uint8_t reserved = 0;  ///< RSV1 is 4, RSV2 is 2, RSV3 is 1
  std::uint8_t opcode = 0;    ///< as sent; may be none of Opcode
  bool masked = false;
  bool shortest = true;  ///< the length is in its shortest form and below 2^63
  std::uint64_t length = 0;
  std::array<std::uint8_t, 4> mask{};

  bool control() const noexcept { return (opcode & 8) != 0; }
};

constexpr std::size_t kMostHeadBytes = 14;
constexpr std::uint64_t kMostControlBytes = 125;

/// How long a head is that begins with `begin`, as far as that can be told: at least 2.
std::size_t head_bytes(std::string_view begin) noexcept;

/// Reads a whole head: head_bytes(head) of it are there.
FrameHead read_head(std::string_view head) noexcept;

/// A server's frame head, unmasked. `compressed` sets RSV1 (RFC 7692, 6).
class WrittenHead {
 public:
  WrittenHead(Opcode opcode, std::uint64_t length, bool compressed = false) noexcept;
  std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 10> bytes_{};
  std::size_t size_ = 2;
};

/// Writes the unmasked bytes to `out`. `offset` is where in the frame's payload they begin.
void unmask(std::string_view masked, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset, char* out) noexcept;

/// Whether a peer may send that code in a Close frame (RFC 6455, 7.4).
bool valid_close_code(std::uint32_t code) noexcept;

}  // namespace transport_websocket
