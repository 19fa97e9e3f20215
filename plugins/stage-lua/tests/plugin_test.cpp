// The plugin as the broker loads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "common/lua_script/tests/folder.hpp"
#include "stage_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using trellis::Verdict;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using namespace std::chrono_literals;

using StageLuaTest = ScriptFolder;

TEST_F(StageLuaTest, DoesWhatTheScriptSays) {
  write("rule.lua", R"(function on_publish(message)
    if message.topic == 'drop' then return drop() end
    if message.topic == 'move' then return {topic = 'moved', payload = 'new'} end
    if message.topic == 'copy' then return {message.topic, 'copies/' .. message.topic} end
  end)");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("other"), Verdict::pass);
  EXPECT_EQ(stage.publish("drop"), Verdict::drop);
  EXPECT_EQ(stage.publish({.topic = "move", .payload = "old", .qos = 1}), Verdict::replaced);
  EXPECT_EQ(stage.replacement()->topic, "moved");
  EXPECT_EQ(stage.replacement()->payload, "new");
  EXPECT_EQ(stage.replacement()->qos, 1U);
  EXPECT_EQ(stage.publish("copy", "x"), Verdict::pass);
  ASSERT_EQ(stage.copies().size(), 1U);
  EXPECT_EQ(stage.copies()[0].topic, "copies/copy");
  EXPECT_EQ(host.metric("trellis_lua_calls_total", kLabel), 4);
  EXPECT_EQ(host.metric("trellis_lua_dropped_total", kLabel), 1);
  EXPECT_EQ(host.metric("trellis_lua_changed_total", kLabel), 1);
  EXPECT_EQ(host.metric("trellis_lua_copies_total", kLabel), 1);
}

TEST_F(StageLuaTest, AsksTheHookItIsToldTo) {
  write("rule.lua",
        "function on_publish() return drop() end function on_deliver(message) return message.topic ~= 'secret' end");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("hook": "on_deliver")"));
  EXPECT_EQ(stage.publish("news"), Verdict::pass);
  EXPECT_EQ(stage.publish("secret"), Verdict::drop);
}

TEST_F(StageLuaTest, IsRefusedWithTheReason) {
  TestHost host;
  EXPECT_THAT(host.refusal<StageLua>(settings()), HasSubstr("cannot open"));
  write("rule.lua", "function on_publish(");
  EXPECT_THAT(host.refusal<StageLua>(settings()), HasSubstr("expected near <eof>"));
  write("rule.lua", "function on_publish() end");
  EXPECT_THAT(host.refusal<StageLua>(settings(R"("hook": "on_deliver")")),
              HasSubstr("there is no function on_deliver(message, client)"));
  write("rule.cases.json", R"([{"name": "all", "message": {"topic": "a"}, "expect": "drop"}])");
  EXPECT_THAT(host.refusal<StageLua>(settings()),
              HasSubstr("case \"all\" fails: expected \"drop\"\n     found \"pass\""));
  EXPECT_EQ(host.refusal<StageLua>(settings(R"("cases": false)")), "");
}

TEST_F(StageLuaTest, SaysWhatWentWrongWithWhichMessage) {
  write("rule.lua", "function on_publish(message)\n  return nil + message.qos\nend");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("some/topic"), Verdict::pass);
  EXPECT_EQ(host.metric("trellis_lua_errors_total", std::string(kLabel) + R"(,kind="error")"), 1);
  EXPECT_TRUE(host.logged("rule.lua:2: attempt to perform arithmetic on a nil value"));
  EXPECT_TRUE(host.logged("some/topic"));
}

TEST_F(StageLuaTest, DropsOnErrorsWhereItIsToldTo) {
  write("rule.lua", "function on_publish() error('x') end");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("on_error": "drop")"));
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
}

TEST_F(StageLuaTest, CountsWhatKindOfErrorItWas) {
  write("rule.lua", R"(function on_publish(message)
    if message.topic == 'loop' then while true do end end
    if message.topic == 'grow' then local s = 'x' while true do s = s .. s end end
    return 7
  end)");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("budget": "5ms")"));
  stage.judge({{.topic = "loop"}, {.topic = "grow"}, {.topic = "answer"}});
  for (const char* kind : {"budget", "memory", "result"})
    EXPECT_EQ(host.metric("trellis_lua_errors_total", std::string(kLabel) + ",kind=\"" + kind + "\""), 1) << kind;
  EXPECT_EQ(host.metric("trellis_lua_errors_total", std::string(kLabel) + ",kind=\"error\""), 0);
}

