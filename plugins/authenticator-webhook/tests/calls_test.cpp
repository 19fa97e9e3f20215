// From the question to what the client is told.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class Webhook : public WebhookTest {};

TEST_F(Webhook, LeavesNamespacesWithoutOneToTheNext) {
  const auto plugin = host_.load<WebhookAuthenticator>();
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::defer);
  ASSERT_EQ(host_.put_resource("namespaces", "default", "{}"), "");
  EXPECT_EQ(plugin.connect({.username = "ada"}).verdict(), AuthVerdict::defer);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(Webhook, TakesEveryClientThatReachesIt) {
  const auto plugin = load();
  for (const Client& client : {Client{}, Client{.username = "ada", .password = "x"}, Client{.method = "OTHER"},
                               Client{.method = "OAUTH2-JWT", .data = "token"}, Client{.certificates = {"leaf"}},
                               Client{.protocol = "mqtt3"}}) {
    EXPECT_EQ(plugin.connect(client).verdict(), AuthVerdict::pending);
  }
}

TEST_F(Webhook, BothSpellingsOfItsSettingsCount) {
  const auto plugin = host_.load<WebhookAuthenticator>();
  ASSERT_EQ(put({}, "https://other.example.com", "webHookAuthentication"), "");
  const auto waiting = plugin.connect({});
  EXPECT_EQ(host_.dials().at(0).host, "other.example.com");
}

TEST_F(Webhook, AllowsUnderTheAnswersNameWithItsAttributesAlone) {
  const auto plugin = load();
  const auto outcome =
      judged(plugin, http(200, R"({"decision": "allow", "clientAuthenticationName": "device-17", "attributes": {"floor":
                               3, "kind": "sensor", "areas": ["a", "b"]}, "expiration": 9999999999})"));
  EXPECT_EQ(outcome.verdict, AuthVerdict::allow);
  EXPECT_EQ(outcome.name, "device-17");
  EXPECT_EQ(outcome.attributes, (TextPairs{{"floor", "3"}, {"kind", "\"sensor\""}, {"areas", R"(["a","b"])"}}));
  EXPECT_TRUE(outcome.own_attributes);
  EXPECT_EQ(outcome.expires_at_ms, 9'999'999'999'000);
  EXPECT_TRUE(judged(plugin, http(200, kAllow)).own_attributes) << "no attributes are the attributes";
  EXPECT_EQ(count("allowed"), 2);
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Webhook, DenyIsNotAuthorized) {
  const auto plugin = load();
  for (const std::uint32_t status : {200u, 400u, 401u, 403u}) {
    const auto outcome = judged(plugin, http(status, kDeny));
    EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
    EXPECT_EQ(outcome.status, Status::not_authorized);
    EXPECT_EQ(outcome.reason, "the webhook does not allow it") << "the endpoint's words are for the log";
  }
  EXPECT_TRUE(host_.logged("unknown device"));
  EXPECT_EQ(count("denied"), 4);
}

TEST_F(Webhook, RefusesWhoIsRegisteredAndDisabled) {
  const auto plugin = load();
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Device-17","state":"Disabled"})"), "");
  const auto outcome = judged(plugin, http(200, kAllow));
  EXPECT_EQ(outcome.verdict, AuthVerdict::deny) << "whatever the case";
  EXPECT_EQ(outcome.status, Status::not_authorized);
  EXPECT_EQ(outcome.reason, "the registered client of that name is disabled");
  EXPECT_EQ(count("denied"), 1);
  EXPECT_EQ(count("allowed"), 0);
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Device-17","state":"Enabled"})"), "");
  EXPECT_EQ(judged(plugin, http(200, kAllow)).verdict, AuthVerdict::allow);
}

TEST_F(Webhook, CutsOffWhoIsDisabled) {
  load();
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"device-17"})"), "");
  EXPECT_TRUE(host_.revoked().empty());
  ASSERT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"device-17","state":"Disabled"})"), "");
  EXPECT_THAT(host_.revoked(), ::testing::ElementsAre(trellis::testing::Revoked{"default", "device-17"}));
}

