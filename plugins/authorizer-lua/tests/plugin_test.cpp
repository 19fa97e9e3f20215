// The plugin as the broker loads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "authorizer_lua.hpp"
#include "common/lua_script/tests/folder.hpp"

namespace lua::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using trellis::Access;
using trellis::Action;
using trellis::Status;
using trellis::testing::Authenticated;
using trellis::testing::TestHost;

class AuthorizerTest : public ScriptFolder {
 protected:
  std::int64_t decisions(const std::string& hook, const std::string& decision) const {
    return host_.metric("trellis_lua_decisions_total",
                        R"(script="rule.lua",hook=")" + hook + R"(",decision=")" + decision + "\"");
  }
  TestHost host_;
};

constexpr const char* kRules = R"(
  function on_connect(client)
    if client.attributes.blocked then return deny('blocked') end
    if client.name == 'guest' then return {sessions = 1, subscriptions = 5, session_expiry = 60,
                                           publishes_per_second = 10, bytes_per_second = 1000} end
  end
  function on_subscribe(filter, client)
    if filter == '#' then return false end
    if filter:sub(1, #client.id + 1) == client.id .. '/' then return true end
  end
  function may_publish(topic, client)
    return client.attributes.rooms and client.attributes.rooms[1] == topic
  end)";

TEST_F(AuthorizerTest, LetsClientsInOrNot) {
  write("rule.lua", kRules);
  auto plugin = host_.load<AuthorizerLua>(settings());
  EXPECT_EQ(plugin.admit({.name = "ada"}).status, Status::ok);
  const auto refused = plugin.admit({.name = "bob", .attributes = {{"blocked", "true"}}});
  EXPECT_EQ(refused.status, Status::not_authorized);
  EXPECT_EQ(refused.reason, "blocked");
  EXPECT_EQ(decisions("on_connect", "allow"), 1);
  EXPECT_EQ(decisions("on_connect", "deny"), 1);
}

TEST_F(AuthorizerTest, SetsLimits) {
  write("rule.lua", kRules);
  auto plugin = host_.load<AuthorizerLua>(settings());
  const auto limits = plugin.admit({.name = "guest"}).limits;
  EXPECT_EQ(limits.sessions, 1U);
  EXPECT_EQ(limits.subscriptions, 5U);
  EXPECT_EQ(limits.session_expiry_s, 60U);
  EXPECT_EQ(limits.publishes_per_s, 10U);
  EXPECT_EQ(limits.bytes_per_s, 1000U);
  EXPECT_EQ(plugin.admit({.name = "ada"}).limits.sessions, 0U);
}

TEST_F(AuthorizerTest, AllowsDeniesAndLeavesTheRestToOthers) {
  write("rule.lua", kRules);
  auto plugin = host_.load<AuthorizerLua>(settings());
  EXPECT_EQ(plugin.may("ada", Action::subscribe, "ada/#"), Access::allow);
  EXPECT_EQ(plugin.may("ada", Action::subscribe, "#"), Access::deny);
  EXPECT_EQ(plugin.may("ada", Action::subscribe, "bob/#"), Access::defer);
  EXPECT_EQ(plugin.may("ada", Action::publish, "kitchen", {}, {{"rooms", R"(["kitchen"])"}}), Access::allow);
  EXPECT_EQ(plugin.may("ada", Action::publish, "cellar", {}, {{"rooms", R"(["kitchen"])"}}), Access::deny);
  EXPECT_EQ(plugin.may("ada", Action::publish, "cellar"), Access::defer) << "nil is no opinion";
  EXPECT_EQ(plugin.may("ada", Action::receive, "x"), Access::defer) << "there is no may_receive";
  EXPECT_EQ(plugin.flags() & TRELLIS_AUTHORIZER_JUDGES_RECEIVE, 0U);
}

