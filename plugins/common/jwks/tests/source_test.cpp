#include "common/jwks/source.hpp"

#include <gtest/gtest.h>

namespace jwks {
namespace {

TEST(Source, IsAnAddressNobodyCanChangeTheAnswersOf) {
  EXPECT_TRUE(check({.jwks_uri = "https://issuer.example/keys?x=1"}));
  for (const char* local : {"http://127.0.0.1:8080/keys", "http://[::1]/keys", "http://localhost:1/keys"}) {
    EXPECT_TRUE(check({.jwks_uri = local})) << local;
  }
  EXPECT_EQ(check({.jwks_uri = "http://issuer.example/keys"}).error().text,
            "it begins with http:, expected https: for keys from another machine");
  for (const char* wrong : {"http://localhost.evil.example/", "http://127.evil.example/", "http://10.0.0.1/",
                            "file:///etc/keys", "keys", "", "https://user:secret@issuer.example/"}) {
    EXPECT_FALSE(check({.jwks_uri = wrong})) << wrong;
  }
}

TEST(Source, IsFoundBelowTheIssuer) {
  EXPECT_EQ(discovery_address("https://a.example/")->target, "/.well-known/openid-configuration");
  EXPECT_EQ(discovery_address("https://a.example/x/v2.0")->target, "/x/v2.0/.well-known/openid-configuration");
  EXPECT_FALSE(discovery_address("https://a.example/?x=1"));
  EXPECT_FALSE(discovery_address("http://a.example"));
  EXPECT_FALSE(check({}));
}

TEST(Source, IsLoggedWithoutPathAndQuery) {
  EXPECT_EQ(Source{.jwks_uri = "https://issuer.example/keys?secret=1"}.origin(), "https://issuer.example");
  EXPECT_EQ(Source{.issuer = "https://issuer.example:8443/x"}.origin(), "https://issuer.example:8443");
}

}  // namespace
}  // namespace jwks
