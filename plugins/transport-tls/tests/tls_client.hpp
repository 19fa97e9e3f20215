/// The client's end of TLS in tests, and files to serve it from.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "authority.hpp"
#include "transport_tls.hpp"

namespace transport_tls {

struct ClientOptions {
  int lowest = TLS1_2_VERSION;
  int highest = TLS1_3_VERSION;
  std::string host = "localhost";  ///< empty: none is named
  std::vector<std::string> alpn = {};
  std::optional<Issued> certificate = {};
  std::string chain = {};  ///< PEM, sent behind it
  SSL_SESSION* resume = nullptr;
  bool wants_ocsp = false;
  std::string ca = {};  ///< PEM; empty: the server is not verified
};

/// Talks to one connection of the layer.
class TlsClient {
 public:
  TlsClient(trellis::testing::LayerConnection connection, const ClientOptions& options);
  ~TlsClient();

  /// Exchanges until neither side has anything to say; false when one of them gave up.
  bool shake_hands();
  /// Sends plain bytes; false when the layer gave up.
  bool send(std::string_view plain);
  /// What the layer sent, decrypted.
  std::string received();
  /// Has the protocol answer several times, and takes it.
  void answer(int times);
  /// Handshake messages, or parts of them, behind a handshake of TLS 1.3 with TLS_AES_128_GCM_SHA256: one record for
  /// each, the first the client sends.
  bool send_records(const std::vector<std::string>& contents);
  /// Raw bytes to the layer.
  bool raw(std::string_view bytes) { return connection_.input(bytes); }

  bool resumed() const { return SSL_session_reused(session_.get()) == 1; }
  std::string version() const { return SSL_get_version(session_.get()); }
  std::string alpn() const;
  std::string server_name() const;  ///< the common name of the server's certificate
  std::string ocsp() const;
  /// The newest session the server gave a ticket for; null: none.
  SSL_SESSION* ticket() const { return ticket_; }
  bool server_closed() const { return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  trellis::testing::LayerConnection& layer() { return connection_; }

 private:
  bool pump();

  trellis::testing::LayerConnection connection_;
  Context context_;
  Session session_;
  SSL_SESSION* ticket_ = nullptr;
  std::string secret_;  ///< of what the client sends, in hexadecimal digits
  bool layer_goes_on_ = true;
};

/// A folder with a CA and a server's certificate, and the plugin configured with them.
class TlsTest : public testing::Test {
 protected:
  TlsTest();
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  void write(std::string_view name, std::string_view text) const;
  void write(std::string_view name, const Issued& issued) const;
  /// server.pem and server.key, signed by itself.
  void write_rsa_server() const;
  /// certificates: further ones behind the first; more: further settings.
  void load(std::string_view more = "", std::string_view first = "", std::string_view certificates = "");
  TlsClient connect(const ClientOptions& options = {});
  /// A setting of a file: "client_ca": "/tmp/…/ca.pem".
  std::string file_setting(std::string_view setting, std::string_view name) const;

  std::filesystem::path folder_;
  Authority authority_{"test CA"};
  trellis::testing::TestHost host_;
  std::optional<trellis::testing::LayerDriver> layer_;
};

}  // namespace transport_tls
