// How the broker proves itself: tokens given and fetched, keys, certificates.
#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

constexpr const char* kOauth = R"(, "oauth": {"tokenUrl": "https://login.example.com/token", "clientId": "bro:ker",
    "clientSecret": "s&cret", "scope": "hooks"})";

std::string token(const std::string& text) {
  return http(200, R"({"token_type": "Bearer", "access_token": ")" + text + R"(", "expires_in": 3600})");
}

class Identity : public HandlerTest {
 protected:
  using HandlerTest::HandlerTest;

  std::int64_t tokens(const std::string& outcome) const {
    return host_.metric("trellis_webhook_post_tokens_total", "outcome=\"" + outcome + "\"");
  }
};

TEST_F(Identity, ATokenThatIsGivenIsSent) {
  EXPECT_EQ(sent(open(R"(, "bearerToken": "given")"), {event()}).header("authorization"), "Bearer given");
}

TEST_F(Identity, AKeyIsSentInItsHeader) {
  const auto plugin = load();
  EXPECT_EQ(sent(plugin.open(block(R"(, "apiKey": {"value": "k"})")), {event()}).header("x-api-key"), "k");
  const Asked asked =
      sent(plugin.open(block(R"(, "bearerToken": "t", "apiKey": {"header": "X-Code", "value": "k"})")), {event()});
  EXPECT_EQ(asked.header("X-Code"), "k");
  EXPECT_EQ(asked.header("authorization"), "Bearer t");
}

TEST_F(Identity, TokensAreFetchedByClientCredentials) {
  const auto destination = open(kOauth);
  const auto first = destination.deliver({event("a")}).front();
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_EQ(host_.dials()[0].host, "login.example.com");
  auto issuer = server();
  const Asked request = Asked::of(issuer.received());
  EXPECT_THAT(request.head, StartsWith("POST /token HTTP/1.1\r\n"));
  EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.header("authorization"), "Basic YnJvJTNBa2VyOnMlMjZjcmV0") << "bro%3Aker:s%26cret";
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=hooks");
  issuer.send(token("fetched"));
  host_.turn();
  auto endpoint = server();
  EXPECT_EQ(Asked::of(endpoint.received()).header("authorization"), "Bearer fetched");
  endpoint.send(http(200));
  EXPECT_EQ(first.outcome(), Settled::delivered);
  destination.deliver({event("b")});
  EXPECT_TRUE(host_.dials().empty()) << "the token is kept, and the connection";
  EXPECT_EQ(Asked::of(endpoint.received()).header("authorization"), "Bearer fetched");
  EXPECT_EQ(tokens("fetched"), 1);
}

TEST_F(Identity, OneFetchesForAllThatWait) {
  const auto plugin = load();
  const auto one = plugin.open(block(kOauth));
  const auto other = plugin.open(block(kOauth));
  one.deliver({event("a"), event("b")});
  other.deliver({event("c")});
  ASSERT_EQ(host_.dials().size(), 1u);
  server().send(token("shared"));
  host_.turn();
  EXPECT_EQ(host_.dials().size(), 3u);
}

TEST_F(Identity, TokensAreRenewedBeforeTheyEnd) {
  const auto destination = open(kOauth);
  destination.deliver({event("a")});
  server().send(token("one"));
  host_.turn();
  server().send(http(200));
  host_.advance(3480s);
  destination.deliver({event("b")});
  ASSERT_EQ(host_.dials().size(), 2u) << "for the new token, and for the event, which goes with the old one";
  auto first = server();
  auto second = server();
  const std::string both = first.received() + second.received();
  EXPECT_THAT(both, HasSubstr("POST /token "));
  EXPECT_THAT(both, HasSubstr("authorization: Bearer one\r\n"));
}

TEST_F(Identity, WithoutATokenEventsAreTriedAgain) {
  const auto destination = open(kOauth);
  const auto refused = destination.deliver({event("a")}).front();
  auto issuer = server();
  issuer.send(http(401, R"({"error": "invalid_client"})"));
  issuer.disconnect();
  host_.turn();
  EXPECT_EQ(refused.outcome(), Settled::later) << "nothing was sent";
  EXPECT_EQ(refused.retry_after(), 10s);
  EXPECT_EQ(refused.reason(), "POST https://hooks.example.org: there is no token for it");
  const auto silent = destination.deliver({event("b")}).front();
  server();
  host_.advance(30s);
  host_.turn();
  EXPECT_EQ(silent.outcome(), Settled::later);
  EXPECT_EQ(tokens("failed"), 2);
  EXPECT_TRUE(host_.logged("no token for an endpoint of events"));
  EXPECT_EQ(host_.metric("trellis_webhook_posts"), 0);
}

