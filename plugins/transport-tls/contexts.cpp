#include "contexts.hpp"

#include <openssl/err.h>

#include "dialled_context.hpp"
#include "files.hpp"
#include "handshake.hpp"

namespace transport_tls {
namespace {

constexpr std::string_view kSessionContext = "trellis";

// Accepts what was checked already, by OpenSSL or by the authenticators: the result is kept, not acted upon.
int accept_any(int, X509_STORE_CTX*) { return 1; }

// At most one of the two is set.
bool use_ocsp(ServerContext& made, const std::vector<Certificate>& chain, const CertificateSettings& files,
              std::string& error) {
  if (!files.ocsp.empty() && !read_file(files.ocsp, made.ocsp, error)) {
    error = "ocsp: " + error;
    return false;
  }
  if (files.ocsp_responder.empty()) return true;
  made.ocsp_subject = OcspSubject::make(chain, files.chain, files.ocsp_responder, error);
  return made.ocsp_subject != nullptr;
}

}  // namespace

Contexts::Contexts(const Settings& settings, TicketKeys& tickets)
    : settings_(settings), tickets_(tickets), alpn_(on_the_wire(settings.alpn)) {}

Contexts::~Contexts() = default;

std::shared_ptr<const Contexts> Contexts::load(const Settings& settings, TicketKeys& tickets, const Contexts* before,
                                               std::string& error) {
  std::shared_ptr<Contexts> made(new Contexts(settings, tickets));
  for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
    if (made->add(i, before == nullptr ? nullptr : before->all_[i].get(), error)) continue;
    error = "/certificates/" + std::to_string(i) + "/" + error;
    return nullptr;
  }
  made->dialled_ = DialledContext::load(settings, error);
  if (made->dialled_ == nullptr) return nullptr;
  return made;
}

bool Contexts::add(std::size_t index, const ServerContext* before, std::string& error) {
  const CertificateSettings& files = settings_.certificates[index];
  auto made = std::make_unique<ServerContext>();
  made->context.reset(SSL_CTX_new(TLS_server_method()));
  made->client_certificates = files.client_certificates;
  const auto chain = use_certificate(made->context.get(), files.chain, files.key, error);
  if (chain.empty() || !use_client_ca(*made, files, error)) return false;
  if (!use_ocsp(*made, chain, files, error)) return false;
  if (before != nullptr && made->ocsp_subject != nullptr && made->ocsp_subject->same(*before->ocsp_subject)) {
    made->ocsp_subject = before->ocsp_subject;
  }
  if (!set_up(*made, error)) return false;
  SSL_CTX_set_app_data(made->context.get(), made.get());
  for (const std::string& name : files.hosts.empty() ? names_of(chain[0].get()) : files.hosts) {
    by_host_.add(name, made.get());
  }
  all_.push_back(std::move(made));
  return true;
}

bool Contexts::use_client_ca(ServerContext& made, const CertificateSettings& files, std::string& error) const {
  if (files.client_ca.empty()) {
    if (files.client_certificates != ClientCertificates::verified) return true;
    error = "client_ca: it is missing, so no client's certificate could be verified";
    return false;
  }
  std::vector<Certificate> authorities;
  made.clients = read_store({files.client_ca, files.client_crl, "client_ca", "client_crl"}, authorities, error);
  if (made.clients == nullptr) return false;
  for (const Certificate& one : authorities) SSL_CTX_add_client_CA(made.context.get(), one.get());
  SSL_CTX_set1_verify_cert_store(made.context.get(), made.clients.get());
  return true;
}

bool Contexts::set_up(ServerContext& made, std::string& error) const {
  SSL_CTX* const context = made.context.get();
  if (!set_versions(context, settings_, error)) return false;  // tickets only: nothing is kept for who may come back
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // The chain is what the file says: without that, OpenSSL looks for issuers in every handshake.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
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
  const auto* const found = by_host_.find(host);
  return found == nullptr ? *all_.front() : **found;
}

std::int64_t Contexts::expires_s(std::size_t index) const noexcept {
  return expiry_of(SSL_CTX_get0_certificate(all_[index]->context.get()));
}

std::vector<std::shared_ptr<OcspSubject>> Contexts::ocsp_subjects() const {
  std::vector<std::shared_ptr<OcspSubject>> subjects;
  for (const auto& one : all_) {
    if (one->ocsp_subject != nullptr) subjects.push_back(one->ocsp_subject);
  }
  return subjects;
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
  const DiallingSettings& dialling = settings.dialling;
  for (const std::string& file : {dialling.server_ca, dialling.server_crl, dialling.chain, dialling.key}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

}  // namespace transport_tls
