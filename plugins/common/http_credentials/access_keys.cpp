#include "common/http_credentials/access_keys.hpp"

#include <openssl/crypto.h>

#include <utility>

#include "common/base64/base64.hpp"
#include "common/openssl/openssl.hpp"

namespace http_credentials {

using trellis::fail;
using trellis::Result;
using trellis::Status;

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
    if (key.size() > kLongest) {
      return fail("key " + std::to_string(made.keys_.size() + 1) + " has more than 128 characters");
    }
    Key& kept = made.keys_.emplace_back(Key{{}, key.size(), std::move(*decoded)});
    key.copy(kept.text.data(), kept.text.size());
    if (key.size() > made.compared_) made.compared_ = kLongest;
  }
  return made;
}

bool AccessKeys::check_key(std::string_view shown) const noexcept {
  // What is too long is compared all the same, and its size found to be no key's.
  Text text{};
  shown.copy(text.data(), text.size());
  bool right = false;
  for (const Key& key : keys_) {
    const int differs = CRYPTO_memcmp(key.text.data(), text.data(), compared_);
    right = (differs == 0 && key.size == shown.size()) || right;
  }
  return right;
}

bool AccessKeys::signed_by_one(std::string_view text, std::string_view signature) const {
  bool right = false;
  for (const Key& key : keys_) {
    const std::string made = openssl::hmac_sha256(key.bytes, text);
    right = (!made.empty() && made.size() == signature.size() &&
             CRYPTO_memcmp(made.data(), signature.data(), made.size()) == 0) ||
            right;
  }
  return right;
}

Result<SasToken> AccessKeys::check_sas(std::string_view shown) const {
  auto token = SasToken::parse(shown);
  if (token && !signed_by_one(token->signed_text(), token->signature())) {
    return fail("the signature of the SAS token is wrong", Status::bad_credentials);
  }
  return token;
}

}  // namespace http_credentials
