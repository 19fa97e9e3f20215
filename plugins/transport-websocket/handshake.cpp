#include "handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <trellis/networks.hpp>

#include "common/http/characters.hpp"

namespace transport_websocket {
namespace {

namespace http = trellis::http;

constexpr std::size_t kKeyBytes = 24;  // 16 bytes in base64

bool is_base64(char c) noexcept { return http::is_alpha(c) || http::is_digit(c) || c == '+' || c == '/'; }

bool valid_key(std::string_view key) noexcept {
  return key.size() == kKeyBytes && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, [](char c) { return is_base64(c); });
}

// All values of a field that is a list, whether it came in one line or several. Stops at the first that use() likes.
template <typename Use>
bool any_element(const http::Request& request, std::string_view name, Use use) {
  bool found = false;
  for (const http::Header& header : request.headers) {
    if (header.name != name) continue;
    http::each_list_element(header.value, [&](std::string_view element) { found = found || use(element); });
  }
  return found;
}

bool names(const http::Request& request, std::string_view field, std::string_view token) {
  return any_element(request, field,
                     [&](std::string_view element) { return http::equals_ignoring_case(element, token); });
}

bool once(const http::Request& request, std::string_view name) {
  return std::count_if(request.headers.begin(), request.headers.end(),
                       [&](const http::Header& header) { return header.name == name; }) == 1;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Not Implemented";
  }
}

std::string_view error_code(int status) {
  switch (status) {
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 426:
      return "UpgradeRequired";
    default:
      return "BadRequest";
  }
}

}  // namespace

std::string accept_value(std::string_view key) {
  static constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::string text(key);
  text += kGuid;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

trellis::Recognised recognise_opening(std::string_view begin, std::size_t head_bytes) noexcept {
  static constexpr std::string_view kGet = "GET /";
  if (begin.substr(0, kGet.size()) != kGet.substr(0, begin.size())) return trellis::Recognised::no;
  for (std::size_t at = begin.find('\n'); at != std::string_view::npos; at = begin.find('\n', at + 1)) {
    const std::string_view line = begin.substr(at + 1, begin.find('\r', at) - at - 1);
    if (line.empty() && begin.substr(at + 1).starts_with("\r\n")) return trellis::Recognised::no;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !begin.substr(at + 1 + line.size()).starts_with("\r")) continue;
    if (!http::equals_ignoring_case(line.substr(0, colon), "upgrade")) continue;
    bool found = false;
    http::each_list_element(line.substr(colon + 1), [&](std::string_view element) {
      found = found || http::equals_ignoring_case(element, "websocket");
    });
    return found ? trellis::Recognised::yes : trellis::Recognised::no;
  }
  return begin.size() < head_bytes ? trellis::Recognised::more : trellis::Recognised::no;
}

Handshake::Outcome Handshake::feed(std::string_view& bytes, bool secure) {
  using State = http::RequestParser::State;
  while (!bytes.empty()) {
    bytes.remove_prefix(parser_.feed(bytes));
    const State state = parser_.state();
    if (state == State::failed) return refuse(static_cast<int>(parser_.error().status), parser_.error().message);
    if (state == State::body) return refuse(400, "the opening request has a body");
    if (state == State::complete) return judge(secure);
  }
  return Outcome::wants_more;
}

std::string_view Handshake::host() const noexcept {
  const std::string_view host = parser_.request().host;
  const std::size_t bracket = host.rfind(']');  // of an IPv6 address
  const std::size_t colon = host.rfind(':');
  const bool port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return port ? host.substr(0, colon) : host;
}

// RFC 6455, 4.2.1, in its order.
Handshake::Outcome Handshake::judge(bool secure) {
  const http::Request& request = parser_.request();
  if (std::find(settings_.paths.begin(), settings_.paths.end(), request.path) == settings_.paths.end()) {
    return refuse(404, "no WebSocket is served at this path");
  }
  if (request.method != "GET") return refuse(405, "a WebSocket is opened with GET", "Allow: GET\r\n");
  if (request.minor == 0) return refuse(400, "a WebSocket is opened with HTTP/1.1");
  if (!names(request, "upgrade", "websocket") || !names(request, "connection", "upgrade")) {
    return refuse(426, "only WebSocket is spoken here: Upgrade and Connection do not ask for it",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\n");
  }
  if (request.header("sec-websocket-version") != "13") {
    return refuse(426, "Sec-WebSocket-Version is not 13",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  }
  const std::string_view key = request.header("sec-websocket-key").value_or(std::string_view());
  if (!once(request, "sec-websocket-key") || !valid_key(key)) {
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  }
  if (!origin_allowed(secure)) return refuse(403, "pages of this origin may not connect: see the setting origins");
  const std::string_view chosen = subprotocol();
  if (chosen.empty() && settings_.subprotocol_required) {
    return refuse(400, "Sec-WebSocket-Protocol offers nothing that is spoken here");
  }
  return accept(key, chosen);
}

std::string_view Handshake::subprotocol() const {
  for (const std::string& ours : settings_.subprotocols) {
    if (any_element(parser_.request(), "sec-websocket-protocol",
                    [&](std::string_view offered) { return offered == ours; })) {
      return ours;
    }
  }
  return {};
}

bool Handshake::origin_allowed(bool secure) const {
  const auto origin = parser_.request().header("origin");
  if (!origin) return true;  // no browser
  for (const std::string& allowed : settings_.origins) {
    if (allowed == "*" || http::equals_ignoring_case(*origin, allowed)) return true;
  }
  // A page of its own host: only where the name cannot have been made to lead here by whoever wrote the page, as any
  // name can (DNS rebinding). Behind TLS the certificate proves it.
  std::string_view name = host();
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  const bool proven = secure || http::equals_ignoring_case(name, "localhost") || trellis::ip_address(name);
  const std::size_t begin = origin->find("://");
  return proven && begin != std::string_view::npos &&
         http::equals_ignoring_case(origin->substr(begin + 3), parser_.request().host);
}

Handshake::Outcome Handshake::accept(std::string_view key, std::string_view subprotocol) {
  response_ =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_value(key) + "\r\n";
  if (!subprotocol.empty()) response_.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
  if (settings_.compression) {
    any_element(parser_.request(), "sec-websocket-extensions", [&](std::string_view offer) {
      deflate_ = accept_offer(offer);
      return deflate_.has_value();
    });
  }
  if (deflate_) response_ += "Sec-WebSocket-Extensions: " + deflate_->response() + "\r\n";
  response_ += "\r\n";
  return Outcome::accepted;
}

Handshake::Outcome Handshake::refuse(int status, std::string_view reason, std::string_view headers) {
  std::string body = R"({"error":{"code":")";
  body.append(error_code(status)).append(R"(","message":")").append(reason).append("\"}}");
  response_ = "HTTP/1.1 " + std::to_string(status) + " ";
  response_.append(reason_phrase(status)).append("\r\n").append(headers);
  if (headers.find("Connection:") == std::string_view::npos) response_ += "Connection: close\r\n";
  response_ += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  refusal_ = reason;
  return Outcome::refused;
}

}  // namespace transport_websocket
