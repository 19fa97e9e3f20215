#include "common/jwks/source.hpp"

#include <trellis/host_names.hpp>

namespace jwks {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::http::Url;

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && !trellis::is_host_name(host));
}

}  // namespace

bool may_give_keys(const Url& url) { return url.secure || is_this_machine(url.host); }

Result<Url> parse_address(std::string_view text) {
  auto url = trellis::http::parse_url(text);
  if (!url) return url;
  if (!may_give_keys(*url)) {
    return fail("it begins with http:, expected https: for keys from another machine");
  }
  return url;
}

Result<Url> discovery_address(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  if (issuer.find('?') != std::string_view::npos) return fail("an issuer's address has no query");
  return parse_address(std::string(issuer) + "/.well-known/openid-configuration");
}

Result<void> check(const Source& source) {
  const auto url = source.jwks_uri.empty() ? discovery_address(source.issuer) : parse_address(source.jwks_uri);
  if (!url) return url.error();
  return trellis::ok();
}

std::string Source::origin() const {
  const auto url = jwks_uri.empty() ? discovery_address(issuer) : parse_address(jwks_uri);
  return url ? url->origin() : "an address that cannot be used";
}

}  // namespace jwks
