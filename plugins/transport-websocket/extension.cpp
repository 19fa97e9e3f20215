#include "extension.hpp"

#include <utility>

#include "common/http/characters.hpp"

namespace transport_websocket {
namespace {

namespace http = trellis::http;

// Cuts off what stands before the next ';'.
std::string_view next_part(std::string_view& rest) {
  const std::size_t end = rest.find(';');
  const std::string_view part = http::trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// 8 … 15, without a leading zero (RFC 7692, 7.1.2); 0 for anything else.
int window_bits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (value == "8" || value == "9") return value.front() - '0';
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5') return 10 + (value[1] - '0');
  return 0;
}

struct Seen {
  bool no_server_context = false;
  bool no_client_context = false;
  bool server_bits = false;
  bool client_bits = false;
};

// A parameter that comes twice makes the offer invalid.
bool first(bool& seen) { return !std::exchange(seen, true); }

bool take(std::string_view part, Seen& seen, DeflateParameters& parameters) {
  const std::size_t equals = part.find('=');
  const bool valued = equals != std::string_view::npos;
  const std::string_view name = http::trim(part.substr(0, equals));
  const int bits = valued ? window_bits(http::trim(part.substr(equals + 1))) : 0;
  if (name == "server_no_context_takeover") return !valued && first(seen.no_server_context);
  if (name == "client_no_context_takeover") return !valued && first(seen.no_client_context);
  if (name == "client_max_window_bits") return (!valued || bits != 0) && first(seen.client_bits);
  // zlib cannot make a raw stream with a window of 2^8.
  if (name != "server_max_window_bits" || bits < 9 || !first(seen.server_bits)) return false;
  parameters.window_bits = bits;
  parameters.window_agreed = true;
  return true;
}

}  // namespace

std::string DeflateParameters::response() const {
  std::string text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (window_agreed) text += "; server_max_window_bits=" + std::to_string(window_bits);
  return text;
}

std::optional<DeflateParameters> accept_offer(std::string_view offer) {
  if (!http::equals_ignoring_case(next_part(offer), "permessage-deflate")) return std::nullopt;
  DeflateParameters parameters;
  Seen seen;
  while (!offer.empty()) {
    if (!take(next_part(offer), seen, parameters)) return std::nullopt;
  }
  return parameters;
}

}  // namespace transport_websocket
