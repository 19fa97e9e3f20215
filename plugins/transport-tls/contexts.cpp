#include "contexts.hpp"

#include <openssl/err.h>

#include <algorithm>

#include "handshake.hpp"
#include "watched_file/watched_file.hpp"

namespace transport_tls {
namespace {

constexpr std::string_view kSessionContext = "trellis";

bool read_file(const std::string& path, std::string& text, std::string& error) {
  common::FileStamp stamp;
  return common::read_whole_file(path, text, stamp, error);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  return text;
}

// Accepts what was checked already, by OpenSSL or by the authenticators: the result is kept, not acted upon.
int accept_any(int, X509_STORE_CTX*) { return 1; }

}  // namespace

Contexts::Contexts(const Settings& settings, TicketKeys& tickets) : settings_(settings), tickets_(tickets) {
  for (const std::string& protocol : settings.alpn) {
    alpn_ += static_cast<char>(protocol.size());
    alpn_ += protocol;
  }
}

Contexts::~Contexts() = default;

std::shared_ptr<const Contexts> Contexts::load(const Settings& settings, TicketKeys& tickets, std::string& error) {
  std::shared_ptr<Contexts> made(new Contexts(settings, tickets));
  for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
    if (made->add(i, error)) continue;
    error = "/certificates/" + std::to_string(i) + "/" + error;
    return nullptr;
  }
  return made;
}

bool Contexts::add(std::size_t index, std::string& error) {
  const CertificateSettings& files = settings_.certificates[index];
  auto made = std::make_unique<ServerContext>();
  made->context.reset(SSL_CTX_new(TLS_server_method()));
  made->client_certificates = files.client_certificates;
  std::vector<std::string> names = files.hosts;
  if (!use_certificate(*made, files, names, error) || !use_client_ca(*made, files, error)) return false;
  if (!files.ocsp.empty() && !read_file(files.ocsp, made->ocsp, error)) {
    error = "ocsp: " + error;
    return false;
  }
  if (!set_up(*made, error)) return false;
  SSL_CTX_set_app_data(made->context.get(), made.get());
  for (const std::string& name : names) by_host_.emplace(lower(name), made.get());
  all_.push_back(std::move(made));
  return true;
}

bool Contexts::use_certificate(ServerContext& made, const CertificateSettings& files, std::vector<std::string>& names,
                               std::string& error) const {
  std::string text;
  std::string why;
  const auto failed = [&](const char* setting, const std::string& reason) {
    error = std::string(setting) + ": " + reason;
    return false;
  };
  if (!read_file(files.chain, text, why)) return failed("chain", why);
  auto chain = read_certificates(text, why);
  if (chain.empty()) return failed("chain", files.chain + " " + why);
  if (!read_file(files.key, text, why)) return failed("key", why);
  const PrivateKey key = read_key(text, why);
  OPENSSL_cleanse(text.data(), text.size());
  if (key == nullptr) return failed("key", files.key + " " + why);
  SSL_CTX* const context = made.context.get();
  if (SSL_CTX_use_certificate(context, chain[0].get()) != 1) return failed("chain", files.chain + ": " + last_error());
  for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    ERR_clear_error();
    return failed("key", files.key + " is not the key of the certificate in " + files.chain);
  }
  SSL_CTX_use_PrivateKey(context, key.get());
  if (names.empty()) names = names_of(chain[0].get());
  return true;
}

bool Contexts::use_client_ca(ServerContext& made, const CertificateSettings& files, std::string& error) const {
  std::string text;
  std::string why;
  const auto failed = [&](const char* setting, const std::string& reason) {
    error = std::string(setting) + ": " + reason;
    return false;
  };
  if (files.client_ca.empty()) {
    if (files.client_certificates != ClientCertificates::verified) return true;
    return failed("client_ca", "it is missing, so no client's certificate could be verified");
  }
  if (!read_file(files.client_ca, text, why)) return failed("client_ca", why);
  const auto authorities = read_certificates(text, why);
  if (authorities.empty()) return failed("client_ca", files.client_ca + " " + why);
  made.clients.reset(X509_STORE_new());
  for (const Certificate& one : authorities) {
    X509_STORE_add_cert(made.clients.get(), one.get());
    SSL_CTX_add_client_CA(made.context.get(), one.get());
  }
  // An intermediate in the list is trusted by itself.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (!files.client_crl.empty()) {
    if (!read_file(files.client_crl, text, why)) return failed("client_crl", why);
    const auto lists = read_revocation_lists(text, why);
    if (lists.empty()) return failed("client_crl", files.client_crl + " " + why);
    for (const RevocationList& one : lists) X509_STORE_add_crl(made.clients.get(), one.get());
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  X509_STORE_set_flags(made.clients.get(), flags);
  SSL_CTX_set1_verify_cert_store(made.context.get(), made.clients.get());
  return true;
}

bool Contexts::set_up(ServerContext& made, std::string& error) const {
  SSL_CTX* const context = made.context.get();
  SSL_CTX_set_min_proto_version(context, settings_.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  // The chain is what the file says: without that, OpenSSL looks for issuers in every handshake.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  if (SSL_CTX_set_cipher_list(context, settings_.ciphers.c_str()) != 1) {
    error = "OpenSSL knows none of the ciphers: " + last_error();
    return false;
  }
  if (SSL_CTX_set_ciphersuites(context, settings_.ciphersuites.c_str()) != 1) {
    error = "OpenSSL does not know all of the ciphersuites: " + last_error();
    return false;
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets only: nothing is kept for who may come back
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 kSessionContext.size());
  const bool rsa = EVP_PKEY_is_a(SSL_CTX_get0_privatekey(context), "RSA") == 1;
  made.ticket_at_once =
      tickets_.lifetime().count() != 0 && (rsa || made.client_certificates != ClientCertificates::none);
  set_callbacks(context, *this);
  return true;
}

void ServerContext::ask_client(SSL* session) const {
  int mode = client_certificates == ClientCertificates::none ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  if (client_certificates >= ClientCertificates::required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_set_verify(session, mode, client_certificates == ClientCertificates::verified ? nullptr : &accept_any);
}

const ServerContext& Contexts::find(std::string_view host) const {
  const std::string name = lower(std::string(host));
  auto found = by_host_.find(name);
  const std::size_t dot = name.find('.');
  if (found == by_host_.end() && dot != std::string::npos) found = by_host_.find("*" + name.substr(dot));
  return found == by_host_.end() ? *all_.front() : *found->second;
}

bool verifies(X509_STORE* store, X509* leaf, const std::vector<Certificate>& intermediates, std::string& why) {
  if (store == nullptr) {
    why = "no client_ca is configured";
    return false;
  }
  const StoreContext context(X509_STORE_CTX_new());
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (const Certificate& one : intermediates) sk_X509_push(chain, one.get());
  X509_STORE_CTX_init(context.get(), store, leaf, chain);
  X509_STORE_CTX_set_default(context.get(), "ssl_client");
  const bool sound = X509_verify_cert(context.get()) == 1;
  if (!sound) why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  sk_X509_free(chain);
  ERR_clear_error();
  return sound;
}

std::vector<std::string> files_of(const Settings& settings) {
  std::vector<std::string> files;
  for (const CertificateSettings& one : settings.certificates) {
    for (const std::string& file : {one.chain, one.key, one.ocsp, one.client_ca, one.client_crl}) {
      if (!file.empty()) files.push_back(file);
    }
  }
  return files;
}

}  // namespace transport_tls
