// Signatures of Standard Webhooks, by which a receiver knows who sent a request and that nobody changed it.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/openssl/openssl.hpp"

namespace hooks {

/// Signs with one secret, or with two while receivers change from one to the other. All threads may sign.
class Signer {
 public:
  static constexpr std::size_t kMostSecrets = 2;

  /// "whsec_" and base64 of 24 to 64 bytes for HMAC-SHA256; "whsk_" and base64 of an Ed25519 key's 32 bytes, or of
  /// these and the 32 of its public key. A refusal does not repeat it.
  trellis::Result<void> add(std::string_view secret);

  explicit operator bool() const noexcept { return !keys_.empty(); }

  /// The value of webhook-signature: "v1,<base64> v1a,<base64>", in the order of the secrets. Empty where OpenSSL
  /// fails.
  std::string sign(std::string_view id, std::string_view timestamp, std::string_view body) const;

 private:
  struct Key {
    openssl::PrivateKey key;  // of Ed25519; null: secret is one of HMAC
    std::string secret;
  };

  std::vector<Key> keys_;
};

}  // namespace hooks
