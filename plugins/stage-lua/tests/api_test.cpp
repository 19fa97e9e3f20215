// The reference says what there is, and nothing else.
#include "api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/lua_script/hooks.hpp"
#include "common/lua_script/local_services.hpp"
#include "common/lua_script/outcome.hpp"
#include "common/lua_script/runner.hpp"

namespace lua::testing {
namespace {

/// Names of the functions scripts have beside Lua's own.
std::set<std::string> functions_of_the_sandbox() {
  LocalServices services;
  const std::string text = R"(

    local found = {}
    function on_publish()
      for _, name in ipairs{'pass', 'drop', 'deny', 'allow', 'defer', 'now', 'rate', 'publish', 'publish_event', 'timer'} do
        if type(_G[name]) == 'function' then found[#found + 1] = name end
      end
      local members = {log = {'info', 'warn', 'error'}, metrics = {'count'}, state = {'get', 'set', 'incr'},
        json = {'decode', 'encode', 'array'}, re = {'match'}, resources = {'get', 'find'},
        crypto = {'equal', 'sha256', 'hmac_sha256'}, base64 = {'encode', 'decode'}, hex = {'encode', 'decode'},
        http = {'get', 'post'}}
      for library, names in pairs(members) do
        for _, name in ipairs(names) do
          if type(_G[library][name]) == 'function' then found[#found + 1] = library .. '.' .. name end
        end
      end
      return drop(table.concat(found, ' '))
    end)";
  auto runner = Runner::load({"api.lua", text}, {}, services, 1);
  EXPECT_TRUE(runner) << (runner ? "" : runner.error().text);
  const trellis_message message{};
  OutcomeReader reader;
  EXPECT_TRUE((*runner)->call(Hook::publish, {.message = &message}, reader)) << (*runner)->error();
  std::set<std::string> names;
  std::string all(reader.outcome().reason);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(' ', at), all.size());
    names.insert(all.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

TEST(Api, HasTheFunctionsScriptsHave) {
  std::set<std::string> described;
  for (const ApiFunction& function : api_functions()) described.emplace(function.name);
  EXPECT_EQ(described, functions_of_the_sandbox());
}

TEST(Api, HasTheFunctionsPluginsAsk) {
  std::set<std::string> described;
  for (const ApiHook& hook : api_hooks()) {
    described.emplace(hook.name);
    std::string parameters;
    for (const ApiParameter& parameter : hook.parameters)
      parameters += (parameters.empty() ? "" : ", ") + std::string(parameter.name);
    const auto known = hook_named(hook.name);
    ASSERT_TRUE(known) << hook.name;
    EXPECT_EQ(parameters, facts(*known).parameters);
  }
  EXPECT_EQ(described.size(), kHookCount);
}

TEST(Api, StubsAreLua) {
  LocalServices services;
  // Their globals are there already: what has to hold is that the text can be read.
  const auto runner =
      Runner::load({"stubs.lua", "local function read()\n" + api_stubs() + "\nend function f() end"}, {}, services, 1);
  EXPECT_TRUE(runner) << (runner ? "" : runner.error().text);
}

TEST(Api, FieldsAreThoseThatCanBeRead) {
  LocalServices services;
  std::string reads;
  for (const ApiClass& one : api_classes()) {
    if (one.variable != "message" && one.variable != "client") continue;
    for (const ApiField& field : one.fields)
      reads += "local _ = " + std::string(one.variable) + "." + std::string(field.name) + "\n";
  }
  auto runner = Runner::load({"fields.lua", "function on_publish(message, client)\n" + reads + "end"}, {}, services, 1);
  const trellis_message message{};
  OutcomeReader reader;
  EXPECT_TRUE((*runner)->call(Hook::publish, {.message = &message}, reader)) << (*runner)->error();
}

}  // namespace
}  // namespace lua::testing
