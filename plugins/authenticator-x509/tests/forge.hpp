// Makes certificates and revocation lists for tests, good ones and others.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/openssl/openssl.hpp"

namespace x509::testing {

// Around the clock of TestHost, which begins at 2026-01-01, and today's.
constexpr std::int64_t kLongAgo = 1'735'689'600;    // 2025-01-01T00:00:00Z, in seconds
constexpr std::int64_t kNow = 1'767'225'600;        // 2026-01-01T00:00:00Z
constexpr std::int64_t kFarFuture = 2'082'758'400;  // 2036-01-01T00:00:00Z

/// What a certificate is to say. Extensions are written as in a configuration of `openssl req`.
struct Wanted {
  std::vector<std::pair<std::string, std::string>> subject = {};  ///< {"CN", "press-04"}, in the order of the DER
  std::string names = {};                                         ///< "DNS:a.example,IP:192.0.2.1"
  std::string usage = {};
  std::string extended_usage = {};
  std::string constraints = {};  ///< "critical,CA:TRUE"
  std::int64_t from = kLongAgo;  ///< Unix seconds
  std::int64_t until = kFarFuture;
  int rsa_bits = 0;  ///< 0: a key on P-256
};

Wanted device(const std::string& common_name);
Wanted authority(const std::string& common_name);

struct ListOptions {
  std::int64_t from = kLongAgo;
  std::int64_t until = kFarFuture;
  bool delta = false;
};

/// A certificate with its key.
class Forged {
 public:
  /// Signed by itself.
  explicit Forged(const Wanted& wanted);

  /// Signed by this one, whether it may sign or not.
  Forged issue(const Wanted& wanted) const;
  /// Of this one's name, signed by this one.
  std::string revocation_list(const std::vector<const Forged*>& revoked, const ListOptions& options = {}) const;

  X509* certificate() const { return certificate_.get(); }
  openssl::Certificate copy() const;
  std::string der() const;
  std::string pem() const;
  std::string key_pem() const;

 private:
  Forged(const Wanted& wanted, const Forged* issuer);

  openssl::PrivateKey key_;
  openssl::Certificate certificate_;
};

/// The text as one JSON string.
std::string quoted(const std::string& text);
/// The properties of a caCertificates resource.
std::string resource_of(const Forged& authority);

}  // namespace x509::testing
