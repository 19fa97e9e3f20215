/// Where an issuer's keys are.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "common/http/url.hpp"

namespace jwks {

/// Either of both: an issuer, whose OpenID configuration tells where its keys are, or the place of the keys themselves.
struct Source {
  std::string issuer = {};    ///< for discovery; empty: none
  std::string jwks_uri = {};  ///< where it is empty, the issuer is asked

  /// For logs: without path and query.
  std::string origin() const;
  auto operator<=>(const Source&) const = default;
};

/// Whether keys may come from there: by https, or by http from this machine, since whoever can change the answer on its
/// way signs for everybody.
trellis::Result<trellis::http::Url> parse_address(std::string_view text);
bool may_give_keys(const trellis::http::Url& url);
/// Where the issuer's OpenID configuration is (OpenID Connect Discovery 1.0, 4).
trellis::Result<trellis::http::Url> discovery_address(std::string_view issuer);
/// Whether there is an address, and keys may come from there.
trellis::Result<void> check(const Source& source);

}  // namespace jwks
