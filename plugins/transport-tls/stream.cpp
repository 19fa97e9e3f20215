#include "stream.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace transport_tls {

/// The BIO between OpenSSL and the layer's two ends.
struct StreamBio {
  static TlsStream& of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    std::string_view& input = of(bio).input_;
    BIO_clear_retry_flags(bio);
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(input.size(), static_cast<std::size_t>(size));
    std::memcpy(to, input.data(), taken);
    input.remove_prefix(taken);
    return static_cast<int>(taken);
  }
  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    of(bio).io_.down({from, static_cast<std::size_t>(size)});
    return size;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trellis layer");
      BIO_meth_set_read(fresh, &read);
      BIO_meth_set_write(fresh, &write);
      BIO_meth_set_ctrl(fresh, &control);
      BIO_meth_set_create(fresh, &create);
      return fresh;
    }();
    return made;
  }
};

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

TlsStream::TlsStream(trellis::LayerIo io, const trellis::Host& host, const ContextSource& source,
                     const Metrics& metrics)
    : io_(io), host_(host), source_(source), metrics_(metrics), seen_version_(source.version()) {
  facts_.contexts = source.contexts();
  const ServerContext& first = facts_.contexts->find({});
  session_.reset(SSL_new(first.context.get()));
  first.ask_client(session_.get());
  BIO* const bio = BIO_new(StreamBio::method());
  BIO_set_data(bio, this);
  SSL_set_bio(session_.get(), bio, bio);
  SSL_set_accept_state(session_.get());
  attach(session_.get(), facts_);
}

TlsStream::~TlsStream() = default;

bool TlsStream::on_input(std::string_view bytes) noexcept {
  if (closed_) return true;
  input_ = bytes;
  ERR_clear_error();
  const bool goes_on = (SSL_is_init_finished(session_.get()) == 1 || shake_hands()) && read_plain();
  input_ = {};
  return goes_on;
}

// True when reading may go on, although there may be nothing to read yet.
bool TlsStream::shake_hands() {
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return shaken();
  return SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ || fail("handshake");
}

bool TlsStream::shaken() {
  const bool resumed = SSL_session_reused(session_.get()) == 1;
  (resumed ? metrics_.resumed : metrics_.full).add(io_.shard().handle(), 1);
  facts_.host = std::string();
  X509* const leaf = SSL_get0_peer_certificate(session_.get());
  const ClientCertificates wanted = facts_.server->client_certificates;
  if (leaf == nullptr) return wanted < ClientCertificates::required || fail("client certificate");
  expires_s_ = expiry_of(leaf);
  verified_ = resumed ? facts_.resumed_verified
                      : facts_.server->clients != nullptr && SSL_get_verify_result(session_.get()) == X509_V_OK;
  return verified_ || wanted != ClientCertificates::verified || fail("client certificate");
}

bool TlsStream::read_plain() {
  std::array<char, kRecord> plain;
  while (SSL_is_init_finished(session_.get()) == 1) {
    const int size = SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
    if (size > 0) {
      io_.up({plain.data(), static_cast<std::size_t>(size)});
      continue;
    }
    const int error = SSL_get_error(session_.get(), size);
    if (error == SSL_ERROR_WANT_READ) return true;
    if (error != SSL_ERROR_ZERO_RETURN) return fail("record");
    on_shutdown();  // the client said goodbye
    return false;
  }
  return true;
}

// OpenSSL sent the alert already.
bool TlsStream::fail(const char* what) {
  closed_ = true;
  metrics_.failed.add(io_.shard().handle(), 1);
  if (host_.logs(trellis::Level::debug)) {
    host_.log(trellis::Level::debug, "TLS failed", {{"at", what}, {"reason", last_error()}});
  }
  ERR_clear_error();
  return false;
}

bool TlsStream::on_output(std::string_view bytes) noexcept {
  ERR_clear_error();
  while (!bytes.empty() && !closed_) {
    const int piece = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    const int written = SSL_write(session_.get(), bytes.data(), piece);
    if (written <= 0) return fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void TlsStream::on_shutdown() noexcept {
  if (closed_ || SSL_is_init_finished(session_.get()) != 1) return;
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
  return der += facts_.intermediates;
}

std::string_view TlsStream::fact(std::string_view name) noexcept {
  const auto text = [](const char* value) { return value == nullptr ? std::string_view() : std::string_view(value); };
  if (SSL_is_init_finished(session_.get()) != 1) return {};
  if (name == TRELLIS_FACT_HOST) return text(SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name));
  if (name == TRELLIS_FACT_TLS_VERSION) return text(SSL_get_version(session_.get()));
  if (name == TRELLIS_FACT_TLS_CIPHER) return text(SSL_CIPHER_standard_name(SSL_get_current_cipher(session_.get())));
  if (name == TRELLIS_FACT_CLIENT_CHAIN) return chain();
  if (name == TRELLIS_FACT_CLIENT_VERIFIED && verified_) return "yes";
  return {};
}

bool TlsStream::on_look() noexcept {
  if (closed_ || expires_s_ == 0) return true;
  if (unix_seconds(io_.shard()) <= expires_s_ && still_trusted()) return true;
  metrics_.revoked.add(io_.shard().handle(), 1);
  on_shutdown();
  return false;
}

// Only what was trusted can lose that, and only when the files changed.
bool TlsStream::still_trusted() {
  const std::uint32_t version = source_.version();
  if (version == seen_version_ || !verified_) return true;
  seen_version_ = version;
  const auto contexts = source_.contexts();
  auto certificates = read_der(chain());
  const Certificate leaf = std::move(certificates.front());
  certificates.erase(certificates.begin());
  const char* host = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
  std::string why;
  return verifies(contexts->find(host == nullptr ? "" : host).clients.get(), leaf.get(), certificates, why);
}

}  // namespace transport_tls
