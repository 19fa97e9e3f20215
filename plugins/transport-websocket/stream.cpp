#include "stream.hpp"

#include <algorithm>
#include <utility>

namespace transport_websocket {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kWorthCompressing = 128;  // bytes; below it the frame seldom gets smaller

constexpr std::string_view kTooLong = "the message is longer than message_bytes";
constexpr std::string_view kDamaged = "the compressed data is damaged";

std::uint32_t close_code(std::string_view payload) noexcept {
  return static_cast<std::uint32_t>(static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]));
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kHelp = "WebSocket opening handshakes, by outcome.";
  Metrics metrics;
  metrics.accepted = host.counter("trellis_websocket_handshakes_total", kHelp, "outcome=\"accepted\"");
  metrics.refused = host.counter("trellis_websocket_handshakes_total", kHelp, "outcome=\"refused\"");
  metrics.failed = host.counter("trellis_websocket_violations_total",
                                "WebSocket connections closed because the client broke the protocol or a limit.");
  return metrics;
}

WebSocketStream::WebSocketStream(trellis::LayerIo io, const Settings& settings, const Metrics& metrics)
    : io_(io), settings_(settings), metrics_(metrics), handshake_(std::make_unique<Handshake>(settings)) {}

WebSocketStream::~WebSocketStream() {
  if (inflater_ != nullptr) give_back(std::move(inflater_));
}

bool WebSocketStream::on_input(std::string_view bytes) noexcept {
  if (handshake_ != nullptr && !shake_hands(bytes)) return false;
  return handshake_ != nullptr || take_frames(bytes);
}

bool WebSocketStream::shake_hands(std::string_view& bytes) {
  const Handshake::Outcome outcome = handshake_->feed(bytes, secure());
  if (outcome == Handshake::Outcome::wants_more) return true;
  io_.down(handshake_->response());
  if (outcome == Handshake::Outcome::refused) {
    metrics_.refused.add(io_.shard().handle(), 1);
    return false;
  }
  metrics_.accepted.add(io_.shard().handle(), 1);
  host_ = handshake_->host();
  if (const auto& agreed = handshake_->deflate()) {
    compresses_ = true;
    window_bits_ = static_cast<std::uint8_t>(agreed->window_bits);
  }
  handshake_.reset();
  return true;
}

bool WebSocketStream::secure() const {
  const auto* const connections = io_.shard().host().table<trellis_host_connection>();
  trellis_connection_info info{};
  info.struct_size = sizeof info;
  if (connections != nullptr) connections->info(io_.connection(), &info);
  return (info.flags & TRELLIS_CONNECTION_SECURE) != 0;
}

bool WebSocketStream::take_frames(std::string_view bytes) {
  // A frame without payload is over when its head is.
  while (!bytes.empty() || (in_frame_ && frame_taken_ == frame_.length)) {
    if (!(in_frame_ ? take_payload(bytes) : take_head(bytes))) return false;
  }
  return true;
}

bool WebSocketStream::take_head(std::string_view& bytes) {
  for (;;) {
    const std::size_t whole = head_bytes({head_.data(), head_size_});
    const std::size_t missing = std::min(whole - head_size_, bytes.size());
    bytes.copy(head_.data() + head_size_, missing);
    head_size_ = static_cast<std::uint8_t>(head_size_ + missing);
    bytes.remove_prefix(missing);
    if (head_size_ < whole) return true;
    if (head_size_ >= 2 && head_bytes({head_.data(), head_size_}) == head_size_) break;
  }
  frame_ = read_head({head_.data(), head_size_});
  head_size_ = 0;
  frame_taken_ = 0;
  in_frame_ = true;
  return begin_frame();
}

bool WebSocketStream::begin_frame() {
  const bool compressed = frame_.reserved == 4 && compresses_ && !frame_.control() && frame_.opcode != 0;
  if (frame_.reserved != 0 && !compressed) return fail(CloseCode::protocol_error, "a reserved bit is set");
  if (!frame_.masked) return fail(CloseCode::protocol_error, "a client's frame is not masked");
  if (!frame_.shortest) return fail(CloseCode::protocol_error, "a frame's length is not in its shortest form");
  const auto opcode = static_cast<Opcode>(frame_.opcode);
  switch (opcode) {
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!frame_.final) return fail(CloseCode::protocol_error, "a control frame is fragmented");
      if (frame_.length > kMostControlBytes) return fail(CloseCode::protocol_error, "a control frame is too long");
      return true;
    case Opcode::continuation:
      if (!in_message_) return fail(CloseCode::protocol_error, "a continuation continues nothing");
      break;
    case Opcode::text:
    case Opcode::binary:
      if (!begin_data(opcode)) return false;
      if (compressed) inflater_ = borrow_inflater();
      break;
    default:
      return fail(CloseCode::protocol_error, "the opcode is unknown");
  }
  if (frame_.length > settings_.message_bytes - std::min(settings_.message_bytes, message_bytes_)) {
    return fail(CloseCode::too_large, kTooLong);
  }
  return true;
}

