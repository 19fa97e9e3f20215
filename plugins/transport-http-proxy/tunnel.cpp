#include "tunnel.hpp"

#include <array>
#include <limits>

#include "common/base64/base64.hpp"
#include "common/http/request_writer.hpp"

namespace transport_http_proxy {
namespace {

namespace http = trellis::http;

constexpr std::size_t kHeadBytes = 16 * 1024;
constexpr std::size_t kMostReason = 100;  // of the proxy's own words, in bytes

// What a status means where a tunnel was asked for.
std::string_view meaning(std::uint32_t status, bool with_credentials) {
  switch (status) {
    case 403:
      return "it does not allow this host or port";
    case 404:
    case 405:
    case 501:
      return "it makes no tunnels; is this the address of a proxy?";
    case 407:
      return with_credentials ? "it does not take the user and password of the settings"
                              : "it wants a user and a password, which belong into this layer's settings";
    case 502:
    case 503:
    case 504:
      return "it cannot reach that host";
    default:
      return {};
  }
}

}  // namespace

std::string tunnel_request(std::string_view host, std::uint32_t port, std::string_view credentials) {
  const bool v6 = host.find(':') != std::string_view::npos;
  const std::string where = (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
  const std::array<http::Header, 1> headers = {{{"proxy-authorization", credentials}}};
  std::string out;
  http::write_request(out, {.method = "CONNECT",
                            .target = where,
                            .host = where,
                            .headers = std::span(headers).first(credentials.empty() ? 0 : 1)});
  return out;
}

std::string basic_credentials(std::string_view user, std::string_view password) {
  return "Basic " + common::to_base64(std::string(user) + ":" + std::string(password));
}

http::Limits Tunnel::limits() {
  http::Limits limits;
  limits.head_bytes = kHeadBytes;
  limits.body_bytes = std::numeric_limits<std::size_t>::max();  // of a refusal: never read
  return limits;
}

std::size_t Tunnel::feed(std::string_view bytes) {
  using State = http::ResponseParser::State;
  std::size_t used = 0;
  // Interim responses may stand before the one that counts.
  while (used < bytes.size() && parser_.state() == State::head) used += parser_.feed(bytes.substr(used));
  if (parser_.state() == State::failed) {
    error_ = "the proxy's answer cannot be taken: " + std::string(parser_.error().message);
  } else if (parser_.state() != State::head) {
    judge(parser_.response());
  }
  return used;
}

void Tunnel::judge(const http::ReceivedResponse& response) {
  open_ = response.status < 300;
  refused_ = !open_;
  if (open_) return;
  error_ = "the proxy refuses the tunnel with " + std::to_string(response.status);
  if (!response.reason.empty()) error_.append(" ").append(response.reason.substr(0, kMostReason));
  const std::string_view means = meaning(response.status, with_credentials_);
  if (!means.empty()) error_.append(": ").append(means);
}

}  // namespace transport_http_proxy
