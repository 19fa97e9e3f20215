// Names in certificates, and which name a certificate has.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "forge.hpp"
#include "scheme.hpp"

namespace x509 {
namespace {

using Names = std::vector<std::string>;

Facts with_names(const std::string& names) {
  testing::Wanted wanted;
  wanted.names = names;
  return facts_of(testing::Forged(wanted).certificate()).value();
}

Facts with_subject(const std::vector<std::pair<std::string, std::string>>& subject) {
  testing::Wanted wanted;
  wanted.subject = subject;
  return facts_of(testing::Forged(wanted).certificate()).value();
}

TEST(Scheme, WordsAreThoseOfTheResource) {
  EXPECT_TRUE(scheme_of("ThumbprintMatch")->thumbprint);
  EXPECT_EQ(scheme_of("SubjectMatchesAuthenticationName")->field, Field::subject);
  EXPECT_EQ(scheme_of("DnsMatchesAuthenticationName")->field, Field::dns);
  EXPECT_EQ(scheme_of("UriMatchesAuthenticationName")->field, Field::uri);
  EXPECT_EQ(scheme_of("IpMatchesAuthenticationName")->field, Field::address);
  EXPECT_EQ(scheme_of("EmailMatchesAuthenticationName")->field, Field::email);
  EXPECT_FALSE(scheme_of("dnsMatchesAuthenticationName"));
  EXPECT_EQ(source_of("ClientCertificateSubject"), Field::subject);
  EXPECT_EQ(source_of("ClientCertificateDns"), Field::dns);
  EXPECT_EQ(source_of("ClientCertificateUri"), Field::uri);
  EXPECT_EQ(source_of("ClientCertificateIp"), Field::address);
  EXPECT_EQ(source_of("ClientCertificateEmail"), Field::email);
  EXPECT_FALSE(source_of("ClientCertificateSerial"));
}

TEST(Scheme, SubjectIsTheCommonNameOrTheWholeOfIt) {
  const Facts facts = with_subject({{"O", "Acme"}, {"CN", "press-04"}});
  EXPECT_TRUE(has_name(facts, Field::subject, "press-04"));
  EXPECT_TRUE(has_name(facts, Field::subject, "CN=press-04,O=Acme"));
  EXPECT_TRUE(has_name(facts, Field::subject, "PRESS-04"));
  EXPECT_FALSE(has_name(facts, Field::subject, "O=Acme,CN=press-04"));
  EXPECT_FALSE(has_name(facts, Field::subject, "Acme"));
  EXPECT_FALSE(has_name(facts, Field::subject, "press-0"));
}

TEST(Scheme, EmptyFieldHasNoName) {
  const Facts facts = with_subject({});
  for (const Field field : {Field::subject, Field::dns, Field::uri, Field::address, Field::email}) {
    EXPECT_FALSE(has_name(facts, field, ""));
    EXPECT_TRUE(names_in(facts, field).empty());
    EXPECT_EQ(content_of(facts, field), "none");
  }
}

TEST(Scheme, DnsNameMayBeAnyOfThemInAnyCase) {
  const Facts facts = with_names("DNS:a.example,DNS:B.Example");
  EXPECT_TRUE(has_name(facts, Field::dns, "A.EXAMPLE"));
  EXPECT_TRUE(has_name(facts, Field::dns, "b.example"));
  EXPECT_FALSE(has_name(facts, Field::dns, "c.example"));
  EXPECT_FALSE(has_name(facts, Field::uri, "a.example"));
}

TEST(Scheme, WildcardStandsForNobodyElse) {
  const Facts facts = with_names("DNS:*.example");
  EXPECT_FALSE(has_name(facts, Field::dns, "a.example"));
  EXPECT_TRUE(has_name(facts, Field::dns, "*.example"));
}

TEST(Scheme, UriIsComparedExactly) {
  const Facts facts = with_names("URI:urn:press:4,URI:https://a.example/X");
  EXPECT_TRUE(has_name(facts, Field::uri, "https://a.example/X"));
  EXPECT_FALSE(has_name(facts, Field::uri, "https://a.example/x"));
  EXPECT_FALSE(has_name(facts, Field::uri, "https://A.example/X"));
}

TEST(Scheme, EmailIgnoresTheCaseOfItsDomainOnly) {
  const Facts facts = with_names("email:Press@Example.com");
  EXPECT_TRUE(has_name(facts, Field::email, "Press@eXAMPLE.com"));
  EXPECT_FALSE(has_name(facts, Field::email, "press@Example.com"));
  EXPECT_FALSE(has_name(facts, Field::email, "Press"));
}

TEST(Scheme, AddressIsComparedByItsBytes) {
  const Facts facts = with_names("IP:192.0.2.1,IP:2001:db8::1");
  EXPECT_TRUE(has_name(facts, Field::address, "192.0.2.1"));
  EXPECT_TRUE(has_name(facts, Field::address, "2001:db8::1"));
  EXPECT_TRUE(has_name(facts, Field::address, "2001:0DB8:0:0:0:0:0:1"));
  EXPECT_FALSE(has_name(facts, Field::address, "192.0.2.2"));
  EXPECT_FALSE(has_name(facts, Field::address, "::ffff:192.0.2.1"));
  EXPECT_FALSE(has_name(facts, Field::address, "press-04"));
  EXPECT_FALSE(has_name(facts, Field::address, std::string("192.0.2.1\0", 10)));
}

TEST(Scheme, FirstAlternativeNameNames) {
  const Facts facts = with_names("DNS:a.example,DNS:b.example,IP:2001:DB8::1,IP:192.0.2.1,URI:urn:x");
  EXPECT_EQ(names_in(facts, Field::dns), Names{"a.example"});
  EXPECT_EQ(names_in(facts, Field::address), Names{"2001:db8::1"});
  EXPECT_EQ(names_in(facts, Field::uri), Names{"urn:x"});
  EXPECT_EQ(content_of(facts, Field::dns), "a.example, b.example");
}

TEST(Scheme, SubjectNamesByItsWholeAndItsCommonName) {
  EXPECT_EQ(names_in(with_subject({{"O", "Acme"}, {"CN", "p"}}), Field::subject), (Names{"CN=p,O=Acme", "p"}));
}

TEST(Scheme, LongContentIsCutBetweenCharacters) {
  std::string names;
  for (int i = 0; i < 40; ++i) names += (i > 0 ? "," : "") + ("DNS:host-" + std::to_string(i) + ".example");
  const std::string text = content_of(with_names(names), Field::dns);
  EXPECT_LE(text.size(), 203U);
  EXPECT_TRUE(text.ends_with("…"));
  const std::string umlauts = "x" + std::string(50, 'y');
  std::string wide = umlauts;
  for (int i = 0; i < 6; ++i) wide += "ü";
  std::vector<std::pair<std::string, std::string>> subject;
  for (int i = 0; i < 5; ++i) subject.push_back({"CN", wide});
  const std::string cut = content_of(with_subject(subject), Field::subject);
  EXPECT_NE(cut[cut.size() - 4], '\xc3');  // the first byte of "ü" without its second
}

}  // namespace
}  // namespace x509
