// How the broker proves itself: tokens given and fetched, certificates, identities of namespaces.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

constexpr const char* kOauth =
    R"({"timeout": "5s", "oauth": {"token_url": "https://login.example.com/{tenant}/token", "client_id": "bro:ker",
        "client_secret": "s&cret", "scope": "{application}/.default"}})";
constexpr const char* kTenant =
    R"(, "azureActiveDirectoryTenantId": "t-1", "azureActiveDirectoryApplicationIdOrUri": "api://judge")";

std::string token(const std::string& text) {
  return http(200, R"({"token_type": "Bearer", "access_token": ")" + text + R"(", "expires_in": 3600})");
}

class Tokens : public WebhookTest {
 protected:
  using WebhookTest::WebhookTest;
};

TEST_F(Tokens, OneThatIsGivenIsSent) {
  const auto plugin = load(R"({"bearer_token": "given"})");
  const auto waiting = plugin.connect({});
  EXPECT_THAT(server().received(), HasSubstr("authorization: Bearer given\r\n"));
}

TEST_F(Tokens, ALayerMayShowACertificate) {
  const auto plugin = load(R"({"layer": "webhook-tls"})");
  const auto waiting = plugin.connect({});
  EXPECT_EQ(host_.dials().at(0).layer, "webhook-tls");
}

TEST_F(Tokens, AreFetchedByClientCredentials) {
  const auto plugin = load(kOauth, kTenant);
  const auto asked = plugin.connect({});
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_EQ(host_.dials()[0].host, "login.example.com");
  auto issuer = server();
  const Asked request = Asked::of(issuer.received());
  EXPECT_THAT(request.head, ::testing::StartsWith("POST /t-1/token HTTP/1.1\r\n"));
  EXPECT_THAT(request.head, HasSubstr("content-type: application/x-www-form-urlencoded\r\n"));
  EXPECT_THAT(request.head, HasSubstr("authorization: Basic YnJvJTNBa2VyOnMlMjZjcmV0\r\n")) << "bro%3Aker:s%26cret";
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=api%3A%2F%2Fjudge%2F.default");
  issuer.send(token("fetched"));
  auto endpoint = server();
  EXPECT_THAT(endpoint.received(), HasSubstr("authorization: Bearer fetched\r\n"));
  endpoint.send(http(200, kAllow));
  EXPECT_TRUE(asked.allowed());
  const auto next = plugin.connect({});
  EXPECT_TRUE(host_.dials().empty()) << "the token is kept, and the connection";
  EXPECT_THAT(endpoint.received(), HasSubstr("authorization: Bearer fetched\r\n"));
  EXPECT_EQ(host_.metric("trellis_webhook_tokens_total", "outcome=\"fetched\""), 1);
}

TEST_F(Tokens, AreRenewedBeforeTheyEnd) {
  const auto plugin = load(kOauth, kTenant);
  const auto asked = plugin.connect({});
  server().send(token("one"));
  server().send(http(200, kAllow));
  ASSERT_TRUE(asked.allowed());
  host_.advance(3480s);
  const auto next = plugin.connect({});
  ASSERT_EQ(host_.dials().size(), 2u) << "for the new token, and for the question, which goes with the old one";
  auto first = server();
  auto second = server();
  const std::string both = first.received() + second.received();
  EXPECT_THAT(both, HasSubstr("POST /t-1/token "));
  EXPECT_THAT(both, HasSubstr("authorization: Bearer one\r\n"));
}

class TokensOfShards : public Tokens {
 protected:
  TokensOfShards() : Tokens(TestHostOptions{.shards = 2}) {}
};

