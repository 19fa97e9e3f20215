// Plugins that keep their shard too long: counted, left alone for a while, or moved into a process of their own.
#include "routed_site.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

/// For each plugin: two calls above 100 ms open it.
class BreakerTest : public SiteTest {
 protected:
  static std::string slow(const std::string& kind, const std::string& more = "", const std::string& pause = "1h") {
    return "\"" + kind + "-slow\": {\"file\": \"" + test_plugins() + "/" + kind +
           "-slow.so\", \"breaker\": " + R"({"slower_than": "100ms", "calls": 2, "pause": ")" + pause + "\"" + more +
           "}";
  }
  static std::string label(const std::string& plugin, const std::string& hook) {
    return "plugin=\"" + plugin + "\",hook=\"" + hook + "\"";
  }
  static constexpr const char* kStaged = R"("stages": {"publish": ["stage-slow"]})";
  static constexpr std::uint8_t kNobody = 0x10;  // it passed, and no subscriber matched
};

using Breaker = BreakerTest;

TEST_F(Breaker, CountsAndTimesCalls) {
  start({.plugins = slow("stage") + "}", .space = kStaged});
  auto publisher = connected();
  for (int i = 0; i < 20; ++i) publisher.publish({.topic = "a", .payload = "x", .qos = 1});
  const auto now = metrics();
  EXPECT_EQ(now.sum("trellis_plugin_calls_total", label("stage-slow", "on_messages")), 20);
  EXPECT_EQ(now.sum("trellis_plugin_call_nanoseconds_count", label("stage-slow", "on_messages")), 20);
  EXPECT_GT(now.sum("trellis_plugin_call_nanoseconds_sum", label("stage-slow", "on_messages")), 0);
  EXPECT_GT(now.sum("trellis_plugin_calls_total", label("authenticator-anonymous", "authenticate")), 0);
  EXPECT_GT(now.sum("trellis_plugin_calls_total", label("transport-mqtt", "on_bytes")), 0);
}

TEST_F(Breaker, AStageThatIsTooSlowIsLeftAlone) {
  start({.plugins = slow("stage") + R"(, "fallback": "pass"})", .space = kStaged});
  auto publisher = connected();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(publisher.publish({.topic = "a", .payload = "slow", .qos = 1})->reason, kNobody);
  expect_metric("trellis_plugin_calls_total", label("stage-slow", "on_messages"), 2);
  expect_metric("trellis_plugin_bypassed_total", label("stage-slow", "on_messages"), 8);
  expect_metric("trellis_plugin_breakers_open", R"(plugin="stage-slow")", 1);
  EXPECT_NE(broker().output().find("the plugin is too slow and is not asked for a while"), std::string::npos);
}

TEST_F(Breaker, DropsUnlessToldOtherwise) {
  start({.plugins = slow("stage") + "}", .space = kStaged});
  auto publisher = connected();
  for (const std::uint8_t reason : {kNobody, kNobody, std::uint8_t{0}, std::uint8_t{0}})
    EXPECT_EQ(publisher.publish({.topic = "a", .payload = "slow", .qos = 1})->reason, reason);
}

TEST_F(Breaker, ClosesAgainWhenACallIsFast) {
  start({.plugins = slow("stage", "", "50ms") + "}", .space = kStaged});
  auto publisher = connected();
  for (int i = 0; i < 2; ++i) publisher.publish({.topic = "a", .payload = "slow", .qos = 1});
  EXPECT_TRUE(
      eventually([&] { return publisher.publish({.topic = "a", .payload = "x", .qos = 1})->reason == kNobody; }));
  expect_metric("trellis_plugin_breakers_open", R"(plugin="stage-slow")", 0);
}

TEST_F(Breaker, OfAnAuthenticator) {
  start({.plugins = slow("authenticator") + "}", .authenticators = R"("authenticator-slow")"});
  for (const char* id : {"slow1", "slow2"}) connected(Version::v5, {.client_id = id});
  RawClient refused(broker().port("mqtt"));
  refused.send_connect({.client_id = "fast"});
  refused.expect_refused({0x88});
}

TEST_F(Breaker, OfAnAuthorizer) {
  start({.plugins = slow("authorizer") + "}", .authorizers = R"("authorizer-slow")"});
  auto publisher = connected();
  for (const auto& [topic, reason] :
       std::vector<std::pair<std::string, int>>{{"slow/1", kNobody}, {"slow/2", kNobody}, {"fast", 0x87}})
    EXPECT_EQ(publisher.publish({.topic = topic, .payload = "x", .qos = 1})->reason, reason) << topic;
}

// Answers are remembered, those in place of the plugin too: not beyond the pause.
TEST_F(Breaker, WhatAnAuthorizerDidNotSayIsForgotten) {
  start({.plugins = slow("authorizer", "", "50ms") + "}", .authorizers = R"("authorizer-slow")"});
  auto publisher = connected();
  for (const char* topic : {"slow/1", "slow/2", "fast"}) publisher.publish({.topic = topic, .payload = "x", .qos = 1});
  EXPECT_TRUE(
      eventually([&] { return publisher.publish({.topic = "fast", .payload = "x", .qos = 1})->reason == kNobody; }));
  expect_metric("trellis_plugin_breakers_open", R"(plugin="authorizer-slow")", 0);
}

TEST_F(Breaker, WhatAnAuthorizerSaidTooLateIsAskedAnew) {
  start({.plugins = "\"authorizer-slow\": {\"file\": \"" + test_plugins() +
                    R"(/authorizer-slow.so", "isolation": "process", "deadline": "20ms"})",
         .authorizers = R"("authorizer-slow")"});
  auto publisher = connected();
  const auto reason = [&](const char* topic) {
    return publisher.publish({.topic = topic, .payload = "x", .qos = 1})->reason;
  };
  EXPECT_EQ(reason("slow"), 0x87);
  reason("fast");  // mostly while it still thinks
  EXPECT_TRUE(eventually([&] { return reason("fast") == kNobody; }));
}

