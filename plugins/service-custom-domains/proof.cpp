#include "proof.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace custom_domains {

std::string record_name(std::string_view domain) { return "_eg." + std::string(domain); }

std::string record_value(std::string_view secret, std::string_view name_space, std::string_view domain) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  // A NUL is in no name, so no two pairs of names make the same text.
  std::string text(name_space);
  text.append(1, '\0').append(domain);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace custom_domains
