/// The keys an issuer signs with.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/jose/key.hpp"

namespace jose {

/// Not changed any more once it is shared: any number of threads may check signatures with it then.
class KeySet {
 public:
  static constexpr std::size_t kMostKeys = 64;
  /// Of a JWKS, in bytes.
  static constexpr std::size_t kLargestJwks = 64 * 1024;

  /// Adds the one key of a PEM text: of a certificate, of a public-key block, or of both where they hold the same key.
  /// Nothing else of the certificate is looked at. Fails where there is none, more than one, or a private key.
  trellis::Result<void> add_pem(std::string_view pem, std::optional<std::string> kid);

  struct Reading;
  /// The usable keys of a JWKS (RFC 7517, 5). Symmetric keys and those for encryption are left out silently, damaged
  /// ones with a reason. Fails with Status::invalid where the text is no JWKS.
  static trellis::Result<Reading> from_jwks(std::string_view json);

  std::span<const Key> keys() const noexcept { return keys_; }
  bool empty() const noexcept { return keys_.empty(); }

 private:
  std::vector<Key> keys_;
};

struct KeySet::Reading {
  KeySet keys;
  std::vector<std::string> skipped;  ///< "key 2 ('old'): it is an RSA key of 1024 bits, expected 2048 to 8192"
};

/// The key of a PEM text, as add_pem() says.
trellis::Result<PublicKey> read_pem(std::string_view pem);

}  // namespace jose
