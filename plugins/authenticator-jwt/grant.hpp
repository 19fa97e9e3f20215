/// What a token makes of a client.
#pragma once

#include <chrono>
#include <string>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "common/jose/claims.hpp"

namespace jwt {

/// Owns its texts.
struct Grant {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;  ///< values are JSON
  std::chrono::milliseconds expires{0};
};

/// The longest `sub` in bytes.
inline constexpr std::size_t kLongestName = 512;

/// Every claim that is a whole number of 32 bits, a text or a list of texts is an attribute, except the registered ones
/// and names of the broker's own, which begin with "trellis:". Fails where `sub` is no name.
trellis::Result<Grant> grant_of(const jose::Claims& claims, std::chrono::seconds skew);

}  // namespace jwt
