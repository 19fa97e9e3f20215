/// From a token to claims that can be believed.
#pragma once

#include <chrono>
#include <trellis/result.hpp>

#include "common/jose/claims.hpp"
#include "common/jose/key_set.hpp"
#include "common/jose/rules.hpp"
#include "common/jose/signature.hpp"
#include "common/jose/token.hpp"

namespace jose {

/// The claims, after signature and rules were checked, in this order: what nobody signed is not even read. Fails with
///   no_match        no key of the set can be the one: newer keys may help
///   not_authorized  it is a token, but not one that opens anything here
///   invalid         what was signed are no claims
/// and with a sentence fit for logs and for the client. now: Unix time.
trellis::Result<Claims> accept(const Token& token, const KeySet& keys, AlgorithmSet allowed, const Rules& rules,
                               std::chrono::seconds now);

}  // namespace jose
