// Connections made from here: who is believed, what is shown, and what is said when it fails.
#include "tls_client.hpp"

namespace transport_tls {
namespace {

using trellis::testing::LayerConnection;

/// Both ends are the plugin's: one instance serves, another dials.
class DialledTls : public TlsTest {
 protected:
  void dialling(const std::string& settings) {
    dialler_.emplace(host_.load<TransportTls>("{\"dialling\": {" + settings + "}}"));
  }
  std::string trusting() const { return file_setting("server_ca", "ca.pem"); }

  /// Dials and lets both ends talk until neither has anything to say; false when one gave up.
  bool dial(const std::string& host = "localhost", std::string_view alpn = {}) {
    client_.emplace(dialler_->dial(host, 443, alpn));
    server_.emplace(layer_->connect());
    return pump();
  }
  bool pump() {
    bool goes_on = true;
    while (goes_on) {
      const std::string there = client_->down();
      if (!there.empty()) goes_on = server_->input(there);
      const std::string back = server_->down();
      if (!back.empty()) goes_on = client_->input(back) && goes_on;
      if (there.empty() && back.empty()) break;
    }
    return goes_on;
  }
  std::string why() { return client_->fact(TRELLIS_FACT_ERROR); }

  std::optional<trellis::testing::LayerDriver> dialler_;
  std::optional<LayerConnection> client_;
  std::optional<LayerConnection> server_;
};

TEST_F(DialledTls, TalksToWhoProvesTheName) {
  load();
  dialling(trusting());
  ASSERT_TRUE(dial());
  EXPECT_TRUE(client_->ready());
  EXPECT_EQ(server_->fact(TRELLIS_FACT_HOST), "localhost");
  EXPECT_EQ(client_->fact(TRELLIS_FACT_TLS_VERSION), "TLSv1.3");
  const std::string much(100'000, 'x');
  EXPECT_TRUE(client_->output("hello " + much));
  EXPECT_TRUE(pump());
  EXPECT_EQ(server_->up(), "hello " + much);
  EXPECT_TRUE(server_->output(much + " bye"));
  EXPECT_TRUE(pump());
  EXPECT_EQ(client_->up(), much + " bye");
  client_->close();
  EXPECT_FALSE(client_->down().empty()) << "it says goodbye";
}

TEST_F(DialledTls, IsNotReadyBeforeThePeerHasAnswered) {
  load();
  dialling(trusting());
  client_.emplace(dialler_->dial("localhost", 443));
  EXPECT_FALSE(client_->down().empty()) << "it begins by itself";
  EXPECT_FALSE(client_->ready());
}

TEST_F(DialledTls, RefusesAnotherName) {
  load();
  dialling(trusting());
  EXPECT_FALSE(dial("other.example"));
  EXPECT_FALSE(client_->ready());
  EXPECT_EQ(why(), "TLS with \"other.example\" failed: its certificate does not prove the name: hostname mismatch");
}

TEST_F(DialledTls, ProvesNumericAddresses) {
  write("server", authority_.issue({.common_name = "by number", .names = {"127.0.0.1"}, .server = true}));
  load();
  dialling(trusting());
  EXPECT_TRUE(dial("127.0.0.1"));
  EXPECT_EQ(server_->fact(TRELLIS_FACT_HOST), "") << "numbers are not sent as names";
  EXPECT_FALSE(dial("127.0.0.2"));
  EXPECT_EQ(why(), "TLS with \"127.0.0.2\" failed: its certificate does not prove the name: IP address mismatch");
}

TEST_F(DialledTls, BelievesOnlyItsAuthorities) {
  write("other.pem", Authority("another CA").certificate());
  load();
  dialling(file_setting("server_ca", "other.pem"));
  EXPECT_FALSE(dial());
  EXPECT_NE(why().find("unable to get local issuer certificate"), std::string::npos) << why();
  dialling("");  // the system's know nothing of a test
  EXPECT_FALSE(dial());
}

TEST_F(DialledTls, RefusesWhatExpiredOrWasRevoked) {
  const Issued server = authority_.issue({.common_name = "localhost", .names = {"localhost"}, .server = true});
  write("server", server);
  write("crl.pem", authority_.revocation_list({server.certificate}));
  load();
  dialling(trusting() + ", " + file_setting("server_crl", "crl.pem"));
  EXPECT_FALSE(dial());
  EXPECT_NE(why().find("certificate revoked"), std::string::npos) << why();
  write(
      "server",
      authority_.issue(
          {.common_name = "localhost", .names = {"localhost"}, .server = true, .lifetime = std::chrono::seconds(-60)}));
  load();
  dialling(trusting());
  EXPECT_FALSE(dial());
  EXPECT_NE(why().find("expired"), std::string::npos) << why();
}

TEST_F(DialledTls, ShowsItsCertificateToWhoAsks) {
  load(R"("client_certificates": "verified")", file_setting("client_ca", "ca.pem"));
  write("mine", authority_.issue({.common_name = "the broker"}));
  dialling(trusting() + ", " + file_setting("chain", "mine.pem") + ", " + file_setting("key", "mine.key"));
  ASSERT_TRUE(dial());
  EXPECT_EQ(server_->fact(TRELLIS_FACT_CLIENT_VERIFIED), "yes");
  dialling(trusting());
  EXPECT_FALSE(dial()) << "it has none to show";
}

TEST_F(DialledTls, OffersProtocols) {
  load();
  dialling(trusting() + R"(, "alpn": ["h2", "http/1.1"])");
  ASSERT_TRUE(dial());
  EXPECT_EQ(client_->fact(TRELLIS_FACT_TLS_ALPN), "h2");
}

TEST_F(DialledTls, OffersWhatThePluginThatDialsSpeaks) {
  load();
  dialling(trusting() + R"(, "alpn": ["h2"])");
  ASSERT_TRUE(dial("localhost", "http/1.1"));
  EXPECT_EQ(client_->fact(TRELLIS_FACT_TLS_ALPN), "http/1.1");
  ASSERT_TRUE(dial("localhost", "nobody-speaks-that,h2,http/1.1"));
  EXPECT_EQ(client_->fact(TRELLIS_FACT_TLS_ALPN), "h2");
  for (const std::string& wrong : {std::string("h2,"), std::string(","), std::string(256, 'x')}) {
    EXPECT_FALSE(dialler_->dial("localhost", 443, wrong).accepted()) << wrong;
  }
}

TEST_F(DialledTls, WhoSpeaksNoTlsIsSaid) {
  load();
  dialling(trusting());
  client_.emplace(dialler_->dial("localhost", 443));
  EXPECT_FALSE(client_->input("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(why(), "TLS with \"localhost\" failed: wrong version number");
  EXPECT_EQ(host_.metric("trellis_tls_dialled_handshakes_total", "outcome=\"failed\""), 1);
}

TEST_F(DialledTls, SettingsThatCannotWorkAreSaid) {
  const auto refusal = [&](const std::string& settings) {
    return host_.refusal<TransportTls>("{\"dialling\": {" + settings + "}}");
  };
  EXPECT_NE(refusal(file_setting("server_ca", "none.pem")).find("/dialling/server_ca: "), std::string::npos);
  EXPECT_NE(refusal(file_setting("server_crl", "ca.pem")).find("/dialling/server_crl: it needs server_ca"),
            std::string::npos);
  EXPECT_EQ(refusal(file_setting("chain", "server.pem")), "/dialling/key: it is missing beside the chain");
  EXPECT_NE(refusal(trusting() + ", " + file_setting("server_crl", "ca.pem")).find("holds no revocation list"),
            std::string::npos);
}

TEST_F(DialledTls, WithoutCertificatesNobodyIsServed) {
  load();
  EXPECT_EQ(layer_->instance().table<trellis_layer>()->flags, TRELLIS_LAYER_SECURE | TRELLIS_LAYER_DIALS);
  dialling(trusting());
  EXPECT_EQ(dialler_->instance().table<trellis_layer>()->flags,
            TRELLIS_LAYER_SECURE | TRELLIS_LAYER_DIALS | TRELLIS_LAYER_DIALS_ONLY);
}

}  // namespace
}  // namespace transport_tls
