// Which certificates fit a registered client.
#include "by_certificate.hpp"

namespace x509 {
namespace {

using testing::authority;
using testing::device;
using testing::Forged;
using trellis::AuthVerdict;

class ValidationScheme : public testing::ByCertificate {
 protected:
  void SetUp() override { load(); }

  Forged with_names(const std::string& names) const {
    testing::Wanted wanted = device("device");
    wanted.names = names;
    return root_.issue(wanted);
  }
  /// Registers a client of that scheme and name, and connects it with that certificate.
  bool fits(const std::string& scheme, const std::string& name, const Forged& certificate) {
    const std::string client = "client-" + std::to_string(++clients_);
    EXPECT_EQ(put_client_of(scheme, client, R"(, "authenticationName": ")" + name + "\""), "");
    const bool fits = allowed(name, {&certificate});
    host_.remove_resource("clients", client);
    return fits;
  }
  std::string put_thumbprints(const std::string& client, const std::string& thumbprints) {
    return put_client(client, R"("validationScheme": "ThumbprintMatch", "allowedThumbprints": [)" + thumbprints + "]");
  }
  static std::string thumbprint(const Forged& certificate) { return "\"" + thumbprint_of(certificate.der()) + "\""; }

 private:
  int clients_ = 0;
};

TEST_F(ValidationScheme, SubjectMatchesAuthenticationName) {
  testing::Wanted wanted;
  wanted.subject = {{"O", "Acme"}, {"CN", "press-04"}};
  const Forged one = root_.issue(wanted);
  EXPECT_TRUE(fits("SubjectMatchesAuthenticationName", "press-04", one));
  EXPECT_TRUE(fits("SubjectMatchesAuthenticationName", "CN=press-04,O=Acme", one));
  EXPECT_FALSE(fits("SubjectMatchesAuthenticationName", "press-05", one));
  EXPECT_EQ(checks("mismatch"), 1);
}

TEST_F(ValidationScheme, SubjectIsTheDefault) {
  ASSERT_EQ(host_.put_resource("clients", "press-04", "{}"), "");
  const Forged one = root_.issue(device("press-04"));
  EXPECT_TRUE(allowed("press-04", {&one}));
}

TEST_F(ValidationScheme, DnsMatchesAuthenticationName) {
  const Forged one = with_names("DNS:a.example,DNS:B.example");
  EXPECT_TRUE(fits("DnsMatchesAuthenticationName", "A.Example", one));
  EXPECT_TRUE(fits("DnsMatchesAuthenticationName", "b.example", one));
  EXPECT_FALSE(fits("DnsMatchesAuthenticationName", "device", one)) << "the subject is another field";
}

TEST_F(ValidationScheme, UriMatchesAuthenticationName) {
  const Forged one = with_names("URI:urn:Press:4,URI:urn:press:5");
  EXPECT_TRUE(fits("UriMatchesAuthenticationName", "urn:Press:4", one));
  EXPECT_TRUE(fits("UriMatchesAuthenticationName", "urn:press:5", one));
  EXPECT_FALSE(fits("UriMatchesAuthenticationName", "urn:press:4", one));
}

TEST_F(ValidationScheme, IpMatchesAuthenticationNameV4) {
  const Forged one = with_names("IP:192.0.2.1,IP:192.0.2.2");
  EXPECT_TRUE(fits("IpMatchesAuthenticationName", "192.0.2.2", one));
  EXPECT_FALSE(fits("IpMatchesAuthenticationName", "192.0.2.3", one));
}

TEST_F(ValidationScheme, IpMatchesAuthenticationNameV6) {
  const Forged one = with_names("IP:2001:db8::1");
  EXPECT_TRUE(fits("IpMatchesAuthenticationName", "2001:DB8::0001", one));
  EXPECT_FALSE(fits("IpMatchesAuthenticationName", "2001:db8::2", one));
}

TEST_F(ValidationScheme, EmailMatchesAuthenticationName) {
  const Forged one = with_names("email:press@Example.com");
  EXPECT_TRUE(fits("EmailMatchesAuthenticationName", "press@example.COM", one));
  EXPECT_FALSE(fits("EmailMatchesAuthenticationName", "Press@example.com", one));
}

TEST_F(ValidationScheme, ThumbprintMatchTakesASelfSignedCertificate) {
  const Forged own(device("whatever"));
  ASSERT_EQ(put_thumbprints("press-04", thumbprint(own)), "");
  EXPECT_EQ(connect("press-04", {&own}).name, "press-04");
  const Forged another(device("whatever"));
  EXPECT_TRUE(deferred("press-04", {&another}));
  EXPECT_EQ(checks("mismatch"), 1);
}

TEST_F(ValidationScheme, ThumbprintMatchChecksNoChain) {
  testing::Wanted server = device("whatever");
  server.extended_usage = "serverAuth";
  const Forged stranger = Forged(authority("stranger")).issue(server);
  ASSERT_EQ(put_thumbprints("press-04", thumbprint(stranger)), "");
  EXPECT_TRUE(allowed("press-04", {&stranger}));
}

TEST_F(ValidationScheme, ThumbprintsAreAPrimaryAndASecondary) {
  const Forged old_one(device("d"));
  const Forged new_one(device("d"));
  ASSERT_EQ(put_thumbprints("press-04", thumbprint(old_one) + ", " + thumbprint(new_one)), "");
  EXPECT_TRUE(allowed("press-04", {&old_one}));
  EXPECT_TRUE(allowed("press-04", {&new_one}));
}

TEST_F(ValidationScheme, SeveralClientsMayShareAThumbprint) {
  const Forged shared(device("d"));
  ASSERT_EQ(put_thumbprints("press-04", thumbprint(shared)), "");
  ASSERT_EQ(put_thumbprints("press-05", thumbprint(shared)), "");
  EXPECT_EQ(connect("press-04", {&shared}).name, "press-04");
  EXPECT_EQ(connect("press-05", {&shared}).name, "press-05");
}

TEST_F(ValidationScheme, ThumbprintsBelongToThumbprintMatchOnlyAndAlways) {
  EXPECT_NE(put_client("a", R"("validationScheme": "ThumbprintMatch")"), "");
  EXPECT_NE(put_client("a", R"("validationScheme": "ThumbprintMatch", "allowedThumbprints": [])"), "");
  EXPECT_NE(put_thumbprints("a", R"("abc")"), "");
  const std::string hex = "\"" + std::string(40, 'a') + "\"";
  EXPECT_NE(put_thumbprints("a", hex + "," + hex + "," + hex), "");
  EXPECT_NE(
      put_client("a", R"("validationScheme": "DnsMatchesAuthenticationName", "allowedThumbprints": [)" + hex + "]"),
      "");
}

TEST_F(ValidationScheme, CertificateHasToComeFromARegisteredAuthority) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged strange = Forged(authority("stranger")).issue(device("press-04"));
  const Forged own(device("press-04"));
  EXPECT_TRUE(deferred("press-04", {&strange}));
  EXPECT_TRUE(deferred("press-04", {&own}));
  EXPECT_EQ(checks("untrusted"), 2);
}

