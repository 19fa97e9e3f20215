// The plugin as the broker sees it, with an issuer the test plays.
#include "entra.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/test_host.hpp>

#include "common/jose/testing/signer.hpp"

namespace entra {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;
using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::AuthClient;
using trellis::testing::Revoked;
using trellis::testing::TestHost;

class EntraTest : public ::testing::Test {
 protected:
  static constexpr const char* kIssuer = "https://login.example.com/plant";

  explicit EntraTest(std::string_view settings = "{}") : plugin_(host_.load<Entra>(settings)) { host_.turn(); }

  /// further: members of the block, each after a comma.
  std::string put(const std::string& further = "") {
    const auto wrong = host_.put_resource("namespaces", "default",
                                          R"({"topicSpacesConfiguration": {"clientAuthentication": {
        "entraAuthentication": {"issuer": ")" +
                                              std::string(kIssuer) + "\"" + further + "}}}}");
    host_.turn();
    return wrong;
  }
  /// The namespace believes the issuer, whose one key is called `kid`.
  void believe(std::string_view kid = "k1", const std::string& further = "") {
    ASSERT_EQ(put(further), "");
    answer_configuration();
    answer(signer().jwks(kid));
  }
  void answer_configuration() {
    answer(R"({"issuer": ")" + std::string(kIssuer) + R"(", "jwks_uri": "https://keys.example.com/"})");
  }
  void answer(const std::string& body) {
    ASSERT_FALSE(host_.dials().empty()) << "nobody is asked";
    auto server = host_.answer_dial();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    host_.turn();
  }

  static const jose::testing::Signer& signer() {
    static const jose::testing::Signer kSigner(jose::Algorithm::es256);
    return kSigner;
  }
  std::int64_t now() const { return std::chrono::duration_cast<std::chrono::seconds>(host_.wall()).count(); }
  /// A token that is good for ten minutes. claims: further ones, each after a comma.
  std::string token(const std::string& claims = R"(,"oid":"0b1c","azp":"a1")", std::string_view kid = "k1",
                    std::string_view audience = "https://eventgrid.azure.net/") const {
    return signer().token(R"({"iss":")" + std::string(kIssuer) + R"(","aud":")" + std::string(audience) +
                              R"(","exp":)" + std::to_string(now() + 600) + claims + "}",
                          kid);
  }
  AuthClient connect(const std::string& data, std::uint32_t flags = 0, std::uint32_t shard = 0) const {
    return plugin_.connect({.client_id = "c1", .method = "OAUTH2-JWT", .data = data, .flags = flags}, shard);
  }
  std::string refusal(const std::string& data) const {
    const auto outcome = connect(data).outcome();
    EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
    EXPECT_EQ(outcome.status, Status::not_authorized);
    return outcome.reason;
  }
  std::int64_t count(const std::string& outcome) const {
    return host_.metric("trellis_entra_tokens_total", "outcome=\"" + outcome + "\"");
  }

  TestHost host_{{.shards = 2}};
  trellis::testing::AuthenticatorDriver plugin_;
};

TEST_F(EntraTest, LetsInWhomTheTokenSpeaksOf) {
  believe();
  const auto outcome = connect(token(R"(,"oid":"0b1c","azp":"a1","sub":"s","groups":["g"],"hall":"north")")).outcome();
  EXPECT_EQ(outcome.verdict, AuthVerdict::allow) << outcome.reason;
  EXPECT_EQ(outcome.name, "0b1c");
  EXPECT_TRUE(outcome.own_attributes);
  EXPECT_TRUE(outcome.token);
  EXPECT_THAT(outcome.attributes, ElementsAre(Pair("trellis:principals", R"(["0b1c","s","g"])")));
  EXPECT_EQ(outcome.expires_at_ms, (now() + 600 + 60) * 1000);
  EXPECT_EQ(count("allowed"), 1);
}

TEST_F(EntraTest, LetsInAgainWhoProvesItselfAgain) {
  believe();
  EXPECT_TRUE(connect(token(), TRELLIS_CREDENTIALS_REAUTHENTICATES, 1).allowed());
}

TEST_F(EntraTest, GivesClaimsAsAttributesWhereAskedTo) {
  believe("k1", R"(, "claimsAsAttributes": true, "clockSkewInSeconds": 0)");
  const auto outcome = connect(token(R"(,"sub":"press","hall":"north")")).outcome();
  EXPECT_THAT(outcome.attributes, ElementsAre(Pair("trellis:principals", R"(["press"])"), Pair("hall", R"("north")")));
  EXPECT_EQ(outcome.expires_at_ms, (now() + 600) * 1000);
}

