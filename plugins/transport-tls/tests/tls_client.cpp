#include "tls_client.hpp"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace transport_tls {

TlsClient::TlsClient(trellis::testing::LayerConnection connection, const ClientOptions& options)
    : connection_(connection), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_security_level(context, 0);  // to offer what a server has to refuse
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context, options.lowest);
  SSL_CTX_set_max_proto_version(context, options.highest);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_sess_set_new_cb(context, [](SSL* session, SSL_SESSION* made) {
    auto* const self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
    SSL_SESSION_free(self->ticket_);
    self->ticket_ = made;
    return 1;
  });
  SSL_CTX_set_keylog_callback(context, [](const SSL* session, const char* line) {
    const std::string_view text = line;
    if (!text.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) return;
    static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)))->secret_ = text.substr(text.rfind(' ') + 1);
  });
  std::string error;
  if (options.certificate) {
    const auto certificate = read_certificates(options.certificate->certificate, error);
    SSL_CTX_use_certificate(context, certificate.at(0).get());
    SSL_CTX_use_PrivateKey(context, read_key(options.certificate->key, error).get());
    for (const Certificate& one : read_certificates(options.chain, error)) SSL_CTX_add1_chain_cert(context, one.get());
  }
  if (!options.ca.empty()) {
    for (const Certificate& one : read_certificates(options.ca, error)) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get());
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  session_.reset(SSL_new(context));
  if (!options.host.empty()) SSL_set_tlsext_host_name(session_.get(), options.host.c_str());
  if (!options.ca.empty()) SSL_set1_host(session_.get(), options.host.c_str());
  std::string offered;
  for (const std::string& one : options.alpn) offered += static_cast<char>(one.size()) + one;
  if (!offered.empty()) {
    SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned int>(offered.size()));
  }
  if (options.wants_ocsp) SSL_set_tlsext_status_type(session_.get(), TLSEXT_STATUSTYPE_ocsp);
  if (options.resume != nullptr) SSL_set_session(session_.get(), options.resume);
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session_.get());
}

TlsClient::~TlsClient() {
  SSL_SESSION_free(ticket_);
  connection_.close();
}

// Carries bytes both ways once; whether any moved.
bool TlsClient::pump() {
  bool moved = false;
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(session_.get()), &data);
  if (size > 0 && layer_goes_on_) {
    const std::string bytes(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(session_.get()));
    layer_goes_on_ = connection_.input(bytes);
    moved = true;
  }
  const std::string answer = connection_.down();
  if (!answer.empty()) BIO_write(SSL_get_rbio(session_.get()), answer.data(), static_cast<int>(answer.size()));
  return moved || !answer.empty();
}

bool TlsClient::shake_hands() {
  ERR_clear_error();
  for (int i = 0; i < 20; ++i) {
    const int result = SSL_do_handshake(session_.get());
    if (result != 1 && SSL_get_error(session_.get(), result) != SSL_ERROR_WANT_READ) {
      pump();
      return false;
    }
    if (!pump()) break;
  }
  received();  // tickets, and an alert that comes after TLS 1.3's client is done
  return SSL_is_init_finished(session_.get()) == 1 && layer_goes_on_;
}

bool TlsClient::send(std::string_view plain) {
  SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size()));
  pump();
  return layer_goes_on_;
}

std::string TlsClient::received() {
  pump();
  std::string all;
  char piece[4096];
  for (int size = 0; (size = SSL_read(session_.get(), piece, sizeof piece)) > 0;) {
    all.append(piece, static_cast<std::size_t>(size));
  }
  ERR_clear_error();
  return all;
}

