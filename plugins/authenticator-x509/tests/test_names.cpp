// Who a client is: the user name, or a name in its certificate.
#include "by_certificate.hpp"

namespace x509 {
namespace {

using testing::device;
using testing::Forged;
using trellis::AuthVerdict;
using trellis::Status;

class AuthenticationName : public testing::ByCertificate {
 protected:
  void SetUp() override { load(); }

  /// A certificate of the factory with all kinds of names.
  Forged all_names() const {
    testing::Wanted wanted = device("by-subject");
    wanted.names = "DNS:by-dns.example,DNS:second.example,URI:urn:by:uri,email:by@email.example,IP:192.0.2.1";
    return root_.issue(wanted);
  }
};

TEST_F(AuthenticationName, IsTheUserName) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  EXPECT_EQ(connect("press-04", {&press}).name, "press-04");
}

TEST_F(AuthenticationName, IsTheUserNameAlsoWhereTheCertificateWouldNameSomebodyElse) {
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  put_client_of("DnsMatchesAuthenticationName", "by-dns.example");
  put_client_of("SubjectMatchesAuthenticationName", "by-subject");
  const Forged both = all_names();
  EXPECT_EQ(connect("by-dns.example", {&both}).name, "by-dns.example");
  EXPECT_TRUE(deferred("unknown", {&both})) << "a user name of nobody is not made up for by the certificate";
  EXPECT_EQ(checks("unknown_client"), 1);
}

TEST_F(AuthenticationName, NeedsAUserNameWhereNoSourceIsConfigured) {
  put_client_of("SubjectMatchesAuthenticationName", "by-subject");
  const Forged one = all_names();
  EXPECT_TRUE(deferred(std::nullopt, {&one}));
  EXPECT_TRUE(deferred("", {&one})) << "an empty user name is none";
  EXPECT_EQ(checks("no_name"), 2);
}

TEST_F(AuthenticationName, EverySourceNamesByItsField) {
  const std::vector<std::array<std::string, 3>> rows{
      {"ClientCertificateSubject", "SubjectMatchesAuthenticationName", "by-subject"},
      {"ClientCertificateDns", "DnsMatchesAuthenticationName", "by-dns.example"},
      {"ClientCertificateUri", "UriMatchesAuthenticationName", "urn:by:uri"},
      {"ClientCertificateIp", "IpMatchesAuthenticationName", "192.0.2.1"},
      {"ClientCertificateEmail", "EmailMatchesAuthenticationName", "by@email.example"}};
  const Forged one = all_names();
  for (const auto& [source, scheme, name] : rows) {
    ASSERT_EQ(put_client_of(scheme, source, R"(, "authenticationName": ")" + name + "\""), "");
    ASSERT_EQ(put_sources("\"" + source + "\""), "");
    EXPECT_EQ(connect(std::nullopt, {&one}).name, name) << source;
    EXPECT_EQ(connect("", {&one}).name, name) << source;
  }
}

TEST_F(AuthenticationName, SourcesAreTriedInTheConfiguredOrder) {
  put_client_of("SubjectMatchesAuthenticationName", "by-subject");
  put_client_of("DnsMatchesAuthenticationName", "by-dns.example");
  const Forged one = all_names();
  ASSERT_EQ(put_sources(R"("ClientCertificateDns", "ClientCertificateSubject")"), "");
  EXPECT_EQ(connect(std::nullopt, {&one}).name, "by-dns.example");
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject", "ClientCertificateDns")"), "");
  EXPECT_EQ(connect(std::nullopt, {&one}).name, "by-subject");
}

TEST_F(AuthenticationName, LaterSourceCountsOnlyWhereTheEarlierFieldIsEmpty) {
  put_client_of("SubjectMatchesAuthenticationName", "by-subject");
  ASSERT_EQ(put_sources(R"("ClientCertificateDns", "ClientCertificateSubject")"), "");
  const Forged one = all_names();
  EXPECT_TRUE(deferred(std::nullopt, {&one})) << "it has a DNS name, which nobody is registered under";
  const Forged without_dns = root_.issue(device("by-subject"));
  EXPECT_EQ(connect(std::nullopt, {&without_dns}).name, "by-subject");
}

TEST_F(AuthenticationName, FirstOfSeveralAlternativeNamesNames) {
  ASSERT_EQ(put_sources(R"("ClientCertificateDns")"), "");
  put_client_of("DnsMatchesAuthenticationName", "second.example");
  const Forged one = all_names();
  EXPECT_TRUE(deferred(std::nullopt, {&one}));
  EXPECT_TRUE(allowed("second.example", {&one})) << "for a user name any entry will do";
}

TEST_F(AuthenticationName, SubjectNamesByTheWholeOfItBeforeItsCommonName) {
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  testing::Wanted wanted;
  wanted.subject = {{"O", "Acme"}, {"CN", "press"}};
  const Forged one = root_.issue(wanted);
  put_client_of("SubjectMatchesAuthenticationName", "by-common-name", R"(, "authenticationName": "press")");
  EXPECT_EQ(connect(std::nullopt, {&one}).name, "press");
  put_client_of("SubjectMatchesAuthenticationName", "by-whole", R"(, "authenticationName": "CN=press,O=Acme")");
  EXPECT_EQ(connect(std::nullopt, {&one}).name, "CN=press,O=Acme");
}