bool WebSocketStream::begin_data(Opcode opcode) {
  if (in_message_) return fail(CloseCode::protocol_error, "a message begins within another");
  if (opcode == Opcode::text && !settings_.text) {
    return fail(CloseCode::unsupported_data, "only binary messages are taken");
  }
  in_message_ = true;
  is_text_ = opcode == Opcode::text;
  message_bytes_ = 0;
  text_.reset();
  return true;
}

bool WebSocketStream::take_payload(std::string_view& bytes) {
  std::array<char, kPiece> plain;
  const std::size_t size =
      static_cast<std::size_t>(std::min<std::uint64_t>({frame_.length - frame_taken_, bytes.size(), plain.size()}));
  unmask(bytes.substr(0, size), frame_.mask, frame_taken_, plain.data());
  bytes.remove_prefix(size);
  frame_taken_ += size;
  const std::string_view piece(plain.data(), size);
  if (frame_.control()) {
    control_ += piece;
  } else if (size > 0 && !take_data(piece)) {
    return false;
  }
  return frame_taken_ < frame_.length || end_frame();
}

bool WebSocketStream::take_data(std::string_view piece) {
  if (inflater_ == nullptr) return hand_up(piece);
  if (inflater_->add(piece, [this](std::string_view inflated) { return hand_up(inflated); })) return true;
  return close_sent_ ? false : fail(CloseCode::bad_data, kDamaged);
}

bool WebSocketStream::hand_up(std::string_view piece) {
  message_bytes_ += piece.size();
  if (message_bytes_ > settings_.message_bytes) return fail(CloseCode::too_large, kTooLong);
  if (is_text_ && !text_.add(piece)) return fail(CloseCode::bad_data, "the text is not UTF-8");
  io_.up(piece);
  return true;
}

bool WebSocketStream::end_frame() {
  in_frame_ = false;
  if (frame_.control()) return take_control();
  return !frame_.final || end_message();
}

bool WebSocketStream::end_message() {
  if (inflater_ != nullptr) {
    const bool whole = inflater_->finish([this](std::string_view inflated) { return hand_up(inflated); });
    give_back(std::move(inflater_));
    if (!whole) return close_sent_ ? false : fail(CloseCode::bad_data, kDamaged);
  }
  if (is_text_ && !text_.complete()) return fail(CloseCode::bad_data, "the text ends within a character");
  in_message_ = false;
  return true;
}

bool WebSocketStream::take_control() {
  const std::string payload = std::exchange(control_, std::string());
  const auto opcode = static_cast<Opcode>(frame_.opcode);
  if (opcode == Opcode::close) return take_close(payload);
  if (opcode == Opcode::ping && !close_sent_) send(Opcode::pong, payload);
  return true;
}

// Answers with the same code, or says what is wrong with it; either way it is the end (RFC 6455, 5.5.1).
bool WebSocketStream::take_close(std::string_view payload) {
  if (close_sent_) return false;
  if (payload.size() == 1) return fail(CloseCode::protocol_error, "a Close frame holds half a code");
  if (!payload.empty() && !valid_close_code(close_code(payload))) {
    return fail(CloseCode::protocol_error, "a Close frame's code may not be sent");
  }
  Utf8Check reason;
  if (!reason.add(payload.substr(std::min<std::size_t>(payload.size(), 2))) || !reason.complete()) {
    return fail(CloseCode::bad_data, "a Close frame's reason is not UTF-8");
  }
  send(Opcode::close, payload.substr(0, 2));
  close_sent_ = true;
  close_received_ = true;
  return false;
}

bool WebSocketStream::on_output(std::string_view bytes) noexcept {
  if (close_sent_) return true;  // nobody would read it
  if (compresses_ && bytes.size() >= kWorthCompressing) {
    const std::string_view packed = deflater(window_bits_).compress(bytes);
    if (packed.size() < bytes.size()) {
      send(Opcode::binary, packed, true);
      return true;
    }
  }
  send(Opcode::binary, bytes);
  return true;
}

std::string_view WebSocketStream::fact(std::string_view name) noexcept {
  if (name == TRELLIS_FACT_ENDED) return close_received_ ? "yes" : "";
  return name == TRELLIS_FACT_HOST ? std::string_view(host_) : std::string_view();
}

void WebSocketStream::on_shutdown() noexcept {
  if (handshake_ == nullptr) send_close(CloseCode::normal, {});
}

bool WebSocketStream::fail(CloseCode code, std::string_view reason) {
  metrics_.failed.add(io_.shard().handle(), 1);
  send_close(code, reason);
  return false;
}

void WebSocketStream::send(Opcode opcode, std::string_view payload, bool compressed) {
  const WrittenHead head(opcode, payload.size(), compressed);
  io_.down(head.bytes());
  if (!payload.empty()) io_.down(payload);
}

void WebSocketStream::send_close(CloseCode code, std::string_view reason) {
  if (std::exchange(close_sent_, true)) return;
  const auto number = static_cast<std::uint16_t>(code);
  std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  payload.append(reason.substr(0, kMostControlBytes - payload.size()));
  send(Opcode::close, payload);
}

}  // namespace transport_websocket
