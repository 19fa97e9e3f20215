/// One key of a JWKS (RFC 7517, RFC 7518 6, RFC 8037 2).
#pragma once

#include <optional>
#include <trellis/json.hpp>
#include <trellis/result.hpp>

#include "common/jose/key.hpp"

namespace jose {

/// Nothing where it is meant for something else: a symmetric key, one for encryption, of a kind or for an algorithm
/// this library does not know.
trellis::Result<std::optional<Key>> read_jwk(const trellis::json::Value& jwk);

}  // namespace jose
