/// What files say, put where OpenSSL wants it. Errors begin with the setting: "key: server.key holds no private key".
#pragma once

#include <string>
#include <vector>

#include "openssl.hpp"
#include "settings.hpp"

namespace transport_tls {

bool read_file(const std::string& path, std::string& text, std::string& error);

/// A certificate with its chain, and its key. Empty with error set when they cannot be used; else the chain, leaf
/// first.
std::vector<Certificate> use_certificate(SSL_CTX* context, const std::string& chain, const std::string& key,
                                         std::string& error);

/// Where a list of authorities, and of what they revoked, stands, and what the settings are called.
struct TrustFiles {
  const std::string& ca;
  const std::string& crl;  ///< empty: nothing is revoked
  const char* ca_setting;
  const char* crl_setting;
};
/// Null with error set. authorities: what was read.
Store read_store(const TrustFiles& files, std::vector<Certificate>& authorities, std::string& error);

/// Versions and ciphers, which both sides have in common.
bool set_versions(SSL_CTX* context, const Settings& settings, std::string& error);

/// Names of protocols as ALPN sends them.
std::string on_the_wire(const std::vector<std::string>& protocols);

}  // namespace transport_tls