TEST_F(Breaker, OfAService) {
  start({.plugins = slow("service") + "}",
         .listeners = R"({"name": "http", "address": "127.0.0.1:0", "protocol": "transport-http",
                          "services": {"/": "service-slow"}},)"});
  HttpClient client(broker().port("http"));
  for (const auto& [path, status] :
       std::vector<std::pair<std::string, int>>{{"/slow", 200}, {"/slow", 200}, {"/fast", 503}})
    EXPECT_EQ(client.get(path).status, status) << path;
}

/// What a route and a push subscription ask.
class BreakerOfEvents : public RoutedSite {
 protected:
  /// Behind others in the list of plugins.
  static std::string slow(const std::string& name, const std::string& pause) {
    return ", \"" + name + "\": {\"file\": \"" + test_plugins() + "/" + name +
           R"(.so", "breaker": {"slower_than": "100ms", "calls": 2, "pause": ")" + pause + "\"}}";
  }
};

TEST_F(BreakerOfEvents, APredicateDrops) {
  Site choosing = site(R"("topicFilters": ["in"], "predicate": {"plugin": "predicate-slow", "filter": {}})");
  choosing.plugins += slow("predicate-slow", "1h");
  start(choosing);
  auto publisher = connected();
  for (const char* payload : {"slow 1", "slow 2", "three"})
    publisher.publish({.topic = "in", .payload = payload, .qos = 1});
  EXPECT_TRUE(takes("c2xvdyAx") || takes("slow 1")) << broker().output();
  EXPECT_EQ(metrics().sum("trellis_plugin_bypassed_total", R"(plugin="predicate-slow",hook="judge")"), 1);
}

TEST_F(BreakerOfEvents, AHandlerIsAskedLater) {
  Site pushing = site(R"("topicFilters": ["in/#"])", "handler-slow");
  pushing.plugins += slow("handler-slow", "200ms");
  start(pushing);
  auto publisher = connected();
  int expected = 0;
  // One after the other, because a batch is one call.
  for (const char* topic : {"in/slow", "in/slow", "in/fast"}) {
    publisher.publish({.topic = topic, .payload = "x", .qos = 1});
    expect_metric("trellis_plugin_calls_total", R"(plugin="handler-slow",hook="deliver")", ++expected);
  }
  EXPECT_GE(metrics().sum("trellis_plugin_bypassed_total", R"(plugin="handler-slow",hook="deliver")"), 1);
  EXPECT_TRUE(
      eventually([&] { return metrics().sum("trellis_plugin_breakers_open", R"(plugin="handler-slow")") == 0; }));
}

TEST_F(Breaker, MovesThePluginIntoAProcessOfItsOwn) {
  start({.plugins = slow("stage", R"(, "then": "isolate")", "50ms") + R"(, "fallback": "pass", "deadline": "1ms"})",
         .space = kStaged});
  auto publisher = connected();
  for (int i = 0; i < 2; ++i) publisher.publish({.topic = "a", .payload = "slow", .qos = 1});
  const auto moved = [&] {
    return broker().output().find("a plugin gets a process of its own") != std::string::npos &&
           broker().output().find("reloaded") != std::string::npos;
  };
  EXPECT_TRUE(eventually(moved)) << broker().output();
  expect_metric("trellis_plugin_process_up", R"(plugin="stage-slow")", 1);
  EXPECT_EQ(publisher.publish({.topic = "a", .payload = "x", .qos = 1})->reason, kNobody);
  // A reload does not take it back.
  EXPECT_TRUE(reload(
      {.plugins = slow("stage", R"(, "then": "isolate")", "50ms") + R"(, "fallback": "pass", "deadline": "1ms"})",
       .space = kStaged}));
  EXPECT_EQ(metrics().sum("trellis_plugin_process_up", R"(plugin="stage-slow")"), 1);
}

// It wants what a process of its own is not offered: that reload is refused, and no other one.
TEST_F(Breaker, StaysWhereItIsWhenItCannotMove) {
  const Site site{.plugins = slow("rooted", R"(, "then": "isolate")") + R"(, "fallback": "pass"})",
                  .space = R"("stages": {"publish": ["rooted-slow"]})"};
  start(site);
  auto publisher = connected();
  for (int i = 0; i < 3; ++i) publisher.publish({.topic = "a", .payload = "slow", .qos = 1});
  expect_metric("trellis_reloads_total", R"(outcome="refused")", 1);
  EXPECT_TRUE(reload(site));
}

TEST_F(Breaker, IsRefusedWhereItMakesNoSense) {
  const auto said = [&](const std::string& plugins, const std::string& text) {
    start({.plugins = "\"service-metrics\": {}"});
    EXPECT_FALSE(reload({.plugins = plugins}));
    EXPECT_TRUE(eventually([&] { return broker().output().find(text) != std::string::npos; })) << broker().output();
  };
  said(R"("transport-mqtt": {"breaker": {"slower_than": "10ms"}})",
       "/plugins/transport-mqtt/breaker: a protocol is too much a part of the broker to be left alone");
  said(R"("service-metrics": {"breaker": {"slower_than": "10ms"}, "fallback": "drop"})",
       "/plugins/service-metrics/fallback: a service has no choice");
  said(R"("service-metrics": {"deadline": "10ms"})", "/plugins/service-metrics/deadline: this is for plugins with");
}

}  // namespace
}  // namespace trellis::testing
