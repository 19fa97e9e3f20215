#include "addresses.hpp"

#include <trellis/networks.hpp>

namespace hooks {
trellis::Result<trellis::http::Url> read_url(std::string_view text, bool allow_http) {
  auto url = trellis::http::parse_url(text);
  if (!url || url->secure || allow_http || trellis::is_this_machine(url->host)) return url;
  return trellis::fail(
      "found an http:// URL, expected https://; events and secrets would cross the network in clear text, which the "
      "plugin's setting allow_http allows");
}

}  // namespace hooks
