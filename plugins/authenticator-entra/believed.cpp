#include "believed.hpp"

#include "common/jose/accept.hpp"

namespace entra {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;

/// What nobody signed yet decides nothing but this: a token that would be refused with any key is refused without one.
/// It must not make us ask the issuer, nor wait for it.
Result<void> check_unsigned(const jose::Token& token, const Settings& settings, std::chrono::seconds now) {
  const auto claims = jose::Claims::parse(token.payload());
  if (!claims) return fail(claims.error().text, Status::not_authorized);
  if (const auto good = jose::check_claims(token.header(), *claims, settings.rules, now); !good) return good;
  if (const auto principal = principal_of(*claims, settings); !principal) return principal.error();
  return trellis::ok();
}

}  // namespace

Result<Principal> judge(const jose::Token& token, const Settings& settings, const jose::KeySet* keys,
                        std::chrono::seconds now) {
  static const jose::KeySet kNone;
  const auto claims =
      jose::accept(token, keys == nullptr ? kNone : *keys, jose::AlgorithmSet::all(), settings.rules, now);
  if (claims) return principal_of(*claims, settings);
  if (claims.error().status != Status::no_match) return fail(claims.error().text, Status::not_authorized);
  if (const auto good = check_unsigned(token, settings, now); !good) return good.error();
  return claims.error();
}

}  // namespace entra