TEST_F(AuthorizerTest, SeesWhoTheClientIs) {
  write("rule.lua", R"(function on_subscribe(filter, client)
    local seen = {client.id, client.name, client.authenticator, client.namespace}
    for name, value in pairs(client.attributes) do seen[#seen + 1] = name .. '=' .. tostring(value) end
    return false, table.concat(seen, ' ') end)");
  auto plugin = host_.load<AuthorizerLua>(settings());
  const Authenticated who{.name = "ada", .attributes = {{"floor", "3"}, {"bad", "{"}}, .client_id = "c1"};
  EXPECT_THAT(plugin.explain(who, Action::subscribe, "a"),
              ElementsAre(Pair("rule.lua: on_subscribe",
                               "denies it: c1 ada authenticator-of-the-test default floor=3 bad=nil")));
}

TEST_F(AuthorizerTest, ReceiveIsAskedWhereTheSettingSaysSo) {
  write("rule.lua", "function may_receive(topic) return topic ~= 'secret' end");
  auto plugin = host_.load<AuthorizerLua>(settings(R"("receive": true)"));
  EXPECT_NE(plugin.flags() & TRELLIS_AUTHORIZER_JUDGES_RECEIVE, 0U);
  EXPECT_EQ(plugin.may("ada", Action::receive, "secret"), Access::deny);
  EXPECT_EQ(plugin.may("ada", Action::receive, "news"), Access::allow);
}

TEST_F(AuthorizerTest, IsRefusedWithTheReason) {
  write("rule.lua", "function on_publish() end");
  EXPECT_THAT(host_.refusal<AuthorizerLua>(settings()), HasSubstr("there is none of the functions on_connect(client)"));
  write("rule.lua", "function on_connect() end");
  EXPECT_THAT(host_.refusal<AuthorizerLua>(settings(R"("receive": true)")),
              HasSubstr("there is no function may_receive(topic, client)"));
}

TEST_F(AuthorizerTest, ErrorsDenyUnlessToldOtherwise) {
  write("rule.lua",
        "function on_connect() error('x') end function on_subscribe() error('y') end "
        "function may_publish(topic) while topic == 'loop' do end return 7 end");
  {
    auto plugin = host_.load<AuthorizerLua>(settings());
    EXPECT_EQ(plugin.admit({.name = "ada"}).status, Status::not_authorized);
    EXPECT_EQ(plugin.may("ada", Action::subscribe, "a"), Access::deny);
    EXPECT_EQ(plugin.may("ada", Action::publish, "loop"), Access::deny);
    EXPECT_EQ(plugin.may("ada", Action::publish, "a"), Access::deny);
    EXPECT_TRUE(host_.logged("rule.lua:1: x"));
  }
  for (const char* kind : {"error", "budget", "result"})
    EXPECT_GE(host_.metric("trellis_lua_errors_total", std::string(R"(script="rule.lua",kind=")") + kind + "\""), 1);
  auto lenient = host_.load<AuthorizerLua>(settings(R"("on_error": "defer")"));
  EXPECT_EQ(lenient.admit({.name = "ada"}).status, Status::ok);
  EXPECT_EQ(lenient.may("ada", Action::subscribe, "a"), Access::defer);
}

TEST_F(AuthorizerTest, WrongAnswersAreErrors) {
  const std::pair<const char*, const char*> rows[] = {
      {"return 7", "on_connect answered a number, expected nothing, true, false with a reason, or a table of limits"},
      {"return {session = 1}", "a limit \"session\", which there is not"},
      {"return {sessions = 0}", "sessions is no whole number above 0"},
      {"return {sessions = 1.5}", "sessions is no whole number above 0"},
      {"return {sessions = 1 << 40}", "sessions is no whole number above 0"},
  };
  for (const auto& [body, what] : rows) {
    write("rule.lua", std::string("function on_connect() ") + body + " end");
    TestHost host;
    auto plugin = host.load<AuthorizerLua>(settings());
    EXPECT_EQ(plugin.admit({.name = "ada"}).status, Status::not_authorized) << body;
    EXPECT_TRUE(host.logged(what)) << body;
  }
}

TEST_F(AuthorizerTest, AReplacedScriptMakesEarlierAnswersForgotten) {
  write("rule.lua", "function may_publish() return true end");
  auto plugin = host_.load<AuthorizerLua>(watched());
  EXPECT_EQ(plugin.may("ada", Action::publish, "a"), Access::allow);
  EXPECT_EQ(host_.forgotten_decisions(), 0U);
  write("rule.lua", "function may_publish() return false end");
  ASSERT_TRUE(host_.wait([&] { return host_.forgotten_decisions() == 1; }));
  EXPECT_EQ(plugin.may("ada", Action::publish, "a"), Access::deny);
}

TEST_F(AuthorizerTest, AttacksOnTheCallAreEnded) {
  for (const char* body : {
           "while true do end",
           "for k, v in function() return 1 end do end",
           "while true do pcall(function() while true do local _ = client.attributes.big end end) end",
           "while true do for _ in pairs(client.attributes) do end end",
           "local t = {} while true do t[#t + 1] = client.attributes.big end",
       }) {
    write("rule.lua", std::string("function on_connect(client) ") + body + " end");
    TestHost host;
    auto plugin = host.load<AuthorizerLua>(settings());
    const std::string big = "\"" + std::string(2000, 'x') + "\"";
    EXPECT_EQ(plugin.admit({.name = "ada", .attributes = {{"big", big}}}).status, Status::not_authorized) << body;
  }
}

TEST_F(AuthorizerTest, WhatAScriptKeptShowsNobodyElse) {
  write("rule.lua", "local kept function on_connect(client) kept = kept or client return false, kept.name end");
  auto plugin = host_.load<AuthorizerLua>(settings());
  EXPECT_EQ(plugin.admit({.name = "ada"}).reason, "ada");
  EXPECT_EQ(plugin.admit({.name = "bob"}).reason, "bob");
}

}  // namespace
}  // namespace lua::testing
