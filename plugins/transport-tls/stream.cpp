#include "stream.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "feed.hpp"

namespace transport_tls {

namespace {

constexpr std::size_t kRecord = 16 * 1024;  // most plain bytes of one

std::int64_t unix_seconds(const trellis::Shard& shard) {
  return std::chrono::duration_cast<std::chrono::seconds>(shard.wall()).count();
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kHelp = "TLS handshakes, by outcome.";
  Metrics metrics;
  metrics.full = host.counter("trellis_tls_handshakes_total", kHelp, "outcome=\"full\"");
  metrics.resumed = host.counter("trellis_tls_handshakes_total", kHelp, "outcome=\"resumed\"");
  metrics.failed = host.counter("trellis_tls_handshakes_total", kHelp, "outcome=\"failed\"");
  metrics.revoked = host.counter("trellis_tls_certificates_ended_total",
                                 "Connections closed because the client's certificate expired or was revoked.");
  return metrics;
}

TlsStream::TlsStream(trellis::LayerIo io, const Surroundings& around)
    : io_(io), around_(around), seen_version_(around.source.version()) {
  facts_.contexts = around.source.contexts();
  facts_.handshake = std::make_unique<ClientFacts::Handshake>();
  const ServerContext& first = facts_.contexts->find({});
  facts_.handshake->server = &first;
  session_.reset(SSL_new(first.context.get()));
  first.ask_client(session_.get());
  SSL_set_accept_state(session_.get());
}

TlsStream::~TlsStream() = default;

bool TlsStream::on_input(std::string_view bytes) noexcept {
  if (closed_) return true;
  const Feed feed(session_.get(), io_, facts_, bytes);
  ERR_clear_error();
  if (SSL_is_init_finished(session_.get()) != 1 && !shake_hands()) return false;
  if (!read_plain(feed)) return false;
  if (std::exchange(heard_again_, answered_)) give_ticket();
  return true;
}

// True when reading may go on, although there may be nothing to read yet.
bool TlsStream::shake_hands() {
  const int result = SSL_do_handshake(session_.get());
  // Also the rest of a message that changes keys, long after the handshake, is read this way.
  if (result == 1) return facts_.handshake == nullptr || shaken();
  return SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ || fail("handshake");
}

bool TlsStream::shaken() {
  const std::unique_ptr<ClientFacts::Handshake> handshake = std::move(facts_.handshake);
  const bool resumed = SSL_session_reused(session_.get()) == 1;
  const Metrics& metrics = around_.metrics;
  (resumed ? metrics.resumed : metrics.full).add(io_.shard().handle(), 1);
  forget_ephemeral_keys(session_.get());
  owes_ticket_ = owes_ticket(session_.get());
  X509* const leaf = SSL_get0_peer_certificate(session_.get());
  const ClientCertificates wanted = handshake->server->client_certificates;
  if (leaf == nullptr) return wanted < ClientCertificates::required || fail("client certificate");
  expires_s_ = expiry_of(leaf);
  verified_ = resumed ? handshake->resumed_verified
                      : handshake->server->clients != nullptr && SSL_get_verify_result(session_.get()) == X509_V_OK;
  return verified_ || wanted != ClientCertificates::verified || fail("client certificate");
}

bool TlsStream::read_plain(const Feed& feed) {
  std::array<char, kRecord> plain;
  while (SSL_is_init_finished(session_.get()) == 1 && feed.readable()) {
    const int size = SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
    if (size > 0) {
      io_.up({plain.data(), static_cast<std::size_t>(size)});
      continue;
    }
    const int error = SSL_get_error(session_.get(), size);
    if (error == SSL_ERROR_WANT_READ) return true;
    if (error != SSL_ERROR_ZERO_RETURN) return fail("record");
    say_goodbye();  // as the client did
    return false;
  }
  return true;
}

// OpenSSL sent the alert already.
bool TlsStream::fail(const char* what) {
  closed_ = true;
  around_.metrics.failed.add(io_.shard().handle(), 1);
  if (around_.host.logs(trellis::Level::debug)) {
    around_.host.log(trellis::Level::debug, "TLS failed", {{"at", what}, {"reason", last_error()}});
  }
  ERR_clear_error();
  return false;
}

bool TlsStream::on_output(std::string_view bytes) noexcept {
  if (closed_) return true;
  const Feed feed(session_.get(), io_, facts_);
  ERR_clear_error();
  while (!bytes.empty()) {
    const int piece = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    const int written = SSL_write(session_.get(), bytes.data(), piece);
    if (written <= 0) return fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (std::exchange(answered_, true)) give_ticket();
  return true;
}

// With the second answer, where it costs no packet of its own; or when a client that gets none, because it only
// publishes with QoS 0, goes on after the first. Who leaves after one answer has nothing to come back for.
void TlsStream::give_ticket() {
  if (owes_ticket_) owes_ticket_ = !send_ticket(session_.get());
}

void TlsStream::on_shutdown() noexcept {
  if (closed_ || SSL_is_init_finished(session_.get()) != 1) return;
  const Feed feed(session_.get(), io_, facts_);
  say_goodbye();
}

void TlsStream::say_goodbye() {
  closed_ = true;
  ERR_clear_error();
  SSL_shutdown(session_.get());
}

// ---- what is known of the client

std::string_view TlsStream::chain() {
  thread_local std::string der;
  der.clear();
  X509* const leaf = SSL_get0_peer_certificate(session_.get());
  if (leaf == nullptr) return {};
  append_der(leaf, der);
  STACK_OF(X509)* behind = SSL_get_peer_cert_chain(session_.get());
  for (int i = 0; i < sk_X509_num(behind); ++i) {
    X509* const one = sk_X509_value(behind, i);
    if (X509_cmp(one, leaf) != 0) append_der(one, der);
  }
  if (facts_.intermediates != nullptr) der += *facts_.intermediates;
  return der;
}

std::string_view TlsStream::fact(std::string_view name) noexcept {
  const auto text = [](const char* value) { return value == nullptr ? std::string_view() : std::string_view(value); };
  if (SSL_is_init_finished(session_.get()) != 1) return {};
  if (name == TRELLIS_FACT_HOST) return text(SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name));
  if (name == TRELLIS_FACT_TLS_VERSION) return text(SSL_get_version(session_.get()));
  if (name == TRELLIS_FACT_TLS_CIPHER) return text(SSL_CIPHER_standard_name(SSL_get_current_cipher(session_.get())));
  if (name == TRELLIS_FACT_CLIENT_CHAIN) return chain();
  if (name == TRELLIS_FACT_CLIENT_VERIFIED && verified_) return "yes";
  if (name == TRELLIS_FACT_CLIENT_LOST && lost_) return "yes";
  return {};
}

bool TlsStream::on_look() noexcept {
  if (closed_ || expires_s_ == 0) return true;
  if (unix_seconds(io_.shard()) <= expires_s_ && still_trusted()) return true;
  around_.metrics.revoked.add(io_.shard().handle(), 1);
  lost_ = true;
  on_shutdown();
  return false;
}

// Only what was trusted can lose that, and only when the files changed.
bool TlsStream::still_trusted() {
  const std::uint32_t version = around_.source.version();
  if (version == seen_version_ || !verified_) return true;
  seen_version_ = version;
  const auto contexts = around_.source.contexts();
  auto certificates = read_der(chain());
  const Certificate leaf = std::move(certificates.front());
  certificates.erase(certificates.begin());
  const char* host = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
  std::string why;
  return verifies(contexts->find(host == nullptr ? "" : host).clients.get(), leaf.get(), certificates, why);
}

}  // namespace transport_tls