TEST_F(StageLuaTest, LeavesAScriptAloneThatFailsTooOften) {
  write("rule.lua", "function on_publish(message) if message.topic == 'bad' then error('x') end return drop() end");
  TestHost host;
  auto stage =
      host.load<StageLua>(settings(R"("on_error": "quarantine", "quarantine_errors": 3, "quarantine_time": "30s")"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(stage.publish("bad"), Verdict::pass);
  EXPECT_EQ(stage.publish("good"), Verdict::drop);
  EXPECT_EQ(stage.publish("bad"), Verdict::pass);
  EXPECT_EQ(stage.publish("good"), Verdict::pass) << "it is not asked any more";
  EXPECT_EQ(host.metric("trellis_lua_quarantines_total", kLabel), 1);
  EXPECT_EQ(host.metric("trellis_lua_bypassed_total", kLabel), 1);
  host.advance(30s);
  EXPECT_EQ(stage.publish("good"), Verdict::drop);
}

TEST_F(StageLuaTest, ErrorsFarApartBeginNoQuarantine) {
  write("rule.lua", "function on_publish() error('x') end");
  TestHost host;
  auto stage =
      host.load<StageLua>(settings(R"("on_error": "quarantine", "quarantine_errors": 2, "quarantine_time": "30s")"));
  for (int i = 0; i < 5; ++i) {
    stage.publish("a");
    host.advance(31s);
  }
  EXPECT_EQ(host.metric("trellis_lua_quarantines_total", kLabel), 0);
}

TEST_F(StageLuaTest, SharesItsStateBetweenShards) {
  write(
      "rule.lua",
      "local mine = 0 function on_publish() mine = mine + 1 if state.incr('n') + mine > 3 then return drop() end end");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 0)[0].verdict, Verdict::pass);  // 1 + 1
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::pass);  // 2 + 1
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::drop);  // 3 + 2
}

TEST_F(StageLuaTest, CountersOfScriptsBecomeMetrics) {
  write("rule.lua", "function on_publish(message) for i = 1, 40 do metrics.count('n' .. i, 2) end end");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  stage.publish("a");
  stage.publish("a");
  host.advance(20ms);
  stage.publish("a");
  EXPECT_EQ(host.metric("trellis_lua_rule_events_total", R"(script="rule.lua",name="n1")"), 6);
  EXPECT_EQ(host.metric("trellis_lua_rule_events_total", R"(script="rule.lua",name="n32")"), 6);
  EXPECT_ANY_THROW(host.metric("trellis_lua_rule_events_total", R"(script="rule.lua",name="n33")"))
      << "it is not declared";
}

TEST_F(StageLuaTest, LogsNoMoreThanTenLinesPerSecond) {
  write("rule.lua", "function on_publish(message) log.info('line ' .. message.topic) end");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  const auto lines = [&] {
    const auto all = host.logs();
    return std::count_if(all.begin(), all.end(), [](const auto& line) { return line.text.starts_with("line "); });
  };
  for (int i = 0; i < 25; ++i) stage.publish("a");
  EXPECT_EQ(lines(), 10);
  EXPECT_EQ(host.metric("trellis_lua_log_lines_suppressed_total"), 15);
  host.advance(1s);
  stage.publish("a");
  EXPECT_EQ(lines(), 11);
}

TEST_F(StageLuaTest, TakesAChangedScript) {
  write("rule.lua", "function on_publish() end");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(watched());
  EXPECT_EQ(stage.publish("a"), Verdict::pass);
  write("rule.lua", "function on_publish() return drop('new') end");
  ASSERT_TRUE(host.wait([&] { return host.logged("the script was replaced"); }));
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::drop);
  EXPECT_EQ(host.metric("trellis_lua_script_version", kLabel), 2);
  EXPECT_EQ(host.metric("trellis_lua_replacements_total", std::string(kLabel) + R"(,result="taken")"), 1);
}

TEST_F(StageLuaTest, KeepsTheOldScriptWhereTheNewOneFailsItsCases) {
  write("rule.lua", "function on_publish() return drop('old') end");
  write("rule.cases.json", R"([{"message": {"topic": "a"}, "expect": {"drop": "old"}}])");
  TestHost host;
  auto stage = host.load<StageLua>(watched());
  for (const char* text : {"function on_publish(", "function on_publish() end"}) {
    const auto before = host.metric("trellis_lua_replacements_total", std::string(kLabel) + R"(,result="refused")");
    write("rule.lua", text);
    ASSERT_TRUE(host.wait([&] {
      return host.metric("trellis_lua_replacements_total", std::string(kLabel) + R"(,result="refused")") > before;
    }));
    EXPECT_EQ(stage.publish("a"), Verdict::drop);
  }
  EXPECT_TRUE(host.logged("expected near <eof>"));
  EXPECT_EQ(host.metric("trellis_lua_script_version", kLabel), 1);
}