// RFC 8446, 5.2 and 7.3.
bool TlsClient::send_records(const std::vector<std::string>& contents) {
  std::vector<unsigned char> secret;
  for (std::size_t i = 0; i < secret_.size(); i += 2) {
    secret.push_back(static_cast<unsigned char>(std::stoi(secret_.substr(i, 2), nullptr, 16)));
  }
  const auto derive = [&](const std::string& label, unsigned char size) {
    const std::string name = "tls13 " + label;
    std::string info = {0, static_cast<char>(size), static_cast<char>(name.size())};
    info += name + std::string(2, '\0');
    info.back() = 1;  // the one round of HKDF-Expand
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(info.data()), info.size(), out.data(), nullptr);
    return out;
  };
  const auto key = derive("key", 16);
  auto iv = derive("iv", 12);
  bool goes_on = true;
  for (const std::string& content : contents) {
    const std::string plain = content + '\x16';
    std::string record = {0x17, 0x03, 0x03, 0, static_cast<char>(plain.size() + 16)};
    const std::unique_ptr<EVP_CIPHER_CTX, Freeing<&EVP_CIPHER_CTX_free>> cipher(EVP_CIPHER_CTX_new());
    std::array<unsigned char, 64> sealed{};
    int size = 0;
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), iv.data());
    EVP_EncryptUpdate(cipher.get(), nullptr, &size, reinterpret_cast<const unsigned char*>(record.data()), 5);
    EVP_EncryptUpdate(cipher.get(), sealed.data(), &size, reinterpret_cast<const unsigned char*>(plain.data()),
                      static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(cipher.get(), sealed.data() + size, &size);
    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, sealed.data() + plain.size());
    goes_on =
        goes_on && connection_.input(record.append(reinterpret_cast<const char*>(sealed.data()), plain.size() + 16));
    iv[11] ^= 1;  // for two records, which are numbered 0 and 1
  }
  return goes_on;
}

void TlsClient::answer(int times) {
  for (int i = 0; i < times; ++i) {
    EXPECT_TRUE(connection_.output("answer"));
    EXPECT_EQ(received(), "answer");
  }
}

std::string TlsClient::alpn() const {
  const unsigned char* data = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(session_.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

std::string TlsClient::server_name() const {
  char name[256] = "";
  X509* const certificate = SSL_get0_peer_certificate(session_.get());
  if (certificate != nullptr) {
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  }
  return name;
}

std::string TlsClient::ocsp() const {
  const unsigned char* data = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(session_.get(), &data);
  return size > 0 ? std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)) : std::string();
}

// ---- the server

TlsTest::TlsTest() {
  std::string name = (std::filesystem::temp_directory_path() / "trellis-tls-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  write("ca.pem", authority_.certificate());
  write("server", authority_.issue({.common_name = "localhost", .names = {"localhost"}, .server = true}));
}

void TlsTest::write(std::string_view name, std::string_view text) const { std::ofstream(path(name)) << text; }

void TlsTest::write(std::string_view name, const Issued& issued) const {
  write(std::string(name) + ".key", issued.key);
  write(std::string(name) + ".pem", issued.certificate);
}

void TlsTest::write_rsa_server() const {
  const PrivateKey key(EVP_RSA_gen(2048));
  const Certificate made(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_sign(made.get(), key.get(), EVP_sha256());
  const Bio certificate(BIO_new_file(path("server.pem").c_str(), "w"));
  PEM_write_bio_X509(certificate.get(), made.get());
  const Bio private_key(BIO_new_file(path("server.key").c_str(), "w"));
  PEM_write_bio_PrivateKey(private_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

std::string TlsTest::file_setting(std::string_view setting, std::string_view name) const {
  return "\"" + std::string(setting) + "\": \"" + path(name) + "\"";
}

void TlsTest::load(std::string_view more, std::string_view first, std::string_view certificates) {
  std::string config =
      "{\"certificates\": [{" + file_setting("chain", "server.pem") + ", " + file_setting("key", "server.key");
  if (!first.empty()) config.append(", ").append(first);
  config += "}";
  if (!certificates.empty()) config.append(", ").append(certificates);
  config += "]";
  if (!more.empty()) config.append(", ").append(more);
  layer_ = host_.load<TransportTls>(config + "}");
}

TlsClient TlsTest::connect(const ClientOptions& options) { return {layer_->connect(), options}; }

}  // namespace transport_tls