TEST_F(Webhook, WhatIsNoAnswerIsUnavailable) {
  const auto plugin = load(R"({"failures": 0})");
  for (const std::string& answer :
       {http(401, ""), http(403, ""), http(500, kDeny), http(503, kAllow), http(400, kAllow), http(302, kAllow),
        http(302, "", "Location: https://auth.example.com/other\r\n"), http(200, "{"), http(200, ""),
        http(200, R"({"decision": "allow"})"), std::string("no HTTP\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}")}) {
    const auto outcome = judged(plugin, answer);
    EXPECT_EQ(outcome.verdict, AuthVerdict::deny) << answer;
    EXPECT_EQ(outcome.status, Status::unavailable) << answer;
    EXPECT_EQ(outcome.reason, "the webhook gave no answer");
  }
  EXPECT_TRUE(host_.dials().empty()) << "redirects are not followed";
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Webhook, TransportFailuresAreUnavailable) {
  const auto plugin = load();
  const auto refused = plugin.connect({});
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "connection refused");
  EXPECT_EQ(refused.outcome().status, Status::unavailable);
  const auto untrusted = plugin.connect({});
  host_.fail_dial(TRELLIS_DIAL_LAYER, "its certificate does not prove the name");
  EXPECT_EQ(untrusted.outcome().status, Status::unavailable);
  const auto reset = plugin.connect({});
  server().disconnect();
  EXPECT_EQ(reset.outcome().status, Status::unavailable);
  EXPECT_EQ(count("failed"), 3);
  EXPECT_TRUE(host_.logged("connection refused"));
}

TEST_F(Webhook, SilenceIsUnavailableAfterTheTimeout) {
  const auto plugin = load(R"({"timeout": "2s"})");
  const auto asked = plugin.connect({});
  const auto peer = server();
  host_.advance(1999ms);
  EXPECT_EQ(asked.verdict(), AuthVerdict::pending);
  host_.advance(1ms);
  EXPECT_EQ(asked.outcome().status, Status::unavailable);
  EXPECT_FALSE(peer.open()) << "nobody waits for that answer any more";
  EXPECT_EQ(count("timeout"), 1);
  EXPECT_EQ(host_.metric("trellis_webhook_call_milliseconds_total"), 2000);
  EXPECT_EQ(host_.late_answers(), 0u);
}

TEST_F(Webhook, TheTimeoutIsFiveSecondsUnlessSet) {
  const auto plugin = load();
  const auto asked = plugin.connect({});
  host_.advance(4999ms);
  EXPECT_EQ(asked.verdict(), AuthVerdict::pending);
  host_.advance(1ms);
  EXPECT_EQ(asked.outcome().status, Status::unavailable);
}

TEST_F(Webhook, AsksOnceForOneConnect) {
  const auto plugin = load();
  const auto first = plugin.connect({});
  auto peer = server();
  peer.send(http(200, kAllow));
  EXPECT_TRUE(first.allowed());
  const auto second = plugin.connect({});
  EXPECT_TRUE(host_.dials().empty()) << "the connection is kept";
  peer.disconnect();
  EXPECT_EQ(second.outcome().status, Status::unavailable);
  EXPECT_TRUE(host_.dials().empty()) << "and not tried again when it ends";
}

TEST_F(Webhook, AnAnswerWhoseTimeIsOverDenies) {
  const auto plugin = load();
  const std::string now = std::to_string(host_.wall() / 1s);
  const auto outcome =
      judged(plugin, http(200, R"({"decision": "allow", "clientAuthenticationName": "a", "expiration": )" + now + "}"));
  EXPECT_EQ(outcome.verdict, AuthVerdict::deny);
  EXPECT_EQ(outcome.status, Status::not_authorized);
  EXPECT_TRUE(host_.logged("until a time that is over"));
}

TEST_F(Webhook, ALateAnswerChangesNothing) {
  const auto plugin = load();
  auto gone = plugin.connect({});
  const auto peer = server();
  gone.leave();
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(under_way(), 0);
  EXPECT_EQ(count("abandoned"), 1);
  EXPECT_EQ(host_.late_answers(), 0u);
}

TEST_F(Webhook, WhoLeavesWhileItIsDialledIsForgotten) {
  const auto plugin = load();
  auto gone = plugin.connect({});
  ASSERT_EQ(host_.dials().size(), 1u);
  gone.leave();
  EXPECT_EQ(under_way(), 0);
  EXPECT_EQ(host_.late_answers(), 0u);
}

