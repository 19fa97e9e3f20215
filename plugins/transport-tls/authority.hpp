/// Certificates for trying out: a private CA and what it issues.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "openssl.hpp"

namespace transport_tls {

/// A certificate with its key, both as PEM.
struct Issued {
  std::string certificate;
  std::string key;
};

/// What a certificate says.
struct Request {
  std::string common_name;
  std::vector<std::string> names = {};  ///< DNS names and numeric addresses
  bool server = false;                  ///< else a client's
  std::chrono::seconds lifetime = std::chrono::days(90);
};

/// Signs with a key of its own (ECDSA P-256). Throws std::runtime_error where OpenSSL fails.
class Authority {
 public:
  /// A new one.
  explicit Authority(const std::string& common_name, std::chrono::seconds lifetime = std::chrono::days(3650));
  /// From its files. Throws with a sentence.
  Authority(const std::string& certificate_pem, const std::string& key_pem);

  std::string certificate() const;
  std::string key() const;
  Issued issue(const Request& request) const;
  /// A list of the revoked among what it issued, good for a month.
  std::string revocation_list(const std::vector<std::string>& revoked_pem) const;

 private:
  Certificate certificate_;
  PrivateKey key_;
};

}  // namespace transport_tls
