// Bearer tokens, of an issuer that the test plays.
#include "common/jose/testing/signer.hpp"
#include "fixture.hpp"

namespace events_service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BearerTest : public AccessTest {
 protected:
  static constexpr const char* kIssuer = "https://login.example.com/plant";

  /// further: members of the block, each after a comma.
  explicit BearerTest(const std::string& further = "")
      : AccessTest(R"({"bearer": {"issuer": ")" + std::string(kIssuer) + "\"" + further + "}}") {}

  /// The issuer's one key is called k1.
  void give_keys() {
    answer(R"({"issuer": ")" + std::string(kIssuer) + R"(", "jwks_uri": "https://keys.example.com/"})");
    answer(signer().jwks("k1"));
  }
  void answer(const std::string& body) {
    ASSERT_FALSE(host_->dials().empty()) << "nobody is asked";
    auto server = host_->answer_dial();
    server.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    host_->turn();
  }
  static const jose::testing::Signer& signer() {
    static const jose::testing::Signer kSigner(jose::Algorithm::es256);
    return kSigner;
  }
  std::int64_t now() const { return std::chrono::duration_cast<std::chrono::seconds>(host_->wall()).count(); }
  /// A token that is good for ten minutes. claims: further ones, each after a comma.
  std::string token(const std::string& claims, std::string_view kid = "k1",
                    std::string_view audience = "https://eventgrid.azure.net") const {
    return signer().token(R"({"iss":")" + std::string(kIssuer) + R"(","aud":")" + std::string(audience) +
                              R"(","sub":"press-app","exp":)" + std::to_string(now() + 600) + claims + "}",
                          kid);
  }
  Answer show(const std::string& token, std::string_view path = kPublish, std::uint32_t shard = 0) {
    return ask(path, "authorization", "Bearer " + token, shard);
  }
  std::uint32_t publishing(const std::string& claims) { return show(token(claims)).status; }
  std::uint32_t receiving(const std::string& claims) { return show(token(claims), kReceive).status; }
};

