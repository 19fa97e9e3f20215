// What is wrong with a namespace's settings is said when they are put.
#include "fixture.hpp"

namespace jwt::testing {
namespace {

using ::testing::HasSubstr;

using JwtSettings = JwtTest;

std::string block(const std::string& members) { return R"({"tokenIssuer":"me",)" + members + "}"; }

constexpr std::string_view kWhere = "/topicSpacesConfiguration/clientAuthentication/customJwtAuthentication";

TEST_F(JwtSettings, RefuseABadCertificateWithAPointer) {
  EXPECT_THAT(
      put(block(R"("encodedIssuerCertificates":[)" + certificate() + R"(,{"kid":"k2","encodedCertificate":"hello"}])")),
      HasSubstr(std::string(kWhere) + "/encodedIssuerCertificates/1/encodedCertificate: it holds neither a "
                                      "certificate nor a public key in PEM"));
  EXPECT_THAT(put(block(R"("encodedIssuerCertificates":[{"kid":"k1","encodedCertificate":)" +
                        trellis::json::quote(issuer().private_key()) + "}]")),
              HasSubstr("/0/encodedCertificate: it holds a private key, which belongs to the issuer alone"));
  EXPECT_THAT(put(block(R"("encodedIssuerCertificates":[)" + certificate() + "," + certificate() + "]")),
              HasSubstr("/encodedIssuerCertificates/1/kid: another certificate has that name"));
}

TEST_F(JwtSettings, HaveAtMostTwoCertificates) {
  const auto with = [&](const std::string& further) {
    return put(
        block(R"("encodedIssuerCertificates":[)" + certificate("old") + "," + certificate("new") + further + "]"));
  };
  EXPECT_EQ(with(""), "");
  EXPECT_THAT(with("," + certificate("third")), HasSubstr("/encodedIssuerCertificates"));
}

TEST_F(JwtSettings, NeedKeysFromSomewhereSafe) {
  EXPECT_THAT(put(R"({"tokenIssuer":"me"})"),
              HasSubstr(std::string(kWhere) + ": there are no keys; it needs encodedIssuerCertificates or jwksUri"));
  EXPECT_THAT(put(block(R"("jwksUri":"http://issuer.example/keys")")),
              HasSubstr(std::string(kWhere) + "/jwksUri: it begins with http:, expected https:"));
  EXPECT_EQ(put(block(R"("jwksUri":"https://issuer.example/keys")")), "");
}

TEST_F(JwtSettings, KnowNoSymmetricAlgorithms) {
  for (const char* name : {"HS256", "none"}) {
    EXPECT_NE(put(block(R"("jwksUri":"https://issuer.example/keys","algorithms":[")" + std::string(name) + "\"]")), "");
  }
}

TEST_F(JwtSettings, AllowTheAlgorithmsTheyName) {
  const Signer signer(jose::Algorithm::eddsa);
  ASSERT_EQ(put(R"({"tokenIssuer":"my-issuer","audiences":["broker.example"],"algorithms":["EdDSA","ES256"],)"
                R"("encodedIssuerCertificates":[)" +
                certificate("k1", signer) + "]}"),
            "");
  EXPECT_EQ(reason(signer.token(claims(), "k1")), "allowed");
  EXPECT_EQ(reason(token()), "the token is signed with RS256; allowed is ES256, EdDSA");
}

TEST_F(JwtSettings, AreReadWhenThePluginStarts) {
  ASSERT_EQ(put(trusting(R"(,"clockSkewInSeconds":0)")), "");
  auto second = host_.load<JwtAuthenticator>();
  auto client = second.connect({.method = "CUSTOM-JWT", .data = token()});
  EXPECT_EQ(client.outcome().expires_at_ms, (now() + 600) * 1000);
}

}  // namespace
}  // namespace jwt::testing
