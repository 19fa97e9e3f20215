#include "handshake.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <cstring>

#include "feed.hpp"

namespace transport_tls {
namespace {

std::chrono::seconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
}

// The first host name of the extension as it stands on the wire (RFC 6066, 3).
std::string_view host_name(const unsigned char* extension, std::size_t size) {
  constexpr std::size_t kHead = 5;  // length of the list, type, length of the name
  if (size < kHead || extension[2] != TLSEXT_NAMETYPE_host_name) return {};
  const std::size_t length = std::size_t{extension[3]} << 8 | extension[4];
  if (length > size - kHead) return {};
  return {reinterpret_cast<const char*>(extension) + kHead, length};
}

// The name in the ClientHello picks the certificate and how the client's is treated. It has to be known before a ticket
// is opened, which is earlier than OpenSSL tells it.
int choose_server(SSL* session, int*, void*) {
  const ClientFacts& facts = facts_of(session);
  ClientFacts::Handshake& handshake = *facts.handshake;
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  handshake.host.clear();  // a second ClientHello, after HelloRetryRequest, may say otherwise
  if (SSL_client_hello_get0_ext(session, TLSEXT_TYPE_server_name, &extension, &size) == 1) {
    handshake.host = host_name(extension, size);
  }
  handshake.server = &facts.contexts->find(handshake.host);
  SSL_set_SSL_CTX(session, handshake.server->context.get());
  handshake.server->ask_client(session);
  SSL_set_num_tickets(session, handshake.server->ticket_at_once ? 1 : 0);
  return SSL_CLIENT_HELLO_SUCCESS;
}

// OpenSSL keeps the name only where somebody wants it.
int keep_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

// Ours decides the order. Who offers none of them may still speak what the bytes tell (RFC 7301 would have us refuse).
int choose_protocol(SSL* session, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  const std::string& ours = facts_of(session).contexts->alpn();
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(ours.data()),
                                          static_cast<unsigned int>(ours.size()), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int staple_this(SSL* session, std::string_view response) {
  void* copy = response.empty() ? nullptr : OPENSSL_memdup(response.data(), response.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(session, static_cast<unsigned char*>(copy), static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

// Only for clients that ask for it. What is fetched is thrown away when it expires, but a machine may have slept.
int staple(SSL* session, void*) {
  const ServerContext& server = *facts_of(session).handshake->server;
  if (server.ocsp_subject == nullptr) return staple_this(session, server.ocsp);
  const auto kept = server.ocsp_subject->kept();
  return kept == nullptr || kept->expires <= now() ? SSL_TLSEXT_ERR_NOACK : staple_this(session, kept->der);
}

// ---- tickets

bool use_key(const TicketKeys::Key& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool seal) {
  auto* const mac_key = const_cast<unsigned char*>(key.mac.data());
  auto* const digest = const_cast<char*>("SHA256");
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key, key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters.data()) != 1) return false;
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, seal ? 1 : 0) == 1;
}

int ticket_key(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int seal) {
  TicketKeys& keys = facts_of(session).contexts->tickets();
  if (seal != 0) {
    const TicketKeys::Key key = keys.current(now());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    std::memcpy(name, key.name.data(), key.name.size());
    return use_key(key, iv, cipher, mac, true) ? 1 : -1;
  }
  const auto found = keys.find(name, now());
  if (!found) return 0;  // a full handshake
  if (!use_key(found->key, iv, cipher, mac, false)) return -1;
  return found->renew ? 2 : 1;
}

// A session keeps the client's own certificate; what stood behind it goes along as our own data.
int seal_chain(SSL* session, void*) {
  std::string der;
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(session);
  for (int i = 0; i < sk_X509_num(chain); ++i) append_der(sk_X509_value(chain, i), der);
  const ClientFacts& facts = facts_of(session);
  if (der.empty() && facts.intermediates != nullptr) der = *facts.intermediates;  // a resumed one gets another ticket
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(session), der.data(), der.size());
}

// Who was revoked since, or whose CA is not trusted any more, does not come back by a ticket.
SSL_TICKET_RETURN open_chain(SSL* session, SSL_SESSION* resumed, const unsigned char*, std::size_t,
                             SSL_TICKET_STATUS status, void*) {
  if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT) return SSL_TICKET_RETURN_IGNORE_RENEW;
  ClientFacts& facts = facts_of(session);
  ClientFacts::Handshake& handshake = *facts.handshake;
  void* data = nullptr;
  std::size_t size = 0;
  std::string_view intermediates;
  if (SSL_SESSION_get0_ticket_appdata(resumed, &data, &size) == 1) intermediates = {static_cast<char*>(data), size};
  const char* const host = SSL_SESSION_get0_hostname(resumed);
  if (handshake.host != (host == nullptr ? "" : host)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const ServerContext& server = *handshake.server;
  X509* const leaf = SSL_SESSION_get0_peer(resumed);
  std::string why;
  handshake.resumed_verified = leaf != nullptr && verifies(server.clients.get(), leaf, read_der(intermediates), why);
  const bool must_verify = server.client_certificates == ClientCertificates::verified;
  const bool must_show = server.client_certificates >= ClientCertificates::required;
  if ((must_verify && !handshake.resumed_verified) || (must_show && leaf == nullptr))
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  facts.intermediates = intermediates.empty() ? nullptr : std::make_unique<std::string>(intermediates);
  // Those of TLS 1.3 should be used once (RFC 8446, C.4), so another one is due.
  const bool renew = status == SSL_TICKET_SUCCESS_RENEW || SSL_version(session) == TLS1_3_VERSION;
  if (renew) SSL_set_num_tickets(session, 1);
  return renew ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

}  // namespace

void set_callbacks(SSL_CTX* context, const Contexts& contexts) {
  SSL_CTX_set_client_hello_cb(context, &choose_server, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, &keep_name);
  if (!contexts.alpn().empty()) SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, &staple);
  SSL_CTX_set_num_tickets(context, 0);  // choose_server() and owes_ticket() decide
  if (contexts.tickets().lifetime().count() == 0) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    return;
  }
  SSL_CTX_set_timeout(context, static_cast<long>(contexts.settings().resumption.count()));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &ticket_key);
  SSL_CTX_set_session_ticket_cb(context, &seal_chain, &open_chain, nullptr);
}

bool owes_ticket(SSL* session) {
  return SSL_version(session) == TLS1_3_VERSION && SSL_get_num_tickets(session) == 0 &&
         facts_of(session).contexts->tickets().lifetime().count() != 0;
}

bool send_ticket(SSL* session) { return SSL_new_session_ticket(session) == 1 && SSL_do_handshake(session) == 1; }

void forget_ephemeral_keys(SSL* session) {
  const auto empty = [](EVP_PKEY* key) {
    EVP_PKEY_set_type(key, EVP_PKEY_X25519);  // any type: what it held is freed
    EVP_PKEY_free(key);
  };
  EVP_PKEY* key = nullptr;
  if (SSL_get_tmp_key(session, &key) == 1) empty(key);
  if (SSL_get_peer_tmp_key(session, &key) == 1) empty(key);
}

}  // namespace transport_tls
