// What a token endpoint answered (RFC 6749, 5.1).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace common {

struct IssuedToken {
  std::string token;
  std::chrono::milliseconds lifetime;
};

/// A token, or what is wrong; never with what the answer says, which may be a secret.
trellis::Result<IssuedToken> read_token_answer(std::uint32_t status, std::string_view body);

}  // namespace common
