/// The opening handshake of a WebSocket server (RFC 6455, 4.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <trellis/layer.hpp>

#include "common/http/request_parser.hpp"
#include "extension.hpp"
#include "settings.hpp"

namespace transport_websocket {

/// Reads one request and answers it. Owned by one connection until the handshake is over.
class Handshake {
 public:
  enum class Outcome { wants_more, accepted, refused };

  explicit Handshake(const Settings& settings) : settings_(settings), parser_(settings.head) {}

  /// Takes bytes off the front of `bytes` until it is decided; what is left are frames.
  /// secure: the connection is encrypted.
  Outcome feed(std::string_view& bytes, bool secure);

  /// What to send, once it is decided.
  const std::string& response() const noexcept { return response_; }
  /// Why it was refused, for the log; static text.
  std::string_view refusal() const noexcept { return refusal_; }
  /// The host the client asked for, without its port.
  std::string_view host() const noexcept;
  /// What was agreed on compression, once accepted.
  const std::optional<DeflateParameters>& deflate() const noexcept { return deflate_; }

 private:
  Outcome judge(bool secure);
  Outcome accept(std::string_view key, std::string_view subprotocol);
  Outcome refuse(int status, std::string_view reason, std::string_view headers = {});
  std::string_view subprotocol() const;
  bool origin_allowed(bool secure) const;

  const Settings& settings_;
  trellis::http::RequestParser parser_;
  std::string response_;
  std::string_view refusal_;
  std::optional<DeflateParameters> deflate_;
};

/// Whether a connection that begins with these bytes opens a WebSocket: an HTTP request with "Upgrade: websocket". What
/// else is wrong with it is for the handshake to say.
trellis::Recognised recognise_opening(std::string_view begin, std::size_t head_bytes) noexcept;

/// What a server proves with that it understood the request (RFC 6455, 4.2.2).
std::string accept_value(std::string_view key);

}  // namespace transport_websocket
