// The TLS client: OpenSSL between two buffers.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <stdexcept>

#include "layer.hpp"

namespace trellis::bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error("TLS: " + what + (reason == nullptr ? "" : std::string(": ") + reason));
}

/// Where OpenSSL reads and writes during one call.
struct Ends {
  std::span<const unsigned char> arrived;
  OutBuffer* wire = nullptr;
};

int read_bio(BIO* bio, char* to, int size) {
  auto& arrived = static_cast<Ends*>(BIO_get_data(bio))->arrived;
  BIO_clear_retry_flags(bio);
  if (arrived.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(arrived.size(), static_cast<std::size_t>(size));
  std::memcpy(to, arrived.data(), taken);
  arrived = arrived.subspan(taken);
  return static_cast<int>(taken);
}

int write_bio(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  std::memcpy(static_cast<Ends*>(BIO_get_data(bio))->wire->extend(static_cast<std::size_t>(size)), from,
              static_cast<std::size_t>(size));
  return size;
}

long control_bio(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "two buffers");
    BIO_meth_set_read(made, &read_bio);
    BIO_meth_set_write(made, &write_bio);
    BIO_meth_set_ctrl(made, &control_bio);
    return made;
  }();
  return method;
}

class TlsLayer final : public Layer {
 public:
  explicit TlsLayer(SSL_CTX* context) : ssl_(SSL_new(context), &SSL_free) {
    BIO* const bio = BIO_new(bio_method());
    if (ssl_ == nullptr || bio == nullptr) fail("no memory");
    BIO_set_data(bio, &ends_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
  }

  void start(OutBuffer& wire) override {
    ends_ = {{}, &wire};
    shake_hands();
  }

  std::size_t decode(std::span<const unsigned char> arrived, std::span<unsigned char> plain, OutBuffer& wire) override {
    ends_ = {arrived, &wire};
    if (!SSL_is_init_finished(ssl_.get()) && !shake_hands()) return 0;
    std::size_t got = 0;
    while (got < plain.size()) {
      std::size_t size = 0;
      const int result = SSL_read_ex(ssl_.get(), plain.data() + got, plain.size() - got, &size);
      if (result != 1) {
        const int error = SSL_get_error(ssl_.get(), result);
        // The end of the connection itself follows the broker's goodbye.
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) break;
        fail("record");
      }
      got += size;
    }
    return got;
  }

  void encode(OutBuffer& plain, OutBuffer& wire) override {
    if (!SSL_is_init_finished(ssl_.get()) || plain.empty()) return;
    ends_ = {{}, &wire};
    std::size_t size = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &size) != 1) fail("write");
    plain.consume(size);
  }

 private:
  // True when it is done.
  bool shake_hands() {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return true;
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail("handshake");
    return false;
  }

  Ends ends_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace

LayerSource tls_layers() {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set1_groups_list(context.get(), "X25519") != 1) {
    fail("context");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Thousands of idle connections would hold two buffers each.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return [context] { return std::make_unique<TlsLayer>(context.get()); };
}

}  // namespace trellis::bench
