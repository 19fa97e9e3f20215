// When issuers are asked, and what becomes of their answers.
#include "fixture.hpp"

namespace jwks::testing {
namespace {

using FetcherTest = KeysTest;

TEST_F(FetcherTest, FetchesAtOnceAndAgainWhenTheKeysAreOld) {
  const auto google = issuer();
  EXPECT_EQ(kid(*google), "none");
  EXPECT_THAT(answer(keys("a")), HasSubstr("GET /keys HTTP/1.1\r\nhost: issuer\r\nAccept: application/json"));
  EXPECT_EQ(kid(*google), "a");
  host_.advance(1h - 1ms);
  EXPECT_TRUE(host_.dials().empty());
  host_.advance(1ms);
  answer(keys("b"));
  EXPECT_EQ(kid(*google), "b") << "rotated";
  EXPECT_EQ(metric("fetches_total", ",outcome=\"fetched\""), 2);
}

TEST_F(FetcherTest, KeepsTheKeysWhileTheIssuerDoesNotAnswer) {
  const auto one = issuer();
  answer(keys("a"));
  host_.advance(1h);
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  host_.turn();
  EXPECT_EQ(kid(*one), "a");
  EXPECT_TRUE(host_.logged("those of before stay in use"));
  EXPECT_EQ(metric("failing"), 1);
  host_.advance(1s);
  answer("oops", "500 Internal Server Error");
  EXPECT_EQ(kid(*one), "a");
  host_.advance(2s);
  answer(keys("b"));
  EXPECT_EQ(kid(*one), "b");
  EXPECT_EQ(metric("failing"), 0);
  EXPECT_EQ(metric("fetches_total", ",outcome=\"failed\""), 2);
}

TEST_F(FetcherTest, AsksAgainAfterPausesThatGrow) {
  const auto one = issuer();
  host_.fail_dial(TRELLIS_DIAL_NAME, "no address");
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    host_.advance(pause - 1ms);
    EXPECT_TRUE(host_.dials().empty());
    host_.advance(1ms);
    ASSERT_EQ(host_.dials().size(), 1u);
    host_.fail_dial(TRELLIS_DIAL_NAME, "no address");
  }
  EXPECT_EQ(host_.logs().size(), 1u) << "one line for all of them";
}

TEST_F(FetcherTest, GivesUpAnAnswerThatNeverEnds) {
  const auto one = issuer();
  auto server = host_.answer_dial();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
  host_.advance(10s);
  EXPECT_EQ(metric("fetches_total", ",outcome=\"failed\""), 1);
  EXPECT_FALSE(server.open());
}

TEST_F(FetcherTest, RefusesAnswersThatAreNoKeys) {
  const auto one = issuer();
  const std::string huge(70'000, ' ');
  for (const std::string& body : {std::string("<html>"), std::string(R"({"keys":{}})"), huge + keys("a")}) {
    wait_for_attempt();
    answer(body);
    EXPECT_EQ(kid(*one), "none") << body.substr(0, 40);
  }
  EXPECT_EQ(metric("fetches_total", ",outcome=\"failed\""), 3);
}

TEST_F(FetcherTest, TakesBackAllKeysWhereTheIssuerPublishesNoneThatCanBeUsed) {
  const auto one = issuer();
  for (const char* none : {R"({"keys":[]})", R"({"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]})"}) {
    answer(keys("a"));
    ASSERT_EQ(kid(*one), "a");
    host_.advance(1h);
    answer(none);
    EXPECT_EQ(kid(*one), "empty") << none;
    EXPECT_TRUE(host_.logged("an issuer publishes no usable keys"));
    host_.advance(1h);
  }
  EXPECT_EQ(metric("failing"), 0) << "it answers";
  EXPECT_EQ(metric("fetches_total", ",outcome=\"fetched\""), 4);
}

TEST_F(FetcherTest, DropsKeysThatCouldNotBeFetchedAgainForADay) {
  const auto one = issuer();
  answer(keys("a"));
  const auto fail_for = [&](std::chrono::minutes time) {
    for (; time > 0min; time -= 1min) {
      if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
      host_.advance(1min);
    }
  };
  fail_for(24h - 1min);
  EXPECT_EQ(kid(*one), "a");
  fail_for(1min);
  EXPECT_EQ(kid(*one), "none");
  EXPECT_TRUE(host_.logged("an issuer's keys are too old"));
  wait_for_attempt();
  answer(keys("a"));
  EXPECT_EQ(kid(*one), "a");
  for (int i = 0; i < 30; ++i) {
    host_.advance(1h);
    answer(keys("a"));
  }
  EXPECT_EQ(kid(*one), "a") << "fetched in time";
}