TEST_F(BearerTest, RolesSayWhatATokenAllows) {
  give_keys();
  struct Case {
    const char* claims;
    std::uint32_t publishing, receiving;
  };
  const Case cases[] = {
      {R"(,"roles":["EventGrid Data Sender"])", 200, 403},
      {R"(,"roles":["EventGrid Data Receiver"])", 403, 200},
      {R"(,"roles":["EventGrid Data Contributor"])", 200, 200},
      {R"(,"roles":["Other","EventGrid Data Sender","EventGrid Data Receiver"])", 200, 200},
      {R"(,"roles":"EventGrid Data Sender")", 200, 403},
      {R"(,"scp":"Microsoft.EventGrid/events/send/action")", 200, 403},
      {R"(,"scope":"openid Microsoft.EventGrid/events/receive/action x")", 403, 200},
      {R"(,"scp":"Microsoft.EventGrid/events/*")", 200, 200},
      {R"(,"roles":["EventGrid Data Receiver"],"scp":"Microsoft.EventGrid/events/send/action")", 200, 200},
      {"", 403, 403},
      {R"(,"roles":[])", 403, 403},
      {R"(,"roles":["eventgrid data sender"])", 403, 403},
      {R"(,"roles":["EventGrid Data Sender X"])", 403, 403},
      {R"(,"roles":["a EventGrid Data Sender"])", 403, 403},
      {R"(,"roles":{"EventGrid Data Sender":true})", 403, 403},
      {R"(,"groups":["EventGrid Data Contributor"])", 403, 403},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(publishing(each.claims), each.publishing) << each.claims;
    EXPECT_EQ(receiving(each.claims), each.receiving) << each.claims;
  }
  EXPECT_EQ(show(token(R"(,"roles":["EventGrid Data Sender"])")), (Answer{200, "bearer 'press-app'"}));
  EXPECT_EQ(show(token("")), (Answer{403,
                                     "bearer 'press-app' Forbidden: the token is good, but has no role that lets "
                                     "it publish"}));
  EXPECT_THAT(show(token(""), kReceive).text, HasSubstr("no role that lets it receive and settle"));
}

class OwnRolesTest : public BearerTest {
 protected:
  OwnRolesTest()
      : BearerTest(R"(, "role_claims": ["permissions"], "send_roles": ["events:write"], "receive_roles": [],
                      "both_roles": ["admin"], "audiences": ["mine"], "clock_skew": "0s")") {}
};

TEST_F(OwnRolesTest, ClaimsAndRolesAreThoseOfTheSettings) {
  give_keys();
  const auto status = [&](const std::string& claims, std::string_view path, std::string_view audience = "mine") {
    return show(token(claims, "k1", audience), path).status;
  };
  EXPECT_EQ(status(R"(,"permissions":["events:write"])", kPublish), 200u);
  EXPECT_EQ(status(R"(,"permissions":["events:write"])", kReceive), 403u);
  EXPECT_EQ(status(R"(,"permissions":"admin")", kReceive), 200u);
  EXPECT_EQ(status(R"(,"roles":["EventGrid Data Sender"])", kPublish), 403u);
  EXPECT_EQ(status(R"(,"permissions":"admin")", kPublish, "https://eventgrid.azure.net"), 401u);
  const std::string good = token(R"(,"permissions":"admin")", "k1", "mine");
  host_->advance(599s);
  EXPECT_EQ(show(good).status, 200u);
  host_->advance(1s);
  EXPECT_EQ(show(good).status, 401u) << "no skew";
}

TEST_F(BearerTest, TokensThatAreNotGoodAreRefusedWhateverTheKeysAre) {
  const std::string role = R"(,"roles":["EventGrid Data Sender"])";
  const auto refused = [&](const std::string& token, const char* why) {
    const Answer answer = show(token);
    EXPECT_EQ(answer.status, 401u);
    EXPECT_THAT(answer.text, HasSubstr("bearer '' Unauthorized: "));
    EXPECT_THAT(answer.text, HasSubstr(why));
  };
  for (int round = 0; round < 2; ++round) {
    refused("x.y", "");
    refused(token(role, "k1", "https://other"), "('aud')");
    refused(signer().token(R"({"iss":"https://evil","aud":"https://eventgrid.azure.net","exp":)" +
                               std::to_string(now() + 600) + role + "}",
                           "k1"),
            "('iss')");
    refused(signer().token(R"({"iss":")" + std::string(kIssuer) + R"(","aud":"https://eventgrid.azure.net","exp":)" +
                               std::to_string(now() - 61) + role + "}",
                           "k1"),
            "expired");
    if (round == 0) give_keys();
  }
  const jose::testing::Signer forger(jose::Algorithm::es256);
  const std::string forged =
      forger.token(R"({"iss":")" + std::string(kIssuer) + R"(","aud":"https://eventgrid.azure.net","exp":)" +
                       std::to_string(now() + 600) + role + "}",
                   "k1");
  refused(forged, "signature");
  EXPECT_FALSE(host_->logged(forged.substr(0, 40)));
}

TEST_F(BearerTest, HoldUntilTheyExpireAndTheSkewIsOver) {
  give_keys();
  const std::string good = token(R"(,"roles":["EventGrid Data Sender"])");
  EXPECT_EQ(show(good).status, 200u);
  host_->advance(659s);
  EXPECT_EQ(show(good).status, 200u);
  host_->advance(1s);
  EXPECT_EQ(show(good).status, 401u) << "it was found good a moment ago";
}

TEST_F(BearerTest, WhoComesBeforeTheKeysIsAskedToComeAgain) {
  const std::string good = token(R"(,"roles":["EventGrid Data Sender"])");
  EXPECT_EQ(show(good),
            (Answer{503, "bearer '' ServiceUnavailable: the issuer is being asked for the key of the token"}));
  give_keys();
  for (const std::uint32_t shard : {0U, 1U}) EXPECT_EQ(show(good, kPublish, shard).status, 200u);
  EXPECT_FALSE(host_->logged("is refused for the credential")) << "it was not its fault";
}

TEST_F(BearerTest, KeysOfAnIssuerThatChangesThemAreFetchedAnew) {
  give_keys();
  EXPECT_EQ(publishing(R"(,"roles":["EventGrid Data Sender"])"), 200u);
  const std::string old = token(R"(,"roles":["EventGrid Data Sender"])");
  EXPECT_EQ(show(old).status, 200u);
  host_->advance(31s);
  const std::string fresh = token(R"(,"roles":["EventGrid Data Sender"])", "k2");
  EXPECT_EQ(show(fresh).status, 503u);
  answer(signer().jwks("k2"));
  for (const std::uint32_t shard : {0U, 1U}) EXPECT_EQ(show(fresh, kPublish, shard).status, 200u);
  host_->advance(1s);
  for (const std::uint32_t shard : {0U, 1U}) EXPECT_NE(show(old, kPublish, shard).status, 200u) << "its key is gone";
}

TEST_F(BearerTest, UnknownKeysMakeNobodyAskTooOften) {
  give_keys();
  const std::string unknown = token(R"(,"roles":["EventGrid Data Sender"])", "k9");
  EXPECT_EQ(show(unknown).status, 401u) << "the keys were fetched a moment ago";
  EXPECT_TRUE(host_->dials().empty());
  host_->advance(31s);
  EXPECT_EQ(show(unknown).status, 503u);
  answer(signer().jwks("k1"));
  EXPECT_EQ(show(unknown).status, 401u);
}

TEST_F(BearerTest, StandBesideKeys) {
  give_keys();
  EXPECT_THAT(ask(sample(kPublish)).text, HasSubstr("found no credential, expected Authorization: Bearer <token>"));
  EXPECT_THAT(ask(kPublish, "aeg-sas-key", kKey1).text, HasSubstr("has no access keys, expected a bearer token"));
  ASSERT_EQ(put_key("key1", kKey1), "");
  EXPECT_EQ(status_of_key(kKey1), 200u);
  EXPECT_THAT(ask(sample(kPublish)).text, HasSubstr("or Authorization: Bearer <token>"));
  ASSERT_EQ(host_->put_resource("namespaces", "default", R"({"disableLocalAuth": true})"), "");
  host_->turn();
  EXPECT_THAT(ask(kPublish, "aeg-sas-key", kKey1).text, HasSubstr("(disableLocalAuth), expected a bearer token"));
  EXPECT_EQ(publishing(R"(,"roles":["EventGrid Data Sender"])"), 200u);
}

TEST(BearerSettings, AreJudged) {
  TestHost host;
  const auto refusal = [&](const std::string& block) {
    return host.refusal<Gatekeeper>(R"({"access": {"bearer": )" + block + "}}");
  };
  EXPECT_THAT(refusal("{}"), HasSubstr("issuer"));
  EXPECT_THAT(refusal(R"({"issuer": "my-issuer"})"), HasSubstr("/access/bearer/issuer: "));
  EXPECT_THAT(refusal(R"({"issuer": "my-issuer", "jwks_uri": "http://a.example/"})"),
              HasSubstr("/access/bearer/jwks_uri: "));
  EXPECT_EQ(refusal(R"({"issuer": "my-issuer", "jwks_uri": "https://a.example/"})"), "");
  EXPECT_THAT(refusal(R"({"issuer": "https://a", "keys_stale_for": "1h"})"),
              HasSubstr("/access/bearer/keys_stale_for"));
  EXPECT_THAT(refusal(R"({"issuer": "https://a", "audiences": []})"), HasSubstr("/access/bearer/audiences"));
  TestHost without({.missing_tables = {TRELLIS_HOST_DIAL}});
  EXPECT_THAT(without.refusal<Gatekeeper>(R"({"access": {"bearer": {"issuer": "https://a"}}})"),
              HasSubstr("this broker makes no connections"));
}

}  // namespace
}  // namespace events_service
