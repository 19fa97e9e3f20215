// How much is under way at once, how long an answer may be, and when an endpoint is left alone.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class Bounds : public WebhookTest {
 protected:
  using WebhookTest::WebhookTest;

  /// One question that nobody answers.
  void fail(const Driver& plugin) {
    ASSERT_EQ(plugin.connect({}).verdict(), AuthVerdict::pending);
    host_.fail_dial(TRELLIS_DIAL_CONNECT, "connection refused");
  }
  /// Another namespace, with an endpoint of its own.
  void put_other(const std::string& name) {
    host_.name_space(name);
    ASSERT_EQ(host_.put_resource("namespaces", name,
                                 R"({"topicSpacesConfiguration": {"clientAuthentication": {"webhookAuthentication":
                                     {"endpointUrl": "https://)" +
                                     name + R"(.example.com"}}}})",
                                 name),
              "");
  }
};

TEST_F(Bounds, NoMoreCallsThanItMay) {
  const auto plugin = load(R"({"pending": 4})");
  put_other("other");
  put_other("third");
  auto first = plugin.connect({});
  const auto second = plugin.connect({});
  const auto one = plugin.connect({.name_space = "other"});
  const auto two = plugin.connect({.name_space = "other"});
  const auto fifth = plugin.connect({.name_space = "third"});
  EXPECT_EQ(fifth.verdict(), AuthVerdict::deny);
  EXPECT_EQ(fifth.outcome().status, Status::unavailable);
  EXPECT_EQ(count("overloaded"), 1);
  EXPECT_EQ(under_way(), 4);
  first.leave();
  EXPECT_EQ(plugin.connect({.name_space = "third"}).verdict(), AuthVerdict::pending) << "there is room again";
}

TEST_F(Bounds, ANamespaceTakesNoMoreThanHalfOfThem) {
  const auto plugin = load(R"({"pending": 4})");
  put_other("other");
  auto first = plugin.connect({});
  ASSERT_EQ(put({}, "https://new.example.com"), "");
  const auto second = plugin.connect({});
  EXPECT_EQ(plugin.connect({}).outcome().status, Status::unavailable) << "whichever endpoint they are for";
  EXPECT_EQ(count("overloaded"), 1);
  EXPECT_EQ(plugin.connect({.name_space = "other"}).verdict(), AuthVerdict::pending);
  first.leave();
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::pending);
}

class BoundsOfShards : public Bounds {
 protected:
  BoundsOfShards() : Bounds(TestHostOptions{.shards = 2}) {}
};

TEST_F(BoundsOfShards, HoldForEach) {
  const auto plugin = load(R"({"pending": 1})");
  const auto first = plugin.connect({}, 0);
  EXPECT_EQ(plugin.connect({}, 0).verdict(), AuthVerdict::deny);
  EXPECT_EQ(plugin.connect({}, 1).verdict(), AuthVerdict::pending);
}

TEST_F(Bounds, NoMoreConnectionsThanItMay) {
  const auto plugin = load(R"({"connections": 1})");
  const auto first = plugin.connect({.client_id = "one"});
  const auto second = plugin.connect({.client_id = "two"});
  auto peer = server();
  EXPECT_TRUE(host_.dials().empty());
  peer.send(http(200, kAllow));
  EXPECT_TRUE(first.allowed());
  peer.send(http(200, kAllow));
  EXPECT_TRUE(second.allowed());
}

TEST_F(Bounds, ALongAnswerIsNone) {
  const auto plugin = load(R"({"answer_bytes": "1KiB"})");
  const auto outcome = judged(plugin, http(200, std::string(2000, ' ').append(kAllow)));
  EXPECT_EQ(outcome.status, Status::unavailable);
  EXPECT_EQ(count("invalid"), 1);
}

TEST_F(Bounds, WhoDoesNotAnswerIsLeftAlone) {
  const auto plugin = load(R"({"failures": 3, "pause": "10s"})");
  for (int i = 0; i < 3; ++i) fail(plugin);
  EXPECT_EQ(breakers("open"), 1);
  EXPECT_EQ(plugin.connect({}).outcome().status, Status::unavailable);
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(count("paused"), 1);
  EXPECT_TRUE(host_.logged("is left alone for a while"));
  host_.advance(10s);
  const auto probe = plugin.connect({});
  EXPECT_EQ(probe.verdict(), AuthVerdict::pending);
  EXPECT_EQ(breakers("half_open"), 1);
  EXPECT_EQ(plugin.connect({}).outcome().status, Status::unavailable) << "one tries, the others do not wait for it";
  server().send(http(200, kDeny));
  EXPECT_EQ(probe.outcome().status, Status::not_authorized);
  EXPECT_EQ(breakers("open") + breakers("half_open"), 0);
  EXPECT_TRUE(host_.logged("answers again"));
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::pending);
}

