// What is taken as a certificate authority.
#include <gtest/gtest.h>

#include <string>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>

#include "authorities.hpp"
#include "forge.hpp"
#include "x509.hpp"

namespace x509 {
namespace {

using testing::authority;
using testing::Forged;

std::string refusal(const std::string& pem) {
  const auto read = read_authority(pem);
  return read ? std::string() : read.error().text;
}

TEST(Authority, RootAndIntermediateAreTaken) {
  const Forged root(authority("root"));
  EXPECT_EQ(refusal(root.pem()), "");
  EXPECT_EQ(refusal(root.issue(authority("intermediate")).pem()), "");
}

TEST(Authority, TextAroundThePemIsLeftAlone) {
  EXPECT_EQ(refusal("subject=CN = root\r\n" + Forged(authority("root")).pem() + "\nthat was it\n"), "");
}

TEST(Authority, ExpiredOrNotYetGoodIsTakenSinceFilesHaveToStayGood) {
  testing::Wanted old = authority("old");
  old.until = testing::kLongAgo + 60;
  EXPECT_EQ(refusal(Forged(old).pem()), "");
  testing::Wanted young = authority("young");
  young.from = testing::kFarFuture - 60;
  EXPECT_EQ(refusal(Forged(young).pem()), "");
}

TEST(Authority, WithoutCertificateIsRefused) {
  EXPECT_EQ(refusal(""), "holds no certificate in PEM; expected -----BEGIN CERTIFICATE----- and what belongs to it");
  EXPECT_EQ(refusal("AAAA"),
            "holds no certificate in PEM; expected -----BEGIN CERTIFICATE----- and what belongs to it");
}

TEST(Authority, DamagedIsRefused) {
  std::string pem = Forged(authority("root")).pem();
  pem.replace(100, 4, "!!!!");
  EXPECT_EQ(refusal(pem).substr(0, 27), "holds a damaged certificate");
}

TEST(Authority, SeveralAreRefused) {
  EXPECT_EQ(refusal(Forged(authority("one")).pem() + Forged(authority("two")).pem()),
            "holds more than one certificate; each authority is a resource of its own");
}

TEST(Authority, PrivateKeyIsRefused) {
  const Forged root(authority("root"));
  EXPECT_EQ(refusal(root.pem() + root.key_pem()),
            "holds a private key, which has to stay with the authority; only its certificate belongs here");
}

TEST(Authority, CertificateOfSomebodyElseIsRefused) {
  const std::string no_authority =
      "is no certificate of an authority: its basicConstraints have to say CA:TRUE, and its key usage, where it has "
      "one, "
      "keyCertSign";
  EXPECT_EQ(refusal(Forged(testing::device("d")).pem()), no_authority);
  testing::Wanted plain = authority("plain");
  plain.constraints = "critical,CA:FALSE";
  EXPECT_EQ(refusal(Forged(plain).pem()), no_authority);
  testing::Wanted other_use = authority("other use");
  other_use.usage = "critical,digitalSignature";
  EXPECT_EQ(refusal(Forged(other_use).pem()), no_authority);
}

TEST(Authority, WeakKeyIsRefused) {
  testing::Wanted weak = authority("weak");
  weak.rsa_bits = 1024;
  EXPECT_EQ(refusal(Forged(weak).pem()).substr(0, 39), "has a key of 1024 bits (strength 80); e");
}

TEST(Authority, MarkTellsCertificatesApart) {
  const Forged one(authority("same name"));
  const Forged other(authority("same name"));
  EXPECT_EQ(mark_of(one.certificate()), mark_of(one.copy().get()));
  EXPECT_NE(mark_of(one.certificate()), mark_of(other.certificate()));
}

TEST(AuthoritiesOfANamespace, AreTenInTheProfileEventGridUnlessSetOtherwise) {
  const Forged root(authority("root"));
  const std::string resource = R"({"encodedCertificate": )" + trellis::json::quote(root.pem()) + "}";
  const auto most = [&](std::string_view settings, int tried) {
    trellis::testing::TestHost host;
    host.load<X509Authenticator>(settings);
    int taken = 0;
    while (taken < tried && host.put_resource("caCertificates", "ca-" + std::to_string(taken), resource).empty()) {
      ++taken;
    }
    return taken;
  };
  EXPECT_EQ(most(R"({"profile": "event-grid"})", 20), 10);
  EXPECT_EQ(most(R"({"profile": "event-grid", "ca_certificates": 11})", 20), 11);
  EXPECT_EQ(most(R"({"ca_certificates": 3})", 20), 3);
  EXPECT_EQ(most("{}", 20), 20);
}

}  // namespace
}  // namespace x509