TEST_F(StageLuaTest, TakesBackAScriptThatFailsTooOften) {
  write("rule.lua", "local n = 0 function on_publish() n = n + 1 return drop('old ' .. n) end");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(watched());
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
  write("rule.lua", "function on_publish(message) if message.topic == 'bad' then error('new') end end");
  ASSERT_TRUE(host.wait([&] { return host.logged("the script was replaced"); }));
  // One of twenty fails, one of ten may.
  for (int i = 0; i < 200; ++i) stage.publish(i % 20 == 10 ? "bad" : "a");
  EXPECT_FALSE(host.wait([&] { return host.logged("the one of before is back"); }, 100ms));
  for (int i = 0; i < 20; ++i) stage.judge({{.topic = "bad"}}, "default", 1);
  ASSERT_TRUE(host.wait([&] { return host.logged("the script failed too often, the one of before is back"); }));
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::drop);
  EXPECT_EQ(host.metric("trellis_lua_script_version", kLabel), 3);
  EXPECT_EQ(host.metric("trellis_lua_replacements_total", std::string(kLabel) + R"(,result="rolled_back")"), 1);
  // What the file says next is another version.
  write("rule.lua", "function on_publish() end -- mended");
  ASSERT_TRUE(host.wait([&] { return host.metric("trellis_lua_script_version", kLabel) == 4; }));
  EXPECT_EQ(stage.publish("a"), Verdict::pass);
}

TEST_F(StageLuaTest, LeavesAScriptThatFailsWhereThatIsWanted) {
  write("rule.lua", "function on_publish() return drop() end");
  TestHost host;
  auto stage = host.load<StageLua>(watched(R"("rollback_percent": 100)"));
  write("rule.lua", "function on_publish() error('new') end");
  ASSERT_TRUE(host.wait([&] { return host.logged("the script was replaced"); }));
  for (int i = 0; i < 50; ++i) stage.publish("a");
  EXPECT_FALSE(host.wait([&] { return host.logged("the one of before is back"); }, 100ms));
}

TEST_F(StageLuaTest, KnowsThePublisherWhereTheBrokerTells) {
  write("rule.lua", R"(function on_publish(message, client)
    return drop(tostring(client.attributes.room) .. ' ' .. tostring(client.authenticator)) end)");
  write("rule.cases.json", R"([
    {"message": {"topic": "a"}, "client": {"id": "c", "attributes": {"room": 7}}, "expect": {"drop": "7 authenticator"}},
    {"message": {"topic": "a"}, "expect": {"drop": "nil nil"}}])");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
  write("rule.lua", "function on_publish(message, client) return client.attributes.room == 'a' end");
  auto rooms = host.load<StageLua>(settings(R"("cases": false)"));
  const trellis::testing::Authenticated ada{.name = "ada", .attributes = {{"room", "\"a\""}}};
  const trellis::testing::Authenticated bob{.name = "bob", .attributes = {{"room", "\"b\""}}};
  EXPECT_EQ(rooms.judge({{.topic = "t"}}, "default", 0, &ada)[0].verdict, Verdict::pass);
  EXPECT_EQ(rooms.judge({{.topic = "t"}}, "default", 0, &bob)[0].verdict, Verdict::drop);
}

TEST_F(StageLuaTest, FreesWhatNoShardUsesAnyMore) {
  write("rule.lua", "function on_publish() end");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(watched(R"("rollback_time": "1s")"));
  std::weak_ptr<const LoadedScript> first = stage.as<StageLua>().script().snapshot();
  stage.publish("a");
  stage.judge({{.topic = "a"}}, "default", 1);
  write("rule.lua", "function on_publish() return drop('new') end");
  EXPECT_TRUE(host.wait([&] { return first.expired(); })) << "shards that are asked nothing give it back too";
}

TEST_F(StageLuaTest, ReadsResources) {
  write("rule.lua", R"(function on_publish(message)
    local found = resources.get('clients', message.topic) return found == nil or found.state == 'on' end)");
  write("rule.cases.json", R"([
    {"message": {"topic": "ada"}, "resources": {"clients/ada": {"state": "on"}}, "expect": "pass"},
    {"message": {"topic": "ada"}, "resources": {"clients/ada": {"state": "off"}}, "expect": "drop"},
    {"message": {"topic": "bob"}, "expect": "pass"}])");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("ada"), Verdict::pass) << "the broker has no such type";
}

}  // namespace
}  // namespace lua::testing
