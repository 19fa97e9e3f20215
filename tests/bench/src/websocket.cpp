// The WebSocket client: an opening handshake, then frames.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "layer.hpp"

namespace trellis::bench {
namespace {

constexpr std::string_view kOpening =
    "GET /mqtt HTTP/1.1\r\n"
    "Host: localhost\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
constexpr std::string_view kAccepted = "HTTP/1.1 101 ";
constexpr std::size_t kLongestAnswer = 4096;

enum Opcode : unsigned { kContinuation = 0, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("WebSocket: " + what); }

void append(OutBuffer& to, std::string_view bytes) { std::memcpy(to.extend(bytes.size()), bytes.data(), bytes.size()); }

// Masked, as a client's frames have to be, with a key of zeros.
void append_frame(OutBuffer& wire, Opcode opcode, std::string_view payload) {
  std::array<char, 14> head{};
  std::size_t size = 2;
  std::size_t length_bytes = 0;
  head[0] = static_cast<char>(0x80U | opcode);
  if (payload.size() < 126) {
    head[1] = static_cast<char>(0x80U | payload.size());
  } else {
    length_bytes = payload.size() < 65536 ? 2 : 8;
    head[1] = static_cast<char>(0x80U | (length_bytes == 2 ? 126U : 127U));
  }
  for (std::size_t i = length_bytes; i-- != 0;) head[size++] = static_cast<char>(payload.size() >> (8 * i) & 0xffU);
  append(wire, {head.data(), size + 4});
  append(wire, payload);
}

class WebSocketLayer final : public Layer {
 public:
  void start(OutBuffer& wire) override { append(wire, kOpening); }

  std::size_t decode(std::span<const unsigned char> arrived, std::span<unsigned char> plain, OutBuffer& wire) override {
    std::string_view rest(reinterpret_cast<const char*>(arrived.data()), arrived.size());
    if (!open_ && !read_answer(rest)) return 0;
    std::size_t got = 0;
    while (!rest.empty()) {
      if (left_ == 0 && !read_head(rest)) continue;
      const std::string_view piece = rest.substr(0, std::min<std::uint64_t>(left_, rest.size()));
      rest.remove_prefix(piece.size());
      left_ -= piece.size();
      if (opcode_ >= kClose) {
        read_control(piece, wire);
        continue;
      }
      std::memcpy(plain.data() + got, piece.data(), piece.size());
      got += piece.size();
    }
    return got;
  }

  void encode(OutBuffer& plain, OutBuffer& wire) override {
    if (!open_ || plain.empty()) return;
    append_frame(wire, kBinary, {plain.data(), plain.size()});
    plain.consume(plain.size());
  }

 private:
  // True once the broker's answer is complete; `rest` then starts with the first frame.
  bool read_answer(std::string_view& rest) {
    const std::size_t before = held_.size();
    held_ += rest;
    const std::size_t end = held_.find("\r\n\r\n");
    if (end == std::string::npos && held_.size() < kLongestAnswer) return false;
    if (end == std::string::npos || !held_.starts_with(kAccepted)) fail(held_.substr(0, held_.find('\r')));
    rest.remove_prefix(end + 4 - before);
    held_.clear();
    open_ = true;
    return true;
  }

  // Takes one byte of a frame's head, true when it was the last one.
  bool read_head(std::string_view& rest) {
    held_ += rest.front();
    rest.remove_prefix(1);
    if (held_.size() < 2) return false;
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(held_[at]); };
    if ((byte(1) & 0x80U) != 0) fail("the broker masks");
    const std::size_t length_bytes = byte(1) < 126 ? 0 : byte(1) == 126 ? 2 : 8;
    if (held_.size() < 2 + length_bytes) return false;
    left_ = length_bytes == 0 ? byte(1) : 0;
    for (std::size_t i = 0; i < length_bytes; ++i) left_ = left_ << 8U | byte(2 + i);
    opcode_ = byte(0) & 0x0fU;
    held_.clear();
    if (opcode_ != kContinuation && opcode_ != kBinary && opcode_ != kPing && opcode_ != kPong) {
      fail(opcode_ == kClose ? "the broker sent Close" : "unexpected opcode " + std::to_string(opcode_));
    }
    // An empty ping has no payload to wait for, but an answer to get.
    return left_ != 0 || opcode_ == kPing;
  }

  void read_control(std::string_view piece, OutBuffer& wire) {
    control_ += piece;
    if (left_ != 0) return;
    if (opcode_ == kPing) append_frame(wire, kPong, control_);
    control_.clear();
  }

  bool open_ = false;
  unsigned opcode_ = 0;
  std::uint64_t left_ = 0;  // payload bytes of the current frame still to come
  std::string held_;        // the start of the broker's answer, or of a frame's head
  std::string control_;     // payload of a ping
};

}  // namespace

std::unique_ptr<Layer> make_websocket_layer() { return std::make_unique<WebSocketLayer>(); }

}  // namespace trellis::bench
