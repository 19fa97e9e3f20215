#include "signature.hpp"

#include <openssl/crypto.h>

#include <array>
#include <utility>

#include "common/base64/base64.hpp"

namespace hooks {
namespace {

constexpr std::string_view kSymmetric = "whsec_";
constexpr std::string_view kAsymmetric = "whsk_";
constexpr std::size_t kSeedBytes = 32;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string ed25519(EVP_PKEY* key, std::string_view text) {
  std::string made(64, '\0');
  std::size_t size = made.size();
  const openssl::DigestContext context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes(text), text.size()) !=
          1) {
    return {};
  }
  made.resize(size);
  return made;
}

/// Whether the second half of a long key belongs to the first.
bool has_public_key(EVP_PKEY* key, std::string_view expected) {
  std::array<unsigned char, kSeedBytes> found{};
  std::size_t size = found.size();
  return EVP_PKEY_get_raw_public_key(key, found.data(), &size) == 1 && size == expected.size() &&
         CRYPTO_memcmp(found.data(), expected.data(), size) == 0;
}

}  // namespace

trellis::Result<void> Signer::add(std::string_view secret) {
  const openssl::CleanErrors clean;
  const bool symmetric = secret.starts_with(kSymmetric);
  if (!symmetric && !secret.starts_with(kAsymmetric)) {
    return trellis::fail("a signing secret begins with \"whsec_\" (HMAC-SHA256) or \"whsk_\" (Ed25519)");
  }
  auto raw = common::from_base64(secret.substr((symmetric ? kSymmetric : kAsymmetric).size()));
  if (!raw) return trellis::fail("is no base64 behind its prefix");
  if (symmetric) {
    if (raw->size() < 24 || raw->size() > 64) {
      return trellis::fail("has " + std::to_string(raw->size()) + " bytes, expected 24 to 64");
    }
    keys_.push_back({nullptr, std::move(*raw)});
    return trellis::ok();
  }
  if (raw->size() != kSeedBytes && raw->size() != 2 * kSeedBytes) {
    return trellis::fail("has " + std::to_string(raw->size()) + " bytes, expected 32, or 64 with the public key");
  }
  openssl::PrivateKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(*raw), kSeedBytes));
  const std::string_view rest = std::string_view(*raw).substr(kSeedBytes);
  const bool right = key != nullptr && (rest.empty() || has_public_key(key.get(), rest));
  OPENSSL_cleanse(raw->data(), raw->size());
  if (!right) return trellis::fail("holds a public key that is not that of its private key");
  keys_.push_back({std::move(key), {}});
  return trellis::ok();
}

std::string Signer::sign(std::string_view id, std::string_view timestamp, std::string_view body) const {
  const openssl::CleanErrors clean;
  std::string text;
  text.reserve(id.size() + timestamp.size() + body.size() + 2);
  text.append(id).append(".").append(timestamp).append(".").append(body);
  std::string out;
  for (const Key& key : keys_) {
    const std::string made = key.key == nullptr ? openssl::hmac_sha256(key.secret, text) : ed25519(key.key.get(), text);
    if (made.empty()) return {};
    out.append(out.empty() ? "" : " ").append(key.key == nullptr ? "v1," : "v1a,").append(common::to_base64(made));
  }
  return out;
}

}  // namespace hooks
