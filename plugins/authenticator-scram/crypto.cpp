#include "crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/openssl/openssl.hpp"

namespace scram {
namespace {

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string hash(std::string_view text) {
  std::string out(kHashBytes, '\0');
  EVP_Digest(text.data(), text.size(), bytes(out), nullptr, EVP_sha256(), nullptr);
  return out;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string out = openssl::hmac_sha256(key, text);
  out.resize(kHashBytes);
  return out;
}

std::string salted_password(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  std::string out(kHashBytes, '\0');
  const bool made =
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()),
                        static_cast<int>(iterations), EVP_sha256(), static_cast<int>(out.size()), bytes(out)) == 1;
  return made ? out : std::string();
}

std::string exclusive_or(std::string_view one, std::string_view other) {
  std::string out(one);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ other[i]);
  return out;
}

bool same(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  return RAND_bytes(bytes(out), static_cast<int>(count)) == 1 ? out : std::string();
}

}  // namespace scram
