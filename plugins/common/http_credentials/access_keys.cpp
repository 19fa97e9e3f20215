#include "common/http_credentials/access_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "common/base64/base64.hpp"
#include "common/http_credentials/sas_token.hpp"

namespace http_credentials {
namespace {

using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::Status;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Their digests are compared: those are equally long, so that not even the length of a key is told.
bool same_secret(std::string_view a, std::string_view b) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> of_a{};
  std::array<unsigned char, SHA256_DIGEST_LENGTH> of_b{};
  SHA256(bytes(a), a.size(), of_a.data());
  SHA256(bytes(b), b.size(), of_b.data());
  return CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

}  // namespace

Result<AccessKeys> AccessKeys::make(const std::vector<std::string>& keys) {
  if (keys.empty() || keys.size() > kMostKeys) {
    return fail("there are " + std::to_string(keys.size()) + " keys, expected one or two");
  }
  AccessKeys made;
  for (const std::string& key : keys) {
    auto decoded = common::from_base64(key);
    if (!decoded || decoded->empty()) {
      return fail("key " + std::to_string(made.keys_.size() + 1) + " is not base64");
    }
    made.keys_.push_back({key, std::move(*decoded)});
  }
  return made;
}

Result<void> AccessKeys::check_key(std::string_view shown) const {
  bool right = false;
  for (const Key& key : keys_) right = same_secret(key.text, shown) || right;
  if (!right) return fail("the key is wrong", Status::bad_credentials);
  return ok();
}

bool AccessKeys::signed_by_one(std::string_view text, std::string_view signature) const {
  bool right = false;
  for (const Key& key : keys_) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    const bool made = HMAC(EVP_sha256(), key.bytes.data(), static_cast<int>(key.bytes.size()), bytes(text), text.size(),
                           mac.data(), &size) != nullptr;
    right = (made && size == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), size) == 0) || right;
  }
  return right;
}

Result<void> AccessKeys::check_sas(std::string_view shown, std::span<const std::string> hosts, std::string_view path,
                                   std::chrono::seconds now) const {
  const auto token = SasToken::parse(shown);
  if (!token) return token.error();
  if (!signed_by_one(token->signed_text(), token->signature())) {
    return fail("the signature of the SAS token is wrong", Status::bad_credentials);
  }
  if (now >= token->expires()) return fail("the SAS token is expired", Status::bad_credentials);
  if (!token->covers(hosts, path)) return fail("the SAS token is for something else", Status::not_authorized);
  return ok();
}

}  // namespace http_credentials
