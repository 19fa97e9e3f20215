// Keys of NATS users: a seed that signs what the server asks, and the public key it is known by.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "common/openssl/openssl.hpp"

namespace nats {

class UserKey {
 public:
  UserKey() = default;
  /// Of "SU…". No sentence names it.
  static trellis::Result<UserKey> of_seed(std::string_view seed);

  explicit operator bool() const noexcept { return key_ != nullptr; }
  /// "U…".
  const std::string& name() const noexcept { return name_; }
  /// In base64; empty where OpenSSL cannot sign.
  std::string sign(std::string_view nonce) const;

 private:
  openssl::PrivateKey key_;
  std::string name_;
};

}  // namespace nats
