#include "files.hpp"

#include <openssl/err.h>

#include "watched_file/watched_file.hpp"

namespace transport_tls {
namespace {

// Puts what went wrong behind the setting's name.
class Failed {
 public:
  explicit Failed(std::string& error) noexcept : error_(error) {}
  void operator()(const char* setting, const std::string& reason) const {
    error_ = std::string(setting) + ": " + reason;
  }

 private:
  std::string& error_;
};

}  // namespace

bool read_file(const std::string& path, std::string& text, std::string& error) {
  common::FileStamp stamp;
  return common::read_whole_file(path, text, stamp, error);
}

std::vector<Certificate> use_certificate(SSL_CTX* context, const std::string& chain_file, const std::string& key_file,
                                         std::string& error) {
  const Failed failed(error);
  std::string text;
  std::string why;
  if (!read_file(chain_file, text, why)) return failed("chain", why), std::vector<Certificate>();
  auto chain = read_certificates(text, why);
  if (chain.empty()) return failed("chain", chain_file + " " + why), std::vector<Certificate>();
  if (!read_file(key_file, text, why)) return failed("key", why), std::vector<Certificate>();
  const PrivateKey key = read_key(text, why);
  OPENSSL_cleanse(text.data(), text.size());
  if (key == nullptr) return failed("key", key_file + " " + why), std::vector<Certificate>();
  if (SSL_CTX_use_certificate(context, chain[0].get()) != 1) {
    return failed("chain", chain_file + ": " + last_error()), std::vector<Certificate>();
  }
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    ERR_clear_error();
    failed("key", key_file + " is not the key of the certificate in " + chain_file);
    return {};
  }
  SSL_CTX_use_PrivateKey(context, key.get());
  return chain;
}

Store read_store(const TrustFiles& files, std::vector<Certificate>& authorities, std::string& error) {
  const Failed failed(error);
  std::string text;
  std::string why;
  if (!read_file(files.ca, text, why)) return failed(files.ca_setting, why), nullptr;
  authorities = read_certificates(text, why);
  if (authorities.empty()) return failed(files.ca_setting, files.ca + " " + why), nullptr;
  Store store(X509_STORE_new());
  for (const Certificate& one : authorities) X509_STORE_add_cert(store.get(), one.get());
  // An intermediate in the list is trusted by itself.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (!files.crl.empty()) {
    if (!read_file(files.crl, text, why)) return failed(files.crl_setting, why), nullptr;
    const auto lists = read_revocation_lists(text, why);
    if (lists.empty()) return failed(files.crl_setting, files.crl + " " + why), nullptr;
    for (const RevocationList& one : lists) X509_STORE_add_crl(store.get(), one.get());
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  X509_STORE_set_flags(store.get(), flags);
  return store;
}

bool set_versions(SSL_CTX* context, const Settings& settings, std::string& error) {
  SSL_CTX_set_min_proto_version(context, settings.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    error = "OpenSSL knows none of the ciphers: " + last_error();
    return false;
  }
  if (SSL_CTX_set_ciphersuites(context, settings.ciphersuites.c_str()) != 1) {
    error = "OpenSSL does not know all of the ciphersuites: " + last_error();
    return false;
  }
  return true;
}

std::string on_the_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

}  // namespace transport_tls
