#include "dialled_stream.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <climits>

#include "dialled_context.hpp"

namespace transport_tls {

DialledMetrics DialledMetrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kHelp = "TLS handshakes of connections made from here, by outcome.";
  DialledMetrics metrics;
  metrics.made = host.counter("trellis_tls_dialled_handshakes_total", kHelp, "outcome=\"full\"");
  metrics.failed = host.counter("trellis_tls_dialled_handshakes_total", kHelp, "outcome=\"failed\"");
  return metrics;
}

DialledStream::DialledStream(trellis::LayerIo io, const std::string& host, std::shared_ptr<const Contexts> contexts,
                             Session session, const DialledMetrics& metrics)
    : io_(io),
      contexts_(std::move(contexts)),
      metrics_(metrics),
      host_(host),
      session_(std::move(session)),
      input_(BIO_new(BIO_s_mem())),
      output_(BIO_new(BIO_s_mem())) {
  BIO_set_mem_eof_return(input_, -1);  // empty is not the end
  SSL_set_bio(session_.get(), input_, output_);
  ERR_clear_error();
  SSL_do_handshake(session_.get());
  send_out();
}

DialledStream::~DialledStream() = default;

bool DialledStream::on_input(std::string_view bytes) noexcept {
  if (closed_) return true;
  ERR_clear_error();
  BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
  const bool goes_on = (ready() || shake_hands()) && (!ready() || read_plain());
  send_out();
  return goes_on;
}

bool DialledStream::shake_hands() {
  const int result = SSL_do_handshake(session_.get());
  if (result != 1) return SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ || fail();
  metrics_.made.add(io_.shard().handle(), 1);
  send_out();  // the last words of the handshake come before the first of whoever waits for it
  io_.ready();
  return true;
}

bool DialledStream::read_plain() {
  std::array<char, 16 * 1024> plain;
  while (!closed_) {
    const int size = SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
    if (size > 0) {
      io_.up({plain.data(), static_cast<std::size_t>(size)});
      continue;
    }
    const int error = SSL_get_error(session_.get(), size);
    if (error == SSL_ERROR_WANT_READ) return true;
    if (error != SSL_ERROR_ZERO_RETURN) return fail();
    error_ = "the peer closed the connection";
    ended_ = true;
    on_shutdown();
    return false;
  }
  return true;
}

// OpenSSL sent the alert already.
bool DialledStream::fail() {
  closed_ = true;
  metrics_.failed.add(io_.shard().handle(), 1);
  const long verified = SSL_get_verify_result(session_.get());
  const std::string reason = last_error();
  error_ = "TLS with \"" + host_ + "\" failed: ";
  if (verified != X509_V_OK) {
    error_ += std::string("its certificate does not prove the name: ") + X509_verify_cert_error_string(verified);
  } else {
    error_ += reason.empty() ? "the peer broke off" : reason;
  }
  ERR_clear_error();
  return false;
}

bool DialledStream::on_output(std::string_view bytes) noexcept {
  ERR_clear_error();
  while (!bytes.empty() && !closed_) {
    const int piece = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    const int written = SSL_write(session_.get(), bytes.data(), piece);
    if (written <= 0) return fail();
    bytes.remove_prefix(static_cast<std::size_t>(written));
    send_out();
  }
  return true;
}

void DialledStream::on_shutdown() noexcept {
  if (closed_ || !ready()) return;
  closed_ = true;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  send_out();
}

void DialledStream::send_out() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(output_, &data);
  if (size <= 0) return;
  io_.down({data, static_cast<std::size_t>(size)});
  BIO_reset(output_);
}

std::string_view DialledStream::fact(std::string_view name) noexcept {
  const auto text = [](const char* value) { return value == nullptr ? std::string_view() : std::string_view(value); };
  if (name == TRELLIS_FACT_ERROR) return error_;
  if (name == TRELLIS_FACT_ENDED) return ended_ ? "yes" : "";
  if (!ready()) return {};
  if (name == TRELLIS_FACT_TLS_VERSION) return text(SSL_get_version(session_.get()));
  if (name == TRELLIS_FACT_TLS_CIPHER) return text(SSL_CIPHER_standard_name(SSL_get_current_cipher(session_.get())));
  if (name != TRELLIS_FACT_TLS_ALPN) return {};
  const unsigned char* agreed = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &agreed, &size);
  return {reinterpret_cast<const char*>(agreed), size};
}

}  // namespace transport_tls
