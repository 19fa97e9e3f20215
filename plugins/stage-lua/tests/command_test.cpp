// trellis lua.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/json.hpp>
#include <vector>

#include "common/lua_script/tests/folder.hpp"
#include "stage_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;

class Command : public ScriptFolder {
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
      {R"([{"message": {"topic": "a"}, "expects": "pass"}])", "there is no key \"expects\""},
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
  EXPECT_THAT(err, HasSubstr("'tset' is none of check, test, replay, profile, reference and stubs"));
}

TEST_F(Command, RunsCasesOfAllFunctions) {
  write("rule.lua", R"(
    function on_timer(name) publish{topic = 'beat/' .. name} end
    function on_connect(client) if client.attributes.vip then return {sessions = 5} end return client.name ~= 'eve', 'no' end
    function on_subscribe(filter, client) if filter ~= 'x' then return filter == client.id end end
    function may_receive(topic) return topic == 'a' end
    function on_authenticate(credentials)
      local answer, why = http.get('https://x')
      if not answer then return deny(why) end
      return allow(credentials.username, {age = json.decode(answer.body).age}) end
    function hot(event, arguments) return event.data > arguments.above end)");
  write("rule.cases.json", R"([
    {"timer": "x", "expect": "done", "publishes": {"topic": "beat/x"}},
    {"client": {"name": "ada"}, "expect": "allow"},
    {"client": {"name": "eve"}, "expect": {"deny": "no"}},
    {"client": {"attributes": {"vip": true}}, "expect": {"limits": {"sessions": 5}}},
    {"filter": "c", "client": {"id": "c"}, "expect": "allow"},
    {"filter": "d", "client": {"id": "c"}, "expect": "deny"},
    {"filter": "x", "expect": "defer"},
    {"hook": "may_receive", "topic": "a", "expect": "allow"},
    {"credentials": {"username": "ada"}, "http": [{"status": 200, "json": {"age": 7}}], "expect": {"allow": {"name": "ada", "attributes": {"age": 7}}}},
    {"credentials": {"username": "ada"}, "http": [{"error": "gone"}], "expect": {"deny": "gone"}},
    {"function": "hot", "arguments": {"above": 5}, "message": {"topic": "a", "json": 6, "content_type": "application/json"}, "expect": true},
    {"function": "hot", "arguments": {"above": 5}, "message": {"topic": "a", "json": 5, "content_type": "application/json"}, "expect": false}])");
  EXPECT_EQ(run({"test", path()}), 0) << err;
  EXPECT_EQ(run({"check", path()}), 0);
  EXPECT_EQ(out, path() + ": on_timer, on_connect, on_subscribe, may_receive, on_authenticate\n");
  write("rule.cases.json", R"([
    {"name": "timer", "timer": "x", "expect": "done", "publishes": {"topic": "beat/y"}},
    {"name": "limits", "client": {"attributes": {"vip": true}}, "expect": {"limits": {"sessions": 6}}},
    {"name": "allow", "credentials": {"username": "ada"}, "http": [{"status": 200, "json": {"age": 7}}], "expect": {"allow": "bob"}}])");
  EXPECT_EQ(run({"test", path()}), 1);
  for (const char* what : {"topic: expected \"beat/y\", found \"beat/x\"", "found {\"limits\": {\"sessions\": 5}}",
                           "found {\"allow\": {\"name\": \"ada\", \"attributes\": {\"age\": 7}}}"})
    EXPECT_THAT(err, HasSubstr(what));
}

TEST_F(Command, ReplaysRecords) {
  write("rule.lua", "function on_publish(message) if rate('k', 1, 1) then return end return drop('fast') end");
  write("old.lua", "function on_publish(message) end");
  write("calls.jsonl",
        "{\"at\": 0, \"message\": {\"topic\": \"a\"}}\n\n{\"at\": 0.5, \"message\": {\"topic\": \"b\"}}\n"
        "{\"at\": 1.5, \"message\": {\"topic\": \"c\", \"payload_base64\": \"AQL/\"}}");
  const std::string record = (folder_ / "calls.jsonl").string();
  EXPECT_EQ(run({"replay", path(), "--record", record}), 0) << err;
  EXPECT_EQ(out, "1: a\n  \"pass\"\n2: b\n  {\"drop\": \"fast\"}\n3: c\n  \"pass\"\n");
  EXPECT_EQ(run({"replay", path(), "--record", record, "--against", (folder_ / "old.lua").string()}), 1) << err;
  EXPECT_EQ(out, "2: b\n  - \"pass\"\n  + {\"drop\": \"fast\"}\n1 of 3 calls differ\n");
  EXPECT_EQ(run({"replay", path(), "--record", record, "--against", path()}), 0);
  EXPECT_EQ(out, "0 of 3 calls differ\n");
  EXPECT_EQ(run({"replay", path(), "--record", record}, true), 0);
  EXPECT_TRUE(trellis::json::parse(out)) << out;
  write("calls.jsonl", "{\"message\": {\"topic\": \"a\"}}\n{\"message\"");
  EXPECT_EQ(run({"replay", path(), "--record", record}), 1);
  EXPECT_THAT(err, HasSubstr("line 2: "));
  write("calls.jsonl", "{\"message\": {\"topic\": \"a\"}, \"expect\": \"pass\"}");
  EXPECT_EQ(run({"replay", path(), "--record", record}), 1);
  EXPECT_THAT(err, HasSubstr("line 1: there is no key \"expect\""));
}

TEST_F(Command, ProfilesLinesAndFunctions) {
  write("rule.lua",
        "local function busy()\n  local x = 0\n  for i = 1, 20000 do x = x + i end\n  return x\nend\n"
        "function on_publish(message)\n  busy()\nend\n");
  write("rule.cases.json", R"([{"message": {"topic": "a"}, "expect": "pass"}])");
  EXPECT_EQ(run({"profile", path(), "--times", "5"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("5 calls, "));
  EXPECT_THAT(out, HasSubstr("rule.lua:3  for i = 1, 20000 do x = x + i end"));
  EXPECT_THAT(out, HasSubstr("busy (rule.lua:1)"));
  EXPECT_EQ(run({"profile", path(), "--times", "5"}, true), 0);
  EXPECT_TRUE(trellis::json::parse(out)) << out;
  EXPECT_EQ(run({"profile", path(), "--times", "0"}), 2);
  EXPECT_EQ(run({"replay", path()}), 2);
  EXPECT_EQ(run({"replay", path(), "--records", "x"}), 2);
}

TEST_F(Command, PrintsWhatScriptsMayUse) {
  EXPECT_EQ(run({"reference"}), 0);
  EXPECT_THAT(out, HasSubstr("| `state.incr(key[, by][, seconds])` |"));
  EXPECT_EQ(run({"stubs"}), 0);
  EXPECT_THAT(out, HasSubstr("---@param seconds? number"));
}

}  // namespace
}  // namespace lua::testing