TEST_F(Webhook, ProvingOneselfAgainAsksAgain) {
  const auto plugin = load(R"({"remembered_answers": 10})");
  const Client client{.client_id = "c1", .method = "M", .data = "one"};
  EXPECT_EQ(judged(plugin, http(200, kAllow), client).verdict, AuthVerdict::allow);
  Client again = client;
  again.flags = TRELLIS_CREDENTIALS_REAUTHENTICATES;
  EXPECT_EQ(judged(plugin, http(200, kDeny), again).verdict, AuthVerdict::deny) << "whatever is remembered";
  again.data = "two";
  const auto asked = plugin.connect(again);
  auto peer = server();
  EXPECT_EQ(Asked::of(peer.received()).text("authenticationData"), "dHdv");
  peer.send(http(200, R"({"decision": "allow", "clientAuthenticationName": "device-17", "expiration": 9999999999})"));
  EXPECT_EQ(asked.outcome().expires_at_ms, 9'999'999'999'000);
}

TEST_F(Webhook, WhoProvesItselfAgainWhileTheEndpointIsUnavailableIsNotAuthorized) {
  const auto plugin = load(R"({"failures": 2, "timeout": "2s"})");
  const Client again{.method = "M", .data = "one", .flags = TRELLIS_CREDENTIALS_REAUTHENTICATES};
  const auto unreachable = plugin.connect(again);
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "connection refused");
  EXPECT_EQ(unreachable.outcome().status, Status::not_authorized);
  const auto silent = plugin.connect(again);
  server();
  host_.advance(2s);
  EXPECT_EQ(silent.outcome().status, Status::not_authorized);
  EXPECT_EQ(plugin.connect(again).outcome().status, Status::not_authorized) << "nobody is asked at the moment";
  EXPECT_EQ(plugin.connect({}).outcome().status, Status::unavailable) << "who connects may try again later";
}

TEST_F(Webhook, ALateAllowOfAClientThatWasDisabledMeanwhileCutsItOff) {
  const auto plugin = load();
  const auto asked = plugin.connect({});
  host_.before_late_answer([this] {
    EXPECT_EQ(host_.put_resource("clients", "one", R"({"authenticationName":"Device-17","state":"Disabled"})"), "");
    EXPECT_EQ(host_.revoked().size(), 1u) << "before it is let in, which is too early";
  });
  server().send(http(200, kAllow));
  EXPECT_TRUE(asked.allowed()) << "it was on its way already";
  ASSERT_EQ(host_.revoked().size(), 2u);
  EXPECT_EQ(host_.revoked().back(), (trellis::testing::Revoked{"default", "device-17"}));
}

TEST_F(Webhook, ALateAllowCutsOffNobodyElse) {
  const auto plugin = load();
  const auto asked = plugin.connect({});
  server().send(http(200, kAllow));
  EXPECT_TRUE(asked.allowed());
  EXPECT_TRUE(host_.revoked().empty());
}

TEST_F(Webhook, ExpirationEndsTheConnectionAsThatOfATokenDoes) {
  const auto plugin = load();
  EXPECT_TRUE(judged(plugin, http(200, kAllow)).token);
}

TEST_F(Webhook, ChangedSettingsHoldFromTheNextQuestionOn) {
  const auto plugin = load();
  const auto before = plugin.connect({});
  ASSERT_EQ(put({}, "https://new.example.com"), "");
  const auto after = plugin.connect({});
  ASSERT_EQ(host_.dials().size(), 2u);
  EXPECT_EQ(host_.dials()[1].host, "new.example.com");
  server().send(http(200, kAllow));
  EXPECT_TRUE(before.allowed()) << "who was asked answers";
  ASSERT_EQ(host_.remove_resource("namespaces", "default"), "");
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::defer);
}

TEST_F(Webhook, AtTheEndNobodyIsLeftWaiting) {
  const auto plugin = load();
  const auto asked = plugin.connect({});
  server();
  plugin.instance().stop();
  host_.turn();
  EXPECT_EQ(asked.verdict(), AuthVerdict::deny);
  EXPECT_EQ(asked.outcome().status, Status::unavailable);
}

}  // namespace
}  // namespace webhook
