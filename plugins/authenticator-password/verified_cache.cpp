// Makes fingerprints with HMAC-SHA256: fast, and useless to whoever reads the memory without the key.
#include "verified_cache.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <string>

namespace password {
namespace {

/// Appends a part with its length, so that no two different lists of parts give the same bytes.
void append_part(std::string& text, std::string_view part) {
  const uint64_t size = part.size();
  text.append(reinterpret_cast<const char*>(&size), sizeof size);
  text.append(part);
}

}  // namespace

bool FingerprintKey::draw() { return RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1; }

Fingerprint FingerprintKey::of(std::string_view user, const Hash& stored, std::string_view password) const {
  std::string text;
  text.reserve(4 * sizeof(uint64_t) + user.size() + stored.salt.size() + stored.digest.size() + password.size());
  append_part(text, user);
  append_part(text, stored.salt);
  append_part(text, stored.digest);
  append_part(text, password);
  Fingerprint made{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), made.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return made;
}

}  // namespace password
