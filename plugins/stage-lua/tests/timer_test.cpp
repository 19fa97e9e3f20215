// What scripts do by themselves: timers, and messages of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "common/lua_script/tests/folder.hpp"
#include "stage_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using trellis::Verdict;
using trellis::testing::TestHost;
using namespace std::chrono_literals;

class Timed : public ScriptFolder {
 protected:
  static std::vector<std::string> topics(const TestHost& host) {
    std::vector<std::string> out;
    for (const auto& published : host.published()) out.push_back(published.message.topic);
    return out;
  }
};

TEST_F(Timed, IsCalledEveryIntervalOnOneShard) {
  write("rule.lua", "function on_timer(name) publish{topic = 'tick' .. name, payload = state.incr('n')} end");
  TestHost host({.shards = 3});
  auto stage = host.load<StageLua>(settings(R"("timer": "10s")"));
  host.advance(35s);
  ASSERT_EQ(host.published().size(), 3U);
  EXPECT_EQ(host.published().back().message.topic, "tick");
  EXPECT_EQ(host.published().back().message.payload, "3");
  EXPECT_EQ(host.published().back().message.publisher, "");
  EXPECT_EQ(stage.publish("a"), Verdict::pass) << "without on_publish messages pass";
  EXPECT_EQ(host.metric("trellis_lua_published_total", kLabel + std::string(R"(,result="sent")")), 3);
}

TEST_F(Timed, ComesBackWhenTheScriptAsks) {
  write("rule.lua", R"(function on_publish(message)
    if message.topic == 'off' then timer(nil, 'alarm') else timer(tonumber(message.payload), 'alarm') end end
    function on_timer(name) publish{topic = name} if state.incr('n') < 2 then timer(1, 'again') end end)");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(settings());
  stage.judge({{.topic = "on", .payload = "5"}}, "default", 1);
  host.turn();
  host.advance(4s);
  EXPECT_THAT(topics(host), ::testing::IsEmpty());
  stage.judge({{.topic = "on", .payload = "5"}}, "default", 1);  // begins anew
  host.turn();
  host.advance(4s);
  EXPECT_THAT(topics(host), ::testing::IsEmpty());
  host.advance(1s);
  host.advance(1ms);  // what a call publishes leaves behind it
  EXPECT_THAT(topics(host), ::testing::ElementsAre("alarm"));
  host.advance(10s);
  EXPECT_THAT(topics(host), ::testing::ElementsAre("alarm", "again"));
  stage.publish("on", "1");
  stage.publish("off");
  host.advance(10s);
  EXPECT_EQ(topics(host).size(), 2U);
}

TEST_F(Timed, EndWhenAnotherInstanceTookOver) {
  write("rule.lua", R"(function on_publish() return timer(1, 'late') and nil end
    function on_timer(name) publish{topic = 'tick' .. name} end)");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(settings(R"("timer": "10s")"));
  stage.publish("a");
  stage.instance().drain(1s);
  host.turn();
  host.advance(30s);
  EXPECT_THAT(topics(host), ::testing::IsEmpty());
  EXPECT_EQ(stage.publish("a"), Verdict::pass) << "what comes still is answered";
  host.advance(30s);
  EXPECT_THAT(topics(host), ::testing::IsEmpty());
}

TEST_F(Timed, NamesAreBounded) {
  write("rule.lua", R"(function on_publish(message)
    for i = 1, 300 do if not timer(60, 'n' .. i) then return drop('full at ' .. i) end end end
    function on_timer() end)");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
}

TEST_F(Timed, FailuresAreSaidWithTheName) {
  write("rule.lua", "function on_timer(name) error('late') end");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("timer": "1s")"));
  host.advance(1s);
  EXPECT_TRUE(host.logged("rule.lua:1: late"));
  EXPECT_TRUE(host.logged("on_timer"));
}

TEST_F(Timed, ASettingWithoutTheFunctionIsRefused) {
  write("rule.lua", "function on_publish() end");
  TestHost host;
  EXPECT_THAT(host.refusal<StageLua>(settings(R"("timer": "1s")")), HasSubstr("there is no function on_timer(name)"));
}

TEST_F(Timed, MessagesOfTheScriptAreNotAskedAboutAgain) {
  write("rule.lua", "function on_publish(message) publish{topic = message.topic .. '/x', qos = 1} return drop() end");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
  host.advance(1ms);
  ASSERT_EQ(host.published().size(), 1U);
  EXPECT_EQ(host.published()[0].message.topic, "a/x");
  EXPECT_EQ(host.published()[0].message.qos, 1U);
}

TEST_F(Timed, PublishIsBoundedAndSaysWhatIsWrong) {
  write("rule.lua", R"(function on_publish(message)
    if message.topic == 'many' then for i = 1, 65 do publish{topic = 'x'} end end
    if message.topic == 'wild' then publish{topic = 'a/#'} end
    if message.topic == 'none' then publish{payload = 'x'} end
    if message.topic == 'other' then publish{topic = 'x', namespace = 'moon'} end end)");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  for (const auto& [topic, what] : {std::pair{"many", "more than 64 messages in one call"},
                                    {"wild", "publish: topic \"a/#\" is no topic name"},
                                    {"none", "publish: there is no topic"},
                                    {"other", "a namespace may be named in on_timer alone"}}) {
    stage.publish(topic);
    EXPECT_TRUE(host.logged(what)) << what;
    host.advance(2s);
  }
  EXPECT_EQ(host.published().size(), 64U) << "what was said before the error stays said";
}

TEST_F(Timed, WhatWaitsToBePublishedIsBoundedInBytes) {
  write("rule.lua", R"(local big = ('x'):rep(1 << 20)
    function on_publish()
      for i = 1, 64 do
        if not publish{topic = 'x', payload = big} then return {topic = 'full/' .. i} end
      end
    end)");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("budget": "1s")"));
  stage.publish("a");
  host.advance(1ms);
  EXPECT_EQ(host.published().size(), 16U);
  EXPECT_EQ(host.metric("trellis_lua_published_total", R"(script="rule.lua",result="refused")"), 1);
  stage.publish("a");
  host.advance(1ms);
  EXPECT_EQ(host.published().size(), 32U) << "what was sent makes room";
}

TEST_F(Timed, WithSeveralNamespacesOneHasToBeNamed) {
  write("rule.lua", "function on_timer() publish{topic = 'a', namespace = 'moon'} publish{topic = 'b'} end");
  TestHost host;
  host.name_space("moon");
  auto stage = host.load<StageLua>(settings(R"("timer": "1s")"));
  host.advance(1s);
  host.advance(1ms);
  ASSERT_EQ(host.published().size(), 1U);
  EXPECT_EQ(host.published()[0].name_space, "moon");
  EXPECT_TRUE(host.logged("there are several namespaces; name one"));
}

}  // namespace
}  // namespace lua::testing