TEST_F(ValidationScheme, RegisteredIntermediateIsEnough) {
  const Forged top(authority("top"));
  const Forged middle = top.issue(authority("middle"));
  const Forged press = middle.issue(device("press-04"));
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  EXPECT_TRUE(deferred("press-04", {&press, &middle, &top}));
  ASSERT_EQ(host_.put_resource("caCertificates", "middle", testing::resource_of(middle)), "");
  EXPECT_TRUE(allowed("press-04", {&press}));
}

TEST_F(ValidationScheme, IntermediateBelowARegisteredRootIsSentByTheClient) {
  const Forged middle = root_.issue(authority("middle"));
  const Forged press = middle.issue(device("press-04"));
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  EXPECT_TRUE(deferred("press-04", {&press}));
  EXPECT_TRUE(allowed("press-04", {&press, &middle}));
}

TEST_F(ValidationScheme, AuthoritiesOfANamespaceAreAsManyAsConfigured) {
  trellis::testing::TestHost host;
  host.load<X509Authenticator>(R"({"ca_certificates": 2})");
  const std::string authority = testing::resource_of(root_);
  EXPECT_EQ(host.put_resource("caCertificates", "first", authority), "");
  EXPECT_EQ(host.put_resource("caCertificates", "second", authority), "");
  EXPECT_NE(host.put_resource("caCertificates", "third", authority), "");
  EXPECT_EQ(host.put_resource("caCertificates", "second", authority), "") << "it is there already";
}

TEST_F(ValidationScheme, WhatIsNoAuthorityIsRefusedWithAPointer) {
  const Forged plain(device("d"));
  EXPECT_EQ(
      host_.put_resource("caCertificates", "plain", testing::resource_of(plain)),
      "/encodedCertificate: it is no certificate of an authority: its basicConstraints have to say CA:TRUE, and its "
      "key usage, where it has one, keyCertSign");
  EXPECT_EQ(
      host_.put_resource("caCertificates", "empty", R"({"encodedCertificate": "x"})"),
      "/encodedCertificate: it holds no certificate in PEM; expected -----BEGIN CERTIFICATE----- and what belongs "
      "to it");
}

