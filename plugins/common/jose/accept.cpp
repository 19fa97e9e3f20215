#include "common/jose/accept.hpp"

namespace jose {

trellis::Result<Claims> accept(const Token& token, const KeySet& keys, AlgorithmSet allowed, const Rules& rules,
                               std::chrono::seconds now) {
  if (const auto good = check_signature(token, keys, allowed); !good) return good.error();
  auto claims = Claims::parse(token.payload());
  if (!claims) return claims;
  if (const auto good = check_claims(token.header(), *claims, rules, now); !good) return good.error();
  return claims;
}

}  // namespace jose
