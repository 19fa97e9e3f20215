/// An issuer of tokens for tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/jose/algorithm.hpp"
#include "common/openssl/openssl.hpp"

namespace jose::testing {

using namespace openssl;

/// A fresh key, and tokens signed with it. Throws where OpenSSL fails.
class Signer {
 public:
  /// rsa_bits: of RS* and PS*.
  explicit Signer(Algorithm algorithm = Algorithm::rs256, unsigned rsa_bits = 2048);

  /// The same key with another algorithm of its kind.
  Signer as(Algorithm algorithm) const;

  /// A token of any header and payload, both JSON or what pretends to be.
  std::string sign(std::string_view header, std::string_view payload) const;
  /// A token with alg, typ JWT and, where given, kid.
  std::string token(std::string_view payload, std::optional<std::string_view> kid = std::nullopt) const;

  /// PEM: a public-key block, a self-signed certificate, the private key.
  std::string public_key() const;
  std::string certificate() const;
  std::string private_key() const;
  /// One key of a JWKS. further: members in front of its end, each after a comma: `,"alg":"RS256"`.
  std::string jwk(std::string_view kid, std::string_view further = {}) const;
  /// A JWKS of this key alone.
  std::string jwks(std::string_view kid) const { return R"({"keys":[)" + jwk(kid) + "]}"; }

 private:
  Signer(Algorithm algorithm, PublicKey key) : algorithm_(algorithm), key_(std::move(key)) {}
  std::string signature(std::string_view input) const;

  Algorithm algorithm_;
  PublicKey key_;  // the private half too
};

}  // namespace jose::testing
