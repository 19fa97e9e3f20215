// What every layer promises, as far as a client can be written down: what follows the beginning of a handshake depends
// on the answers, and is in the tests beside this one.
#include <trellis/testing/contract/files.hpp>
#include <trellis/testing/contract/layer.hpp>

#include "tls_client.hpp"

namespace transport_tls {
namespace {

struct TlsSamples : trellis::testing::LayerSamples {
  using Plugin = TransportTls;
  static std::string settings() {
    static const Issued kServer =
        Authority("test CA").issue({.common_name = "localhost", .names = {"localhost"}, .server = true});
    return R"({"certificates": [{"chain": ")" + files().put("server.pem", kServer.certificate) + R"(", "key": ")" +
           files().put("server.key", kServer.key) + "\"}]}";
  }
  static std::vector<std::string> wrong_settings() {
    const std::string none = files().put("none.pem", "no certificate");
    return {R"({"certificates": [{"chain": "/no/such/file", "key": "/no/such/file"}]})",
            R"({"certificates": [{"chain": ")" + none + R"(", "key": ")" + none + "\"}]}"};
  }
  static std::vector<std::string> inputs() {
    static const std::string kOldest = hello(TLS1_2_VERSION);
    static const std::string kNewest = hello(TLS1_3_VERSION);
    return {kOldest,
            kNewest,
            kNewest + "no second flight of a handshake",
            "GET / HTTP/1.1\r\n\r\n",
            std::string("\x16\x03\x01\xFF\xFF\x01"),
            std::string(3000, '\xFF')};
  }

 private:
  /// The first that a client sends.
  static std::string hello(int version) {
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), version);
    const Session client(SSL_new(context.get()));
    SSL_set_tlsext_host_name(client.get(), "localhost");
    SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client.get());
    SSL_do_handshake(client.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(client.get()), &data);
    return {data, static_cast<std::size_t>(size)};
  }
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("transport-tls");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Layer, TlsSamples);

}  // namespace
}  // namespace transport_tls