TEST_F(AuthenticationName, CertificateWithoutAnyNameNamesNobody) {
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject", "ClientCertificateDns")"), "");
  const Forged nameless = root_.issue(testing::Wanted{});
  EXPECT_TRUE(deferred(std::nullopt, {&nameless}));
  EXPECT_EQ(checks("no_name"), 1);
}

TEST_F(AuthenticationName, IgnoresCaseAndKeepsTheStoredSpelling) {
  put_client_of("SubjectMatchesAuthenticationName", "Press-04");
  const Forged press = root_.issue(device("PRESS-04"));
  EXPECT_EQ(connect("press-04", {&press}).name, "Press-04");
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  EXPECT_EQ(connect(std::nullopt, {&press}).name, "Press-04");
}

TEST_F(AuthenticationName, SeveralSessionsAreForThoseWhoSayItInEachConnect) {
  ASSERT_EQ(put_sources(R"("ClientCertificateSubject")"), "");
  put_client_of("SubjectMatchesAuthenticationName", "press");
  const Forged press = root_.issue(device("press"));
  EXPECT_FALSE(connect("press", {&press}).one_session);
  for (const std::optional<std::string>& none : {std::optional<std::string>(), std::optional<std::string>("")}) {
    const auto outcome = connect(none, {&press});
    EXPECT_EQ(outcome.name, "press");
    EXPECT_TRUE(outcome.one_session);
  }
}

TEST_F(AuthenticationName, EndOfACertificateIsNotThatOfAToken) {
  put_client_of("SubjectMatchesAuthenticationName", "press");
  const Forged press = root_.issue(device("press"));
  EXPECT_FALSE(connect("press", {&press}).token);
}

TEST_F(AuthenticationName, IsNotTheClientId) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  EXPECT_EQ(connect({.client_id = "press-04", .certificates = {press.der()}}).verdict, AuthVerdict::defer);
  EXPECT_EQ(connect({.client_id = "other", .username = "press-04", .certificates = {press.der()}}).name, "press-04");
}

TEST_F(AuthenticationName, ClientThatIsNotRegisteredIsLeftToTheNext) {
  const Forged press = root_.issue(device("press-04"));
  EXPECT_TRUE(deferred("press-04", {&press}));
  EXPECT_EQ(checks("unknown_client"), 1);
}

TEST_F(AuthenticationName, DisabledClientIsDeniedForGood) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04", R"(, "state": "Disabled")");
  const Forged press = root_.issue(device("press-04"));
  const auto outcome = connect("press-04", {&press});
  EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
  EXPECT_EQ(outcome.status, Status::not_authorized);
  EXPECT_EQ(checks("disabled"), 1);
}

TEST_F(AuthenticationName, DisabledClientIsDeniedWithoutACertificateToo) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04", R"(, "state": "Disabled")");
  EXPECT_EQ(connect("Press-04", {}).verdict, AuthVerdict::deny);
  EXPECT_EQ(checks("disabled"), 1);
  EXPECT_EQ(connect({.username = "press-04", .method = "CUSTOM-JWT"}).verdict, AuthVerdict::defer);
  EXPECT_TRUE(deferred("unknown", {}));
  EXPECT_TRUE(deferred(std::nullopt, {}));
}

TEST_F(AuthenticationName, DisabledClientIsDeniedInTheWordsForStrangers) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04", R"(, "state": "Disabled")");
  const Forged stranger(device("press-04"));
  EXPECT_EQ(connect("press-04", {&stranger}).reason, "no authenticator accepts these credentials");
  EXPECT_EQ(connect("press-04", {}).reason, "no authenticator accepts these credentials");
  EXPECT_TRUE(host_.logged("the client is disabled, which denies it")) << "who looks into the log learns why";
}

TEST_F(AuthenticationName, ClientWithoutCertificateIsLeftToTheNext) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  EXPECT_TRUE(deferred("press-04", {}));
  EXPECT_EQ(checks("no_certificate"), 1);
}

TEST_F(AuthenticationName, ExchangeByStepsIsLeftToTheNext) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  for (const char* method : {"OAUTH2-JWT", "CUSTOM-JWT", "SOMETHING"}) {
    EXPECT_EQ(connect({.username = "press-04", .method = method, .certificates = {press.der()}}).verdict,
              AuthVerdict::defer);
  }
}

TEST_F(AuthenticationName, BothVersionsOfMqttAreServed) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  for (const char* protocol : {"mqtt3", "mqtt5"}) {
    EXPECT_EQ(connect({.username = "press-04", .certificates = {press.der()}, .protocol = protocol}).verdict,
              AuthVerdict::allow);
  }
}

TEST_F(AuthenticationName, AttributesAreThoseOfTheRegisteredClient) {
  put_client_of("SubjectMatchesAuthenticationName", "press-04", R"(, "attributes": {"floor": 3})");
  const Forged press = root_.issue(device("press-04"));
  const auto outcome = connect("press-04", {&press});
  EXPECT_FALSE(outcome.own_attributes);
  EXPECT_TRUE(outcome.attributes.empty());
}

TEST_F(AuthenticationName, NamespacesAreApart) {
  host_.name_space("other");
  put_client_of("SubjectMatchesAuthenticationName", "press-04");
  const Forged press = root_.issue(device("press-04"));
  EXPECT_EQ(connect({.username = "press-04", .certificates = {press.der()}, .name_space = "other"}).verdict,
            AuthVerdict::defer);
}

}  // namespace
}  // namespace x509