TEST_F(TokensOfShards, AreFetchedOnceForAll) {
  const auto plugin = load(kOauth, kTenant);
  const auto first = plugin.connect({}, 0);
  const auto second = plugin.connect({}, 1);
  const auto third = plugin.connect({}, 1);
  ASSERT_EQ(host_.dials().size(), 1u);
  server().send(token("shared"));
  host_.turn();
  ASSERT_EQ(host_.dials().size(), 3u) << "all three ask now";
  for (int i = 0; i < 3; ++i) {
    auto endpoint = server();
    EXPECT_THAT(endpoint.received(), HasSubstr("authorization: Bearer shared\r\n"));
    endpoint.send(http(200, kAllow));
  }
  EXPECT_TRUE(first.allowed() && second.allowed() && third.allowed());
}

TEST_F(TokensOfShards, WithoutOneAllAreUnavailable) {
  const auto plugin = load(kOauth, kTenant);
  const auto first = plugin.connect({}, 0);
  const auto second = plugin.connect({}, 1);
  auto issuer = server();
  issuer.send(http(401, R"({"error": "invalid_client"})"));
  issuer.disconnect();
  host_.turn();
  EXPECT_EQ(first.outcome().status, Status::unavailable);
  EXPECT_EQ(second.outcome().status, Status::unavailable);
  EXPECT_EQ(host_.metric("trellis_webhook_tokens_total", "outcome=\"failed\""), 1);
  const auto next = plugin.connect({}, 1);
  EXPECT_EQ(host_.dials().at(0).host, "login.example.com") << "the next one tries again";
}

TEST_F(Tokens, TheTimeoutHoldsForBothTogether) {
  const auto plugin = load(kOauth, kTenant);
  const auto asked = plugin.connect({});
  auto issuer = server();
  host_.advance(3s);
  issuer.send(token("late"));
  server();
  host_.advance(1999ms);
  EXPECT_EQ(asked.verdict(), AuthVerdict::pending);
  host_.advance(1ms);
  EXPECT_EQ(asked.outcome().status, Status::unavailable);
}

TEST_F(Tokens, WhoLeavesMeanwhileIsNotAskedFor) {
  const auto plugin = load(kOauth, kTenant);
  auto gone = plugin.connect({});
  auto issuer = server();
  gone.leave();
  issuer.send(token("unused"));
  EXPECT_TRUE(host_.dials().empty());
  const auto next = plugin.connect({});
  EXPECT_THAT(server().received(), HasSubstr("authorization: Bearer unused\r\n")) << "the token serves the next one";
}

TEST_F(Tokens, OneThatIsNotBelievedIsFetchedAgainForTheNext) {
  const auto plugin = load(kOauth, kTenant);
  const auto asked = plugin.connect({});
  auto issuer = server();
  issuer.send(token("one"));
  issuer.disconnect();
  auto endpoint = server();
  endpoint.send(http(200, kAllow));
  EXPECT_TRUE(asked.allowed());
  host_.advance(30s);
  EXPECT_EQ(judged(plugin, http(401, "")).status, Status::unavailable);
  EXPECT_TRUE(host_.dials().empty()) << "no second try within one CONNECT";
  const auto next = plugin.connect({});
  EXPECT_EQ(host_.dials().at(0).host, "login.example.com");
}

TEST_F(Tokens, NamespacesChooseTheIdentity) {
  const auto plugin =
      load(R"({"bearer_token": "own", "identities": {"east": {"bearer_token": "of east", "layer": "east-tls"}}})",
           R"(, "identity": {"type": "SystemAssigned"})");
  const auto own = plugin.connect({});
  EXPECT_THAT(server().received(), HasSubstr("authorization: Bearer own\r\n"));
  ASSERT_EQ(put(R"(, "identity": {"type": "UserAssigned", "userAssignedIdentity": "east"})"), "");
  const auto east = plugin.connect({});
  EXPECT_EQ(host_.dials().at(0).layer, "east-tls");
  EXPECT_THAT(server().received(), HasSubstr("authorization: Bearer of east\r\n"));
  ASSERT_EQ(put(R"(, "identity": {"type": "None"})", "https://third.example.com"), "");
  const auto nobody = plugin.connect({});
  EXPECT_THAT(server().received(), ::testing::Not(HasSubstr("authorization")));
}

}  // namespace
}  // namespace webhook