TEST_F(EntraTest, LeavesClientsWithoutItsMethodToTheNext) {
  believe();
  EXPECT_EQ(plugin_.connect({}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin_.connect({.method = "CUSTOM-JWT", .data = token()}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin_.connect({.username = "OAUTH2-JWT", .password = token()}).verdict(), AuthVerdict::defer);
}

TEST_F(EntraTest, LetsNobodyInByATokenInThePassword) {
  believe();
  for (const char* user : {"OAUTH2-JWT", "CUSTOM-JWT", "0b1c", ""}) {
    const auto client = plugin_.connect({.username = user, .password = token(), .protocol = "mqtt3"});
    EXPECT_EQ(client.verdict(), AuthVerdict::defer) << user;
  }
  const auto both = plugin_.connect({.username = "u", .password = token(), .method = "OAUTH2-JWT"});
  EXPECT_TRUE(both.denied()) << "what counts is the Authentication Data";
  EXPECT_EQ(count("allowed"), 0);
}

TEST_F(EntraTest, RefusesATokenOfTheCustomIssuerUnderItsMethod) {
  believe();
  const jose::testing::Signer custom;
  const std::string token =
      custom.token(R"({"iss":"my-issuer","sub":"ada","aud":"https://eventgrid.azure.net","nbf":)" +
                       std::to_string(now()) + R"(,"exp":)" + std::to_string(now() + 600) + "}",
                   "custom");
  EXPECT_EQ(refusal(token), "OAUTH2-JWT: the token's issuer ('iss') is another one");
  host_.turn();
  EXPECT_TRUE(host_.dials().empty()) << "it is refused whatever the issuer's keys are";
}

TEST_F(EntraTest, MentionsTokensThatComeAsPasswordsOnceInAWhile) {
  const auto as_password = [&](const std::string& text) {
    const auto before = host_.logs().size();
    EXPECT_EQ(plugin_.connect({.client_id = "c1", .username = "u", .password = text}).verdict(), AuthVerdict::defer);
    return host_.logs().size() - before;
  };
  believe();
  host_.advance(1min);
  EXPECT_EQ(as_password("eyJ"), 0u);
  EXPECT_EQ(as_password(signer().token(R"({"iss":"https://other.example.com"})")), 0u);
  EXPECT_EQ(as_password(token()), 1u);
  EXPECT_TRUE(host_.logged("a client sends its access token as password"));
  EXPECT_EQ(as_password(token()), 0u);
  host_.advance(1min);
  EXPECT_EQ(as_password(token()), 1u);
  EXPECT_FALSE(host_.logged(token().substr(0, 20)));
}

TEST_F(EntraTest, LeavesNamespacesWithoutItsBlockToTheNext) {
  EXPECT_EQ(connect(token()).verdict(), AuthVerdict::defer);
  believe();
  EXPECT_EQ(plugin_.connect({.method = "OAUTH2-JWT", .data = token(), .name_space = "other"}).verdict(),
            AuthVerdict::defer);
  ASSERT_EQ(host_.remove_resource("namespaces", "default"), "");
  EXPECT_EQ(connect(token()).verdict(), AuthVerdict::defer);
}

TEST_F(EntraTest, RefusesWhatIsNoTokenForIt) {
  believe();
  const std::string why = "OAUTH2-JWT: ";
  EXPECT_THAT(refusal(""), ::testing::StartsWith(why));
  EXPECT_THAT(refusal("a.b.c"), ::testing::StartsWith(why));
  EXPECT_EQ(refusal(token(R"(,"oid":"0b1c","azp":"a1")", "k1", "https://elsewhere.example")),
            why + "the token's audience ('aud') is another one");
  EXPECT_EQ(refusal(token(R"(,"scp":"x","oid":"0b1c","azp":"a1")")),
            why + "the token speaks for a user; only applications and managed identities are let in");
  const std::string members = R"("aud":"https://eventgrid.azure.net","oid":"0b1c","azp":"a1","exp":)";
  EXPECT_EQ(refusal(signer().token(R"({"iss":"https://other.example.com",)" + members + "9999999999}", "k1")),
            why + "the token's issuer ('iss') is another one");
  EXPECT_EQ(refusal(signer().token(
                R"({"iss":")" + std::string(kIssuer) + "\"," + members + std::to_string(now() - 60) + "}", "k1")),
            why + "the token is expired");
  EXPECT_EQ(count("refused"), 6);
}

TEST_F(EntraTest, RefusesTokensWithoutASignatureOfTheIssuer) {
  believe();
  const jose::testing::Signer forger(jose::Algorithm::es256);
  const std::string payload = R"({"iss":")" + std::string(kIssuer) +
                              R"(","aud":"https://eventgrid.azure.net","oid":"0b1c","azp":"a1","exp":9999999999})";
  EXPECT_TRUE(connect(signer().token(payload, "k1")).allowed());
  refusal(forger.token(payload, "k1"));
  refusal(signer().sign(R"({"alg":"none","kid":"k1"})", payload));
  refusal(signer().sign(R"({"alg":"HS256","kid":"k1"})", payload));
  EXPECT_TRUE(host_.dials().empty()) << "none of them makes us ask the issuer";
}

TEST_F(EntraTest, RefusesTokensThatAreTooLong) {
  believe();
  EXPECT_TRUE(connect(token(R"(,"oid":"0b1c","azp":"a1","x":")" + std::string(5000, 'x') + "\"")).allowed());
  refusal(token(R"(,"oid":"0b1c","azp":"a1","x":")" + std::string(9000, 'x') + "\""));
}

TEST_F(EntraTest, WaitsForTheFirstKeys) {
  ASSERT_EQ(put(), "");
  auto here = connect(token(), 0, 0);
  auto there = connect(token(), 0, 1);
  EXPECT_EQ(here.verdict(), AuthVerdict::pending);
  answer_configuration();
  answer(signer().jwks("k1"));
  EXPECT_TRUE(here.allowed());
  EXPECT_TRUE(there.allowed());
}

TEST_F(EntraTest, AsksForNewKeysWhereOneIsUnknown) {
  believe("k1");
  host_.advance(30s);
  auto client = connect(token(R"(,"oid":"0b1c","azp":"a1")", "k2"));
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  EXPECT_TRUE(connect(token()).allowed()) << "whose key is there does not wait";
  host_.turn();
  answer(signer().jwks("k2"));
  EXPECT_TRUE(client.allowed());
  host_.advance(30s);
  auto old = connect(token());
  host_.turn();
  answer(signer().jwks("k2"));
  EXPECT_EQ(old.outcome().status, Status::not_authorized) << "its key is published no more";
}

TEST_F(EntraTest, AsksNobodyForTokensThatNoKeyWouldHelp) {
  believe("k1");
  host_.advance(30s);
  refusal(token(R"(,"oid":"0b1c","azp":"a1")", "k2", "https://elsewhere.example"));
  refusal(token(R"(,"oid":"0b1c","azp":"a1","idtyp":"user")", "k2"));
  refusal(signer().token("no claims", "k2"));
  host_.turn();
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(EntraTest, IsUnavailableWhereKeysDoNotCome) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  auto again = connect(token(), TRELLIS_CREDENTIALS_REAUTHENTICATES);
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  host_.turn();
  EXPECT_EQ(client.outcome().status, Status::unavailable);
  EXPECT_EQ(again.outcome().status, Status::not_authorized) << "re-authentication that fails ends the connection";
  EXPECT_EQ(connect(token()).outcome().status, Status::unavailable) << "at once, until the issuer is asked again";
  EXPECT_EQ(count("unavailable"), 3);
}

TEST_F(EntraTest, IsUnavailableWhereTheIssuerHangs) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  host_.advance(4999ms);
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  host_.advance(1ms);
  EXPECT_EQ(client.outcome().status, Status::unavailable);
}