TEST_F(Bounds, AProbeThatFailsOrLeavesLetsTheNextTry) {
  const auto plugin = load(R"({"failures": 1, "pause": "10s"})");
  fail(plugin);
  host_.advance(10s);
  fail(plugin);
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::deny);
  host_.advance(10s);
  auto probe = plugin.connect({});
  probe.leave();
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::pending);
}

TEST_F(Bounds, FailuresInARowCountOnly) {
  const auto plugin = load(R"({"failures": 2})");
  for (int i = 0; i < 3; ++i) {
    fail(plugin);
    EXPECT_EQ(judged(plugin, http(200, kAllow)).verdict, AuthVerdict::allow);
  }
  EXPECT_EQ(breakers("open"), 0);
}

TEST_F(Bounds, WhoAnswersNonsenseAnswers) {
  const auto plugin = load(R"({"failures": 1})");
  for (const std::string& answer : {http(200, "{"), http(404, ""), http(400, "no"), std::string("no HTTP\r\n\r\n")}) {
    EXPECT_EQ(judged(plugin, answer).status, Status::unavailable);
  }
  EXPECT_EQ(breakers("open"), 0);
}

TEST_F(Bounds, WhatAClientMayProvokeIsNoOutage) {
  const auto plugin = load(R"({"failures": 1, "pause": "10s"})");
  for (const std::uint32_t status : {500u, 501u, 500u}) {
    EXPECT_EQ(judged(plugin, http(status, "")).status, Status::unavailable);
    EXPECT_EQ(breakers("open"), 0) << status;
  }
  EXPECT_EQ(count("failed"), 3);
  fail(plugin);
  ASSERT_EQ(breakers("open"), 1);
  host_.advance(10s);
  EXPECT_EQ(judged(plugin, http(500, "")).status, Status::unavailable);
  EXPECT_EQ(breakers("open") + breakers("half_open"), 0) << "it is there again";
}

TEST_F(Bounds, WhatGatewaysSayInItsPlaceIsAnOutage) {
  const auto plugin = load(R"({"failures": 1, "pause": "10s"})");
  for (const std::uint32_t status : {502u, 503u, 504u}) {
    EXPECT_EQ(judged(plugin, http(status, "")).status, Status::unavailable);
    EXPECT_EQ(breakers("open"), 1) << status;
    EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::deny);
    host_.advance(10s);
  }
}

TEST_F(Bounds, ChangedSettingsGiveItAnotherChance) {
  const auto plugin = load(R"({"failures": 1})");
  fail(plugin);
  EXPECT_EQ(breakers("open"), 1);
  ASSERT_EQ(put({}, "https://new.example.com"), "");
  EXPECT_EQ(breakers("open"), 0);
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::pending);
}

TEST_F(Bounds, OnlyWhoAnsweredAnswersAgain) {
  const auto plugin = load(R"({"failures": 1, "pause": "10s"})");
  fail(plugin);
  host_.advance(10s);
  auto probe = plugin.connect({});
  ASSERT_EQ(breakers("half_open"), 1);
  probe.leave();
  ASSERT_EQ(put({}, "https://new.example.com"), "");
  EXPECT_EQ(breakers("half_open"), 0) << "nobody knows anything of the new one";
  EXPECT_FALSE(host_.logged("answers again"));
}

TEST_F(Bounds, NamespacesDoNotSufferForEachOther) {
  const auto plugin = load(R"({"failures": 1})");
  put_other("other");
  fail(plugin);
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::deny);
  EXPECT_EQ(plugin.connect({.name_space = "other"}).verdict(), AuthVerdict::pending);
}

TEST_F(Bounds, AFloodOfFailuresIsNoFloodOfLines) {
  const auto plugin = load(R"({"failures": 0})");
  const auto lines = [&] {
    std::size_t found = 0;
    for (const auto& line : host_.logs()) found += line.text.starts_with("a webhook gave no answer") ? 1 : 0;
    return found;
  };
  for (int i = 0; i < 10; ++i) fail(plugin);
  EXPECT_EQ(lines(), 1u);
  host_.advance(1s);
  fail(plugin);
  EXPECT_EQ(lines(), 2u);
}

}  // namespace
}  // namespace webhook
