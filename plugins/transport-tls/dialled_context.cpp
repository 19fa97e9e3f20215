#include "dialled_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <vector>

#include "files.hpp"

namespace transport_tls {
namespace {

// alpn: names with commas between. False where that is no list of them.
bool offer(SSL* session, std::string_view alpn) {
  std::vector<std::string> protocols;
  for (bool more = true; more;) {
    const std::size_t comma = alpn.find(',');
    protocols.emplace_back(alpn.substr(0, comma));
    if (protocols.back().size() > 255) return false;
    more = comma != std::string_view::npos;
    if (more) alpn.remove_prefix(comma + 1);
  }
  const std::string wire = on_the_wire(protocols);  // OpenSSL refuses a list with an empty name in it
  return SSL_set_alpn_protos(session, reinterpret_cast<const unsigned char*>(wire.data()),
                             static_cast<unsigned>(wire.size())) == 0;
}

}  // namespace

std::unique_ptr<const DialledContext> DialledContext::load(const Settings& settings, std::string& error) {
  auto made = std::make_unique<DialledContext>();
  SSL_CTX* const context = made->context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const std::string alpn = on_the_wire(settings.dialling.alpn);
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  if (!set_versions(context, settings, error)) return nullptr;
  if (made->trust(settings.dialling, error) && made->show(settings.dialling, error)) return made;
  error = "/dialling/" + error;
  return nullptr;
}

bool DialledContext::trust(const DiallingSettings& files, std::string& error) {
  if (files.server_ca.empty()) {
    if (!files.server_crl.empty()) {
      error = "server_crl: it needs server_ca beside it";
      return false;
    }
    if (SSL_CTX_set_default_verify_paths(context_.get()) == 1) return true;
    error = "server_ca: it is missing, and the system's authorities cannot be read: " + last_error();
    return false;
  }
  std::vector<Certificate> authorities;
  const Store store = read_store({files.server_ca, files.server_crl, "server_ca", "server_crl"}, authorities, error);
  if (store == nullptr) return false;
  SSL_CTX_set1_verify_cert_store(context_.get(), store.get());
  return true;
}

bool DialledContext::show(const DiallingSettings& files, std::string& error) {
  if (files.chain.empty() && files.key.empty()) return true;
  if (files.chain.empty() || files.key.empty()) {
    error = files.chain.empty() ? "chain: it is missing beside the key" : "key: it is missing beside the chain";
    return false;
  }
  return !use_certificate(context_.get(), files.chain, files.key, error).empty();
}

Session DialledContext::session(const std::string& host, std::string_view alpn) const {
  Session made(SSL_new(context_.get()));
  if (!alpn.empty() && !offer(made.get(), alpn)) return nullptr;
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(made.get());
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
    ERR_clear_error();
    // What OpenSSL takes for no name must not end as a connection to anybody.
    const bool named = X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1 &&
                       SSL_set_tlsext_host_name(made.get(), host.c_str()) == 1;
    if (!named) return nullptr;
  }
  SSL_set_connect_state(made.get());
  return made;
}

}  // namespace transport_tls
