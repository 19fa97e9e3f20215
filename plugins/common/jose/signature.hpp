/// Whether a token was signed by one of the keys.
#pragma once

#include <trellis/result.hpp>

#include "common/jose/algorithm.hpp"
#include "common/jose/key_set.hpp"
#include "common/jose/token.hpp"

namespace jose {

/// A token that names a key (kid) is checked with the keys of that name only; any other one with every key that fits
/// its algorithm, up to this many.
inline constexpr std::size_t kMostTried = 8;

/// Fails with Status::no_match where no key of the set can be the one: a newer set may have it. Fails with
/// not_authorized where the algorithm is not allowed or the signature is wrong.
trellis::Result<void> check_signature(const Token& token, const KeySet& keys, AlgorithmSet allowed);

}  // namespace jose