TEST_F(ValidationScheme, ExtendedKeyUsageOfAServerDoesNotFit) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  testing::Wanted wanted = device("press-04");
  wanted.extended_usage = "serverAuth";
  const Forged server = root_.issue(wanted);
  EXPECT_TRUE(deferred("press-04", {&server}));
  wanted.extended_usage = "clientAuth";
  const Forged client = root_.issue(wanted);
  EXPECT_TRUE(allowed("press-04", {&client}));
}

TEST_F(ValidationScheme, ValidityIsCheckedWhenConnecting) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  testing::Wanted wanted = device("press-04");
  wanted.until = testing::kNow - 1;
  const Forged expired = root_.issue(wanted);
  EXPECT_TRUE(deferred("press-04", {&expired}));
  wanted.from = testing::kNow + 60;
  wanted.until = testing::kNow + 120;
  const Forged early = root_.issue(wanted);
  EXPECT_TRUE(deferred("press-04", {&early}));
  EXPECT_EQ(checks("expired"), 2);
  host_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(allowed("press-04", {&early}));
}

TEST_F(ValidationScheme, ValidityIsCheckedForThumbprintsToo) {
  testing::Wanted wanted = device("d");
  wanted.until = testing::kNow + 60;
  const Forged own(wanted);
  ASSERT_EQ(put_thumbprints("press-04", thumbprint(own)), "");
  EXPECT_EQ(connect("press-04", {&own}).expires_at_ms, wanted.until * 1000);
  host_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(deferred("press-04", {&own}));
  EXPECT_EQ(checks("expired"), 1);
}

TEST_F(ValidationScheme, ConnectionEndsWithTheFirstCertificateOfTheChainThatExpires) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  testing::Wanted short_middle = authority("middle");
  short_middle.until = testing::kNow + 60;
  const Forged middle = root_.issue(short_middle);
  const Forged press = middle.issue(device("press-04"));
  EXPECT_EQ(connect("press-04", {&press, &middle}).expires_at_ms, short_middle.until * 1000);
  const Forged direct = root_.issue(device("press-04"));
  EXPECT_EQ(connect("press-04", {&direct}).expires_at_ms, testing::kFarFuture * 1000);
}

TEST_F(ValidationScheme, ExpiredAuthorityIsReportedAndLetsNobodyIn) {
  testing::Wanted wanted = authority("old");
  wanted.from = testing::kLongAgo;
  wanted.until = testing::kLongAgo + 60;
  const Forged old(wanted);
  ASSERT_EQ(host_.put_resource("caCertificates", "old", testing::resource_of(old)), "");
  EXPECT_TRUE(host_.logged("a certificate authority is expired"));
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = old.issue(device("press-04"));
  EXPECT_TRUE(deferred("press-04", {&press}));
}

TEST_F(ValidationScheme, WhatTheClientSendsIsBounded) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  EXPECT_TRUE(deferred("press-04", std::vector<const Forged*>(9, &press)));
  trellis::testing::Client client{.username = "press-04", .certificates = {std::string(20'000, 'x')}};
  EXPECT_EQ(connect(client).verdict, AuthVerdict::defer);
  client.certificates = {"garbage"};
  EXPECT_EQ(connect(client).verdict, AuthVerdict::defer);
  EXPECT_EQ(checks("unreadable"), 3);
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  client.username.reset();
  EXPECT_EQ(connect(client).verdict, AuthVerdict::defer);
  EXPECT_EQ(checks("unreadable"), 4);
}

TEST_F(ValidationScheme, LogTellsWhatWasFoundAndWhatWasExpected) {
  put_client_of("DnsMatchesAuthenticationName", "press-04.example");
  const Forged other = with_names("DNS:press-05.example");
  EXPECT_TRUE(deferred("press-04.example", {&other}));
  const auto line = host_.logs().back();
  EXPECT_EQ(line.level, trellis::Level::debug);
  EXPECT_EQ(line.field("name"), "press-04.example");
  EXPECT_EQ(line.field("scheme"), "DnsMatchesAuthenticationName");
  EXPECT_EQ(line.field("found"), "DNS name: press-05.example");
  EXPECT_EQ(line.field("expected"), "\"press-04.example\" there");
}

}  // namespace
}  // namespace x509
