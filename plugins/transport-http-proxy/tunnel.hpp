/// Asks a proxy for a tunnel and reads what it says (RFC 9110, 9.3.6), without any socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/http/response_parser.hpp"

namespace transport_http_proxy {

/// The request for a tunnel to that host and port. credentials: the value of Proxy-Authorization, empty for none.
/// Empty where the host cannot be written into one.
std::string tunnel_request(std::string_view host, std::uint32_t port, std::string_view credentials);

/// The value of Proxy-Authorization for a user and a password (RFC 7617).
std::string basic_credentials(std::string_view user, std::string_view password);

/// Reads the proxy's answer. Holds no more than its head.
class Tunnel {
 public:
  /// with_credentials: some were sent, which makes a difference to what 407 means.
  explicit Tunnel(bool with_credentials) noexcept
      : with_credentials_(with_credentials), parser_(limits(), trellis::http::Asked::tunnel) {}

  /// Answers how many bytes were the answer's: what is left when it is open() belongs to the tunnel.
  std::size_t feed(std::string_view bytes);

  bool open() const noexcept { return open_; }
  bool failed() const noexcept { return !error_.empty(); }
  /// Whether the proxy understood and said no.
  bool refused() const noexcept { return refused_; }
  /// Why there is no tunnel, for people.
  const std::string& error() const noexcept { return error_; }

 private:
  static trellis::http::Limits limits();
  void judge(const trellis::http::ReceivedResponse& response);

  bool with_credentials_;
  trellis::http::ResponseParser parser_;
  bool open_ = false;
  bool refused_ = false;
  std::string error_;
};

}  // namespace transport_http_proxy