class PatientFetcherTest : public KeysTest {
 protected:
  PatientFetcherTest() : KeysTest(R"({"keys_stale_for": "0s"})") {}
};

TEST_F(PatientFetcherTest, KeepsKeysForEver) {
  const auto one = issuer();
  answer(keys("a"));
  host_.advance(1h);
  host_.advance(24h * 365);
  EXPECT_EQ(kid(*one), "a");
}

TEST(KeySettings, DropNoKeysBeforeTheyAreFetchedAgain) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.refusal<KeyUser>(R"({"keys_stale_for": "1h"})"),
            "/keys_stale_for: it is not longer than keys_refresh_interval");
  EXPECT_EQ(host.refusal<KeyUser>(R"({"keys_stale_for": "61m"})"), "");
}

TEST_F(FetcherTest, IsNotLedToWhereKeysMustNotComeFrom) {
  const auto one = issuer({.jwks_uri = "http://localhost/keys"});
  answer("", "302 Found\r\nLocation: http://elsewhere.example/keys");
  EXPECT_TRUE(host_.dials().empty()) << "not even to be led on from there";
  EXPECT_TRUE(host_.logged("is redirected to http://elsewhere.example, where it must not go"));
  wait_for_attempt();
  answer("", "302 Found\r\nLocation: https://elsewhere.example/keys");
  answer(keys("a"));
  EXPECT_EQ(kid(*one), "a");
}

TEST_F(FetcherTest, SaysOnceWhichKeysCannotBeUsed) {
  const auto one = issuer();
  const std::string some = R"({"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"},)" + keys("a").substr(9);
  for (int i = 0; i < 2; ++i) {
    answer(some);
    host_.advance(1h);
  }
  EXPECT_EQ(kid(*one), "a");
  EXPECT_TRUE(host_.logged("key 1: it is an RSA key of 1 bits, expected 2048 to 8192"));
  EXPECT_EQ(host_.logs().size(), 2u);
}

TEST_F(FetcherTest, SharesAnIssuerAmongAllWhoUseItAndLeavesItAloneAfterwards) {
  auto one = issuer();
  EXPECT_EQ(issuer(), one);
  answer(keys("a"));
  host_.advance(1h);
  EXPECT_EQ(host_.dials().size(), 1u);
  answer(keys("a"));
  one.reset();
  host_.advance(2h);
  EXPECT_TRUE(host_.dials().empty());
  one = issuer();
  EXPECT_EQ(kid(*one), "none") << "forgotten";
  answer(keys("b"));
  EXPECT_EQ(kid(*one), "b");
}

TEST_F(FetcherTest, FollowsTheIssuersConfiguration) {
  const auto one = issuer({.issuer = "https://login.example/tenant/v2.0"});
  EXPECT_THAT(answer(R"({"issuer":"https://login.example/tenant/v2.0","jwks_uri":"https://keys.example/k"})"),
              HasSubstr("GET /tenant/v2.0/.well-known/openid-configuration HTTP/1.1\r\nhost: login.example"));
  EXPECT_THAT(answer(keys("a")), HasSubstr("GET /k HTTP/1.1\r\nhost: keys.example"));
  EXPECT_EQ(kid(*one), "a");
  host_.advance(1h);
  EXPECT_EQ(host_.dials().at(0).host, "login.example") << "the configuration may have changed";
}

TEST_F(FetcherTest, RefusesConfigurationsThatAreNotOfTheIssuer) {
  const auto one = issuer({.issuer = "https://login.example/"});
  for (const char* body :
       {R"({"issuer":"https://login.example","jwks_uri":"https://keys.example/k"})", "{}", "[]", "no JSON",
        R"({"issuer":"https://login.example/"})", R"({"issuer":"https://login.example/","jwks_uri":7})",
        R"({"issuer":"https://login.example/","jwks_uri":"http://keys.example/k"})",
        R"({"issuer":"https://login.example/","jwks_uri":"http://127.0.0.1/k"})",
        R"({"issuer":"https://login.example/","jwks_uri":"file:///etc/passwd"})"}) {
    wait_for_attempt();
    answer(body);
    EXPECT_TRUE(host_.dials().empty()) << body;
  }
  EXPECT_EQ(kid(*one), "none");
  EXPECT_EQ(metric("fetches_total", ",outcome=\"failed\""), 9);
}

}  // namespace
}  // namespace jwks::testing
