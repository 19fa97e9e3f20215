/// What the claims of a token must say.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/jose/claims.hpp"
#include "common/jose/token.hpp"

namespace jose {

struct Rules {
  bool check_issuer = true;  ///< false: the caller looks at it
  std::string issuer = {};   ///< exactly
  bool check_audience = true;
  std::vector<std::string> audiences = {};  ///< at least one of the token's must be here; none: every token is refused
  bool audiences_are_hosts = false;         ///< so that their case does not matter
  bool expiry_required = true;
  bool not_before_required = true;
  std::chrono::seconds skew{60};                    ///< by which the issuer's clock may be wrong
  std::vector<std::string> types = {"JWT", "JWS"};  ///< of the header, whatever the case; an absent one is fine
};

/// Equal, one slash at the end of either aside.
bool same_audience(std::string_view a, std::string_view b) noexcept;

/// Fails with Status::not_authorized, in a sentence that may be shown to the client: it tells what is wrong, not what
/// would be right. now: Unix time.
trellis::Result<void> check_claims(const Header& header, const Claims& claims, const Rules& rules,
                                   std::chrono::seconds now);

}  // namespace jose