TEST_F(Identity, TheTimeoutHoldsForTokenAndAnswerTogether) {
  const auto watch = open(kOauth).deliver({event()}).front();
  auto issuer = server();
  host_.advance(20s);
  issuer.send(token("late"));
  host_.turn();
  server();
  host_.advance(9999ms);
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  host_.advance(1ms);
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::timed_out);
}

TEST_F(Identity, ATokenThatIsNotTakenAnyMoreIsFetchedAgain) {
  const auto destination = open(kOauth);
  destination.deliver({event("a")});
  auto issuer = server();
  issuer.send(token("one"));
  issuer.disconnect();
  host_.turn();
  auto endpoint = server();
  endpoint.send(http(200));
  endpoint.disconnect();
  host_.advance(30s);
  const auto watch = answered(destination, http(401));
  EXPECT_EQ(watch.outcome(), Settled::retry) << "it may have been taken back";
  EXPECT_EQ(watch.cause(), Cause::unauthorized);
  const auto next = destination.deliver({event("b")}).front();
  EXPECT_EQ(host_.dials().at(0).host, "login.example.com");
  server().send(token("two"));
  host_.turn();
  server().send(http(401));
  EXPECT_EQ(next.outcome(), Settled::refused) << "a fresh one is not believed either";
}

TEST_F(Identity, ApplicationsGetATokenOfThePluginsIssuer) {
  const auto destination = open(
      R"(, "azureActiveDirectoryTenantId": "t-1", "azureActiveDirectoryApplicationIdOrUri": "api://hooks")",
      R"({"oauth": {"token_url": "https://login.example.com/{tenant}/token", "client_id": "c", "client_secret": "s"},
          "applications": ["api://hooks"]})");
  const auto asked = sent(destination, {event()});
  EXPECT_THAT(asked.head, StartsWith("POST /t-1/token HTTP/1.1\r\n"));
  EXPECT_EQ(asked.body, "grant_type=client_credentials&scope=api%3A%2F%2Fhooks%2F.default");
}

// The broker proves itself there: not everybody who may write a subscription is to have such a token sent anywhere.
TEST_F(Identity, ApplicationsAreThoseThatTheConfigurationNames) {
  const std::string oauth =
      R"("oauth": {"token_url": "https://login.example.com/token", "client_id": "c", "client_secret": "s"})";
  const auto refusal = [&](const std::string& settings, const std::string& application) {
    TestHost host;
    return host.load<WebhookHandler>("{" + oauth + settings + "}")
        .refusal(block(R"(, "azureActiveDirectoryApplicationIdOrUri": ")" + application + "\""));
  };
  EXPECT_THAT(refusal("", "api://hooks"),
              HasSubstr("/azureActiveDirectoryApplicationIdOrUri: is none of the plugin's setting applications"));
  EXPECT_THAT(refusal(R"(, "applications": ["api://hooks"])", "api://graph"), HasSubstr("is none of"));
  EXPECT_EQ(refusal(R"(, "applications": ["api://hooks"])", "api://hooks"), "");
  EXPECT_EQ(refusal(R"(, "applications": ["*"])", "api://graph"), "");
  EXPECT_THAT(refusal(R"(, "applications": ["*"])", "api://a api://b"), HasSubstr("has a blank"));
}

TEST_F(Identity, LayersAreThoseThatTheConfigurationNames) {
  const auto plugin = load(R"({"layers": ["tls-partner"]})");
  EXPECT_EQ(plugin.refusal(block(R"(, "layer": "tls-partner")")), "");
  EXPECT_EQ(plugin.refusal(block()), "");
  EXPECT_EQ(plugin.refusal(block(R"(, "layer": "tls-bank")")),
            "/properties/layer: is none of the plugin's setting layers");
  EXPECT_EQ(plugin.refusal(block(R"(, "oauth": {"tokenUrl": "https://a", "clientId": "c", "clientSecret": "s",
                                     "layer": "tls-bank"})")),
            "/properties/oauth/layer: is none of the plugin's setting layers");
}

class IdentityOfShards : public Identity {
 protected:
  IdentityOfShards() : Identity(TestHostOptions{.shards = 2}) {}
};

TEST_F(IdentityOfShards, TokensAreFetchedOnceForAll) {
  const auto destination = open(kOauth);
  destination.deliver({event("a")}, 0);
  destination.deliver({event("b")}, 1);
  ASSERT_EQ(host_.dials().size(), 1u);
  server().send(token("shared"));
  host_.turn();
  ASSERT_EQ(host_.dials().size(), 2u);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Asked::of(server().received()).header("authorization"), "Bearer shared");
}

}  // namespace
}  // namespace hooks
