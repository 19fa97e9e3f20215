// Clients' certificates: who has to show one, what is known of it, and when it does not hold any more.
#include <thread>

#include "tls_client.hpp"

namespace transport_tls {
namespace {

using namespace std::chrono_literals;

class ClientCertificate : public TlsTest {
 protected:
  void ask(const std::string& how, std::string_view more = "") {
    std::string first = file_setting("client_ca", "ca.pem");
    if (!more.empty()) first.append(", ").append(more);
    load("\"client_certificates\": \"" + how + "\", \"watch_interval\": \"10ms\"", first);
  }
  void wait_for_reload(int times) {
    EXPECT_TRUE(host_.wait([&] {
      const auto lines = host_.logs();
      return std::ranges::count_if(lines, [](const auto& line) { return line.text == "certificates read again"; }) >=
             times;
    }));
  }
  const Issued known_ = authority_.issue({.common_name = "known"});
  const Issued stranger_ = Authority("another CA").issue({.common_name = "stranger"});
};

TEST_F(ClientCertificate, IsNotAskedForUnlessWanted) {
  load();
  TlsClient client = connect({.certificate = known_});
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(client.layer().fact(TRELLIS_FACT_CLIENT_CHAIN), "");
  EXPECT_EQ(client.layer().fact(TRELLIS_FACT_CLIENT_VERIFIED), "");
}

TEST_F(ClientCertificate, RequestedIsTakenFromWhoHasOne) {
  ask("requested");
  TlsClient none = connect();
  EXPECT_TRUE(none.shake_hands());
  TlsClient known = connect({.certificate = known_});
  ASSERT_TRUE(known.shake_hands());
  EXPECT_EQ(known.layer().fact(TRELLIS_FACT_CLIENT_VERIFIED), "yes");
  TlsClient stranger = connect({.certificate = stranger_});
  ASSERT_TRUE(stranger.shake_hands());
  EXPECT_NE(stranger.layer().fact(TRELLIS_FACT_CLIENT_CHAIN), "");
  EXPECT_EQ(stranger.layer().fact(TRELLIS_FACT_CLIENT_VERIFIED), "");
}

TEST_F(ClientCertificate, RequiredMayBeAnybodys) {
  ask("required");
  TlsClient none = connect();
  EXPECT_FALSE(none.shake_hands());
  TlsClient stranger = connect({.certificate = stranger_});
  EXPECT_TRUE(stranger.shake_hands());
}

TEST_F(ClientCertificate, VerifiedHasToLeadToTheCa) {
  ask("verified");
  TlsClient none = connect();
  EXPECT_FALSE(none.shake_hands());
  TlsClient stranger = connect({.certificate = stranger_});
  EXPECT_FALSE(stranger.shake_hands());
  TlsClient known = connect({.certificate = known_});
  EXPECT_TRUE(known.shake_hands());
}

TEST_F(ClientCertificate, WholeChainIsHandedOn) {
  ask("required");
  TlsClient client = connect({.certificate = known_, .chain = authority_.certificate()});
  ASSERT_TRUE(client.shake_hands());
  const auto chain = read_der(client.layer().fact(TRELLIS_FACT_CLIENT_CHAIN));
  ASSERT_EQ(chain.size(), 2U);
  std::string error;
  EXPECT_EQ(X509_cmp(chain[0].get(), read_certificates(known_.certificate, error).at(0).get()), 0);
  EXPECT_EQ(X509_cmp(chain[1].get(), read_certificates(authority_.certificate(), error).at(0).get()), 0);
}

TEST_F(ClientCertificate, ChainOfATicketThatIsNotUsedIsForgotten) {
  ask("required");
  const ClientOptions options{.certificate = known_, .chain = authority_.certificate()};
  TlsClient first = connect(options);
  ASSERT_TRUE(first.shake_hands());
  ClientOptions elsewhere = options;
  elsewhere.host = "elsewhere.example";
  elsewhere.resume = first.ticket();
  TlsClient second = connect(elsewhere);
  ASSERT_TRUE(second.shake_hands());
  EXPECT_FALSE(second.resumed());
  EXPECT_EQ(read_der(second.layer().fact(TRELLIS_FACT_CLIENT_CHAIN)).size(), 2U);
}

TEST_F(ClientCertificate, RevokedIsRefused) {
  write("crl.pem", authority_.revocation_list({known_.certificate}));
  ask("verified", file_setting("client_crl", "crl.pem"));
  TlsClient revoked = connect({.certificate = known_});
  EXPECT_FALSE(revoked.shake_hands());
  TlsClient other = connect({.certificate = authority_.issue({.common_name = "other"})});
  EXPECT_TRUE(other.shake_hands());
}

TEST_F(ClientCertificate, RevokedLaterEndsTheConnectionAndTheTicket) {
  write("crl.pem", authority_.revocation_list({}));
  ask("verified", file_setting("client_crl", "crl.pem"));
  TlsClient doomed = connect({.certificate = known_});
  TlsClient other = connect({.certificate = authority_.issue({.common_name = "other"})});
  ASSERT_TRUE(doomed.shake_hands());
  ASSERT_TRUE(other.shake_hands());
  EXPECT_TRUE(doomed.layer().look());
  write("crl.pem", authority_.revocation_list({known_.certificate}));
  wait_for_reload(1);
  EXPECT_FALSE(doomed.layer().look());
  EXPECT_TRUE(other.layer().look());
  EXPECT_EQ(host_.metric("trellis_tls_certificates_ended_total"), 1);
  TlsClient back = connect({.certificate = known_, .resume = doomed.ticket()});
  EXPECT_FALSE(back.shake_hands());
}

TEST_F(ClientCertificate, ExpiryEndsTheConnection) {
  ask("requested");
  TlsClient brief = connect({.certificate = authority_.issue({.common_name = "brief", .lifetime = 3600s})});
  ASSERT_TRUE(brief.shake_hands());
  EXPECT_TRUE(brief.layer().look());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  host_.advance(std::chrono::duration_cast<std::chrono::milliseconds>(now) - host_.wall() + 3590s);
  EXPECT_TRUE(brief.layer().look());
  host_.advance(20s);
  EXPECT_FALSE(brief.layer().look());
}

TEST_F(ClientCertificate, NewServerCertificateIsForNewHandshakes) {
  ask("requested");
  TlsClient before = connect();
  ASSERT_TRUE(before.shake_hands());
  write("server", authority_.issue({.common_name = "renewed", .names = {"localhost"}, .server = true}));
  wait_for_reload(1);
  TlsClient after = connect();
  ASSERT_TRUE(after.shake_hands());
  EXPECT_EQ(after.server_name(), "renewed");
  EXPECT_TRUE(before.layer().look());
  EXPECT_TRUE(before.send("still here"));
  EXPECT_EQ(before.layer().up(), "still here");
}

TEST_F(ClientCertificate, BrokenFileKeepsTheOldOne) {
  ask("requested");
  write("server.pem", "nonsense");
  EXPECT_TRUE(host_.wait([&] { return host_.logged("changed files are not used"); }));
  EXPECT_TRUE(host_.logged("server.pem holds no certificate in PEM"));
  TlsClient client = connect();
  ASSERT_TRUE(client.shake_hands());
  EXPECT_EQ(client.server_name(), "localhost");
}

TEST_F(ClientCertificate, MistakesInFilesAreNamed) {
  const auto refusal = [&](std::string_view more, std::string_view first = "") {
    return host_.refusal<TransportTls>("{\"certificates\": [{" + file_setting("chain", "server.pem") + ", " +
                                       std::string(first) + "}]" + std::string(more) + "}");
  };
  EXPECT_NE(refusal("", file_setting("key", "none.key")).find("/certificates/0/key: cannot open"), std::string::npos);
  write("other", authority_.issue({.common_name = "other", .server = true}));
  EXPECT_NE(refusal("", file_setting("key", "other.key")).find("other.key is not the key of the certificate in"),
            std::string::npos);
  EXPECT_NE(refusal(R"(, "client_certificates": "verified")", file_setting("key", "server.key"))
                .find("/certificates/0/client_ca: it is missing"),
            std::string::npos);
  EXPECT_NE(refusal(R"(, "ciphers": "NONSENSE")", file_setting("key", "server.key")).find("none of the ciphers"),
            std::string::npos);
  EXPECT_NE(refusal("", file_setting("key", "server.key") + ", " + file_setting("client_ca", "server.key"))
                .find("server.key holds no certificate in PEM"),
            std::string::npos);
}

}  // namespace
}  // namespace transport_tls
