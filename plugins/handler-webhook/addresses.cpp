#include "addresses.hpp"

#include <trellis/networks.hpp>

namespace hooks {
namespace {

bool is_here(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = trellis::ip_address(host);
  return address && trellis::is_loopback(*address);
}

}  // namespace

trellis::Result<trellis::http::Url> read_url(std::string_view text, bool allow_http) {
  auto url = trellis::http::parse_url(text);
  if (!url || url->secure || allow_http || is_here(url->host)) return url;
  return trellis::fail(
      "found an http:// URL, expected https://; events and secrets would cross the network in clear text, which the "
      "plugin's setting allow_http allows");
}

}  // namespace hooks