TEST_F(EntraTest, GoesOnWithOldKeysWhileTheIssuerIsGone) {
  believe();
  host_.advance(1h);
  for (int i = 0; i < 100; ++i) {
    if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
    host_.advance(1min);
  }
  EXPECT_TRUE(connect(token()).allowed());
}

TEST_F(EntraTest, BelievesNoKeysThatAreOlderThanADay) {
  believe();
  for (int i = 0; i < 24 * 60; ++i) {
    if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
    host_.advance(1min);
  }
  if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody answers");
  host_.turn();
  EXPECT_EQ(connect(token()).outcome().status, Status::unavailable);
}

TEST_F(EntraTest, BelievesNoKeysThatTheIssuerTookBack) {
  believe();
  EXPECT_TRUE(connect(token()).allowed());
  host_.advance(1h);
  answer_configuration();
  answer(R"({"keys":[]})");
  EXPECT_TRUE(connect(token()).denied());
}

TEST_F(EntraTest, JudgesWhoWaitedByWhatTheNamespaceSaysThen) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  auto other = connect(token(R"(,"oid":"0b1c","azp":"a1")", "k1", "https://plant.example"));
  EXPECT_EQ(other.outcome().status, Status::not_authorized);
  ASSERT_EQ(put(R"(, "audiences": ["https://plant.example"])"), "");
  answer_configuration();
  answer(signer().jwks("k1"));
  EXPECT_EQ(client.outcome().reason, "OAUTH2-JWT: the token's audience ('aud') is another one");
}

TEST_F(EntraTest, RefusesWhoWaitedWhereTheNamespaceTakesNoTokensAnyMore) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  ASSERT_EQ(host_.remove_resource("namespaces", "default"), "");
  host_.advance(5s);
  EXPECT_EQ(client.outcome().status, Status::not_authorized);
}

