// The plugin as the broker loads it.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <trellis/testing/test_host.hpp>

#include "stage_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using trellis::Verdict;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using namespace std::chrono_literals;

class Plugin : public ::testing::Test {
 protected:
  Plugin() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("stage-lua-") + test->name() + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~Plugin() override { std::filesystem::remove_all(folder_); }

  /// Beside the old one and then in its place, as an editor does.
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / (name + ".new")) << text;
    std::filesystem::rename(folder_ / (name + ".new"), folder_ / name);
  }
  std::string settings(const std::string& more = "") {
    return R"({"script": ")" + (folder_ / "rule.lua").string() + R"(", "watch_interval": "0s")" +
           (more.empty() ? "" : ", " + more) + "}";
  }
  std::string watched(const std::string& more = "") {
    return R"({"script": ")" + (folder_ / "rule.lua").string() + R"(", "watch_interval": "5ms")" +
           (more.empty() ? "" : ", " + more) + "}";
  }

  std::filesystem::path folder_;
};

constexpr const char* kLabel = R"(script="rule.lua")";

TEST_F(Plugin, DoesWhatTheScriptSays) {
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

TEST_F(Plugin, AsksTheHookItIsToldTo) {
  write("rule.lua",
        "function on_publish() return drop() end function on_deliver(message) return message.topic ~= 'secret' end");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("hook": "on_deliver")"));
  EXPECT_EQ(stage.publish("news"), Verdict::pass);
  EXPECT_EQ(stage.publish("secret"), Verdict::drop);
}

TEST_F(Plugin, IsRefusedWithTheReason) {
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

TEST_F(Plugin, SaysWhatWentWrongWithWhichMessage) {
  write("rule.lua", "function on_publish(message)\n  return nil + message.qos\nend");
  TestHost host;
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.publish("some/topic"), Verdict::pass);
  EXPECT_EQ(host.metric("trellis_lua_errors_total", std::string(kLabel) + R"(,kind="error")"), 1);
  EXPECT_TRUE(host.logged("rule.lua:2: attempt to perform arithmetic on a nil value"));
  EXPECT_TRUE(host.logged("some/topic"));
}

TEST_F(Plugin, DropsOnErrorsWhereItIsToldTo) {
  write("rule.lua", "function on_publish() error('x') end");
  TestHost host;
  auto stage = host.load<StageLua>(settings(R"("on_error": "drop")"));
  EXPECT_EQ(stage.publish("a"), Verdict::drop);
}

TEST_F(Plugin, CountsWhatKindOfErrorItWas) {
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

TEST_F(Plugin, LeavesAScriptAloneThatFailsTooOften) {
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

TEST_F(Plugin, ErrorsFarApartBeginNoQuarantine) {
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

TEST_F(Plugin, SharesItsStateBetweenShards) {
  write(
      "rule.lua",
      "local mine = 0 function on_publish() mine = mine + 1 if state.incr('n') + mine > 3 then return drop() end end");
  TestHost host({.shards = 2});
  auto stage = host.load<StageLua>(settings());
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 0)[0].verdict, Verdict::pass);  // 1 + 1
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::pass);  // 2 + 1
  EXPECT_EQ(stage.judge({{.topic = "a"}}, "default", 1)[0].verdict, Verdict::drop);  // 3 + 2
}

TEST_F(Plugin, CountersOfScriptsBecomeMetrics) {
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

TEST_F(Plugin, LogsNoMoreThanTenLinesPerSecond) {
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

TEST_F(Plugin, TakesAChangedScript) {
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

TEST_F(Plugin, KeepsTheOldScriptWhereTheNewOneFailsItsCases) {
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

// --- trellis lua

class Command : public Plugin {
 protected:
  int run(std::vector<std::string> words, bool json = false) {
    out.clear();
    err.clear();
    const Capture console(json, out, err);
    std::vector<std::string_view> views(words.begin(), words.end());
    StageLua plugin;
    return plugin.run(views, trellis::Console(&console));
  }
  std::string path() const { return (folder_ / "rule.lua").string(); }

  std::string out;
  std::string err;

 private:
  struct Capture : trellis_console {
    Capture(bool as_json, std::string& to_out, std::string& to_err)
        : trellis_console{sizeof(trellis_console), as_json, false, &write_out, &write_err, nullptr},
          out(&to_out),
          err(&to_err) {}
    static void write_out(const trellis_console* self, trellis_view text) {
      *static_cast<const Capture*>(self)->out += trellis::text(text);
    }
    static void write_err(const trellis_console* self, trellis_view text) {
      *static_cast<const Capture*>(self)->err += trellis::text(text);
    }
    std::string* out;
    std::string* err;
  };
};

TEST_F(Command, ChecksScripts) {
  write("rule.lua", "function on_publish() end function on_deliver() end");
  EXPECT_EQ(run({"check", path()}), 0);
  EXPECT_EQ(out, path() + ": on_publish, on_deliver\n");
  write("rule.lua", "function on_publish(");
  EXPECT_EQ(run({"check", path()}), 1);
  EXPECT_EQ(err, path() + ": rule.lua:1: <name> or '...' expected near <eof>\n");
}

TEST_F(Command, RunsCasesAndShowsWhatDiffers) {
  write("rule.lua", "function on_publish(message) return {payload = 'x'} end");
  write("rule.cases.json", R"([{"message": {"topic": "a"}, "expect": {"payload": "x"}},
    {"name": "wrong payload", "message": {"topic": "a"}, "expect": {"payload": "y"}},
    {"name": "wrong kind", "message": {"topic": "a"}, "expect": {"drop": "z"}}])");
  EXPECT_EQ(run({"test", path()}), 1);
  EXPECT_EQ(
      err,
      path() + ": case \"wrong payload\"\n  payload: expected \"y\", found \"x\"\n" + path() +
          ": case \"wrong kind\"\n  expected {\"drop\": \"z\"}\n     found [{\"topic\": \"a\", \"payload\": \"x\"}]\n" +
          path() + ": 2 of 3 cases fail\n");
  EXPECT_EQ(run({"test", path()}, true), 1);
  EXPECT_TRUE(trellis::json::parse(out)) << out;
  write("rule.cases.json", R"([{"message": {"topic": "a"}, "expect": {"payload": "x"}}])");
  EXPECT_EQ(run({"test", path()}), 0);
  EXPECT_EQ(out, path() + ": 1 cases pass\n");
}

TEST_F(Command, RefusesWrongCases) {
  write("rule.lua", "function on_publish(message) end");
  const std::pair<const char*, const char*> rows[] = {
      {"{}", "the cases are an object, expected a list"},
      {"[]", "has no case"},
      {"[{}]", "case 1: the key \"message\" is missing"},
      {R"([{"message": {"topic": "a"}}])", "case 1: the key \"expect\" is missing"},
      {R"([{"message": {"topic": "a"}, "expect": "maybe"}])", "\"expect\" is none of"},
      {R"([{"message": {"topic": "a/#"}, "expect": "pass"}])", "\"topic\" is not a topic name"},
      {R"([{"message": {"topic": "a", "color": 1}, "expect": "pass"}])", "there is no field \"color\""},
      {R"([{"message": {"topic": "a"}, "expects": "pass"}])", "the key \"expects\" is none of"},
      {R"([{"message": {"topic": "a"}, "hook": "on_deliver", "expect": "pass"}])",
       "\"hook\" is not the name of a hook the script has"},
  };
  for (const auto& [cases, error] : rows) {
    write("rule.cases.json", cases);
    EXPECT_EQ(run({"test", path()}), 1);
    EXPECT_THAT(err, HasSubstr(error)) << cases;
  }
}

TEST_F(Command, ExplainsItself) {
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out, HasSubstr("Usage: trellis lua check"));
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"test"}), 2);
  EXPECT_THAT(err, HasSubstr("expected at least one script"));
  EXPECT_EQ(run({"tset", "x"}), 2);
  EXPECT_THAT(err, HasSubstr("'tset' is neither check nor test"));
}

}  // namespace
}  // namespace lua::testing
