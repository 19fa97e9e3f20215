// Makes fingerprints with HMAC-SHA256: fast, and useless to whoever reads the memory without the key.
#include "fingerprint.hpp"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/openssl/openssl.hpp"

namespace common {
namespace {

/// Appends a part with its length, so that no two different lists of parts give the same bytes.
void append_part(std::string& text, std::string_view part) {
  const std::uint64_t size = part.size();
  text.append(reinterpret_cast<const char*>(&size), sizeof size);
  text.append(part);
}

}  // namespace

// Of the system: OpenSSL's own generator would take half a megabyte of a broker that nobody has asked anything yet.
bool FingerprintKey::draw() { return ::getentropy(key_.data(), key_.size()) == 0; }

void FingerprintKey::set(std::string_view bytes) {
  key_.fill(0);
  std::memcpy(key_.data(), bytes.data(), std::min(bytes.size(), key_.size()));
}

Fingerprint FingerprintKey::of(std::initializer_list<std::string_view> parts) const {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += sizeof(std::uint64_t) + part.size();
  std::string text;
  text.reserve(size);  // so that no copy of a secret is left behind
  for (const std::string_view part : parts) append_part(text, part);
  Fingerprint made{};
  const std::string mac = openssl::hmac_sha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, text);
  std::copy_n(mac.begin(), std::min(mac.size(), made.size()), made.begin());
  OPENSSL_cleanse(text.data(), text.size());
  return made;
}

}  // namespace common