TEST_F(EntraTest, ForgetsClientsThatLeft) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  client.leave();
  EXPECT_EQ(count("abandoned"), 1);
  answer_configuration();
  answer(signer().jwks("k1"));
  EXPECT_EQ(host_.late_answers(), 0u);
  EXPECT_EQ(count("allowed"), 0);
}

TEST_F(EntraTest, KeepsADisabledClientOfThatNameOut) {
  believe();
  ASSERT_EQ(host_.put_resource("clients", "press", R"({"authenticationName": "0B1C", "state": "Disabled"})"), "");
  EXPECT_EQ(refusal(token()), "OAUTH2-JWT: the client of that name is disabled");
  ASSERT_EQ(host_.put_resource("clients", "press", R"({"authenticationName": "0B1C"})"), "");
  const auto outcome = connect(token()).outcome();
  EXPECT_EQ(outcome.name, "0b1c");
  EXPECT_TRUE(outcome.own_attributes) << "those of the registered client do not count";
}

TEST_F(EntraTest, CutsOffWhoWasDisabledWhileItsLateAnswerWasOnItsWay) {
  ASSERT_EQ(put(), "");
  auto client = connect(token());
  host_.before_late_answer([this] {
    EXPECT_EQ(host_.put_resource("clients", "press", R"({"authenticationName": "0B1C", "state": "Disabled"})"), "");
    EXPECT_EQ(host_.revoked().size(), 1u) << "before it is let in, which is too early";
  });
  answer_configuration();
  answer(signer().jwks("k1"));
  EXPECT_TRUE(client.allowed()) << "the answer was on its way already";
  ASSERT_EQ(host_.revoked().size(), 2u);
  EXPECT_EQ(host_.revoked().back(), (Revoked{"default", "0b1c"}));
}

TEST_F(EntraTest, CutsOffWhoIsDisabled) {
  believe();
  ASSERT_EQ(host_.put_resource("clients", "0b1c", "{}"), "");
  EXPECT_TRUE(host_.revoked().empty());
  ASSERT_EQ(host_.put_resource("clients", "0b1c", R"({"state": "Disabled"})"), "");
  EXPECT_THAT(host_.revoked(), ElementsAre(Revoked{"default", "0b1c"}));
}

TEST_F(EntraTest, FollowsTheNamespace) {
  believe();
  ASSERT_EQ(put(R"(, "audiences": ["https://plant.example"])"), "");
  EXPECT_EQ(refusal(token()), "OAUTH2-JWT: the token's audience ('aud') is another one");
  EXPECT_TRUE(connect(token(R"(,"oid":"0b1c","azp":"a1")", "k1", "https://plant.example")).allowed())
      << "with the keys of before";
}

TEST_F(EntraTest, SaysWhatIsWrongWithTheNamespace) {
  const std::string where = "/topicSpacesConfiguration/clientAuthentication/entraAuthentication";
  EXPECT_EQ(put(R"(, "tenants": [""])"), where + "/tenants/0: the tenant is empty");
  EXPECT_THAT(put(R"(, "jwksUri": "http://keys.example.com/")"), ::testing::StartsWith(where + "/jwksUri: "));
}

class EntraFewTest : public EntraTest {
 protected:
  EntraFewTest() : EntraTest(R"({"keys_waiting_clients": 2})") {}
};

TEST_F(EntraFewTest, LetsOnlySoManyWait) {
  ASSERT_EQ(put(), "");
  auto first = connect(token());
  auto second = connect(token());
  EXPECT_EQ(connect(token()).outcome().status, Status::unavailable);
  EXPECT_EQ(second.verdict(), AuthVerdict::pending);
  first.leave();
  EXPECT_EQ(connect(token()).verdict(), AuthVerdict::pending);
}

}  // namespace
}  // namespace entra
