/// One public key and what it may check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <trellis/result.hpp>

#include "common/jose/algorithm.hpp"
#include "common/openssl/openssl.hpp"

namespace jose {

using namespace openssl;

inline constexpr int kSmallestRsaBits = 2048;
inline constexpr int kLargestRsaBits = 8192;

class Key {
 public:
  enum class Kind : std::uint8_t { rsa, p256, p384, p521, ed25519 };

  /// kid: nothing where it has no name. only: the one algorithm it is meant for.
  /// Fails where the key is of a kind no algorithm here uses, or too small or too large.
  static trellis::Result<Key> make(PublicKey key, std::optional<std::string> kid,
                                   std::optional<Algorithm> only = std::nullopt);

  const std::optional<std::string>& kid() const noexcept { return kid_; }
  Kind kind() const noexcept { return kind_; }
  bool fits(Algorithm algorithm) const noexcept;
  bool same_as(const Key& other) const noexcept;
  EVP_PKEY* handle() const noexcept { return key_.get(); }

 private:
  PublicKey key_;
  std::optional<std::string> kid_;
  std::optional<Algorithm> only_;
  Kind kind_ = Kind::rsa;
};

/// Of the curve's field, and of each half of a signature: 32, 48 or 66. 0 for RSA and Ed25519.
std::size_t coordinate_bytes(Key::Kind kind) noexcept;

}  // namespace jose
