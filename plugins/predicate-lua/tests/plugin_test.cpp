// The plugin as the broker loads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "common/lua_script/tests/folder.hpp"
#include "predicate_lua.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using trellis::testing::Sample;
using trellis::testing::TestHost;

class PredicateTest : public ScriptFolder {
 protected:
  /// Whether a function with this body, of event and arguments, passes the message.
  bool passes(const std::string& body, const Sample& sample, const std::string& arguments = "{}",
              const std::string& more = "") {
    write("rule.lua", "function chosen(event, arguments) " + body + " end");
    TestHost host;
    auto plugin = host.load<PredicateLua>(settings(more));
    const bool passed = plugin.compile(R"({"function": "chosen", "arguments": )" + arguments + "}").matches(sample);
    EXPECT_EQ(host.metric("trellis_lua_decisions_total",
                          std::string(kLabel) + R"(,hook="event",decision=")" + (passed ? "pass" : "drop") + "\""),
              1);
    errors_ = 0;
    for (const char* kind : {"error", "budget", "memory", "result"})
      errors_ += host.metric("trellis_lua_errors_total", std::string(kLabel) + ",kind=\"" + kind + "\"");
    return passed;
  }

  static Sample structured(const std::string& more) {
    return {.topic = "t",
            .payload = R"({"specversion": "1.0", "id": "7", "source": "/ovens", "type": "baked")" + more + "}",
            .content_type = "application/cloudevents+json"};
  }
  static Sample binary(const std::string& payload, const std::string& content_type) {
    return {.topic = "t",
            .payload = payload,
            .user_properties = {{"specversion", "1.0"}, {"id", "7"}, {"source", "/ovens"}, {"type", "baked"}},
            .content_type = content_type};
  }

  std::int64_t errors_ = 0;
};

TEST_F(PredicateTest, SeesEventsOfBothModes) {
  const char* same =
      "return event.id == '7' and event.source == '/ovens' and event.type == 'baked' and "
      "event.specversion == '1.0' and event.subject == nil";
  EXPECT_TRUE(passes(same, structured("")));
  EXPECT_TRUE(passes(same, binary("x", "text/plain")));
  EXPECT_TRUE(passes("return event.level == 5 and event.urgent", structured(R"(, "level": 5, "urgent": true)")));
  EXPECT_TRUE(passes("return event.datacontenttype == 'text/plain'", binary("x", "text/plain")));
}

TEST_F(PredicateTest, SeesTheDataInItsType) {
  EXPECT_TRUE(passes("return event.data.celsius > 200", structured(R"(, "data": {"celsius": 230})")));
  EXPECT_TRUE(passes("return event.data == 'hello'", structured(R"(, "data_base64": "aGVsbG8=")")));
  EXPECT_TRUE(passes("return event.data == nil", structured("")));
  EXPECT_TRUE(passes("return event.data.celsius > 200", binary(R"({"celsius": 230})", "application/json")));
  EXPECT_TRUE(passes("return event.data == nil", binary("{", "application/json"))) << "it is none";
  EXPECT_TRUE(passes("return event.data == '21'", binary("21", "text/plain")));
  EXPECT_TRUE(passes("return event.data == '\\1\\2'", binary("\x01\x02", "application/octet-stream")));
}

TEST_F(PredicateTest, SeesPlainMessagesAsWhatRoutesMakeOfThem) {
  const Sample plain{.topic = "ovens/3", .payload = "21", .is_text = true, .publisher = "oven-3"};
  EXPECT_TRUE(
      passes("return event.type == 'MQTT.EventPublished' and event.subject == 'ovens/3' and event.data == 21", plain));
  EXPECT_TRUE(passes("return event.message.topic == 'ovens/3' and event.message.payload == '21'", plain));
}

TEST_F(PredicateTest, WhatIsNoEventHasNoAttributes) {
  for (const char* payload : {"", "{", "[]", "{}", R"({"specversion": "1.0", "id": "7", "type": "x"})",
                              R"({"specversion": "0.3", "id": "7", "type": "x", "source": "y"})"}) {
    EXPECT_TRUE(passes("return event.id == nil and event.data == nil",
                       {.topic = "t", .payload = payload, .content_type = "application/cloudevents+json"}))
        << payload;
  }
}

TEST_F(PredicateTest, GetsWhatTheFilterSays) {
  const char* body = "return event.data.celsius > arguments.above and arguments.of[1] == event.source";
  const Sample hot = structured(R"(, "data": {"celsius": 230})");
  EXPECT_TRUE(passes(body, hot, R"({"above": 200, "of": ["/ovens"]})"));
  EXPECT_FALSE(passes(body, hot, R"({"above": 230, "of": ["/ovens"]})"));
}

TEST_F(PredicateTest, OnlyTrueIsAMatch) {
  EXPECT_FALSE(passes("", structured("")));
  EXPECT_FALSE(passes("return nil", structured("")));
  EXPECT_FALSE(passes("return false", structured("")));
  EXPECT_EQ(errors_, 0);
  EXPECT_FALSE(passes("return 1", structured("")));
  EXPECT_EQ(errors_, 1);
  EXPECT_FALSE(passes("return 'true'", structured("")));
  EXPECT_EQ(errors_, 1);
}

TEST_F(PredicateTest, ErrorsAreNoMatchUnlessToldOtherwise) {
  EXPECT_FALSE(passes("error('x')", structured("")));
  EXPECT_EQ(errors_, 1);
  EXPECT_TRUE(passes("error('x')", structured(""), "{}", R"("on_error": "pass")"));
}

TEST_F(PredicateTest, RefusesFiltersThatAreNone) {
  write("rule.lua", "function hot() end number = 5");
  TestHost host;
  auto plugin = host.load<PredicateLua>(settings());
  EXPECT_EQ(plugin.refusal(R"({"function": "hot"})"), "");
  EXPECT_THAT(plugin.refusal("{}"), HasSubstr("rule.lua has no function on_event(event, arguments)"));
  EXPECT_THAT(plugin.refusal(R"({"function": ""})"), HasSubstr("/function: expected the name of a function"));
  EXPECT_THAT(plugin.refusal(R"({"function": "cold"})"), HasSubstr("rule.lua has no function cold(event, arguments)"));
  EXPECT_THAT(plugin.refusal(R"({"function": "number"})"), HasSubstr("has no function number"));
  EXPECT_THAT(plugin.refusal(R"({"function": "print"})"), HasSubstr("has no function print")) << "of the libraries";
  EXPECT_THAT(plugin.refusal(R"({"function": "hot", "args": 1})"),
              HasSubstr("there are \"function\" and \"arguments\""));
}

TEST_F(PredicateTest, AReplacementKeepsWhatSubscriptionsName) {
  write("rule.lua", "function hot() return true end");
  TestHost host;
  auto plugin = host.load<PredicateLua>(watched());
  {
    auto filter = plugin.compile(R"({"function": "hot"})");
    EXPECT_TRUE(filter.matches("t"));
    write("rule.lua", "function cold() return true end");
    ASSERT_TRUE(
        host.wait([&] { return host.logged("there is no function hot(event, arguments), which a subscription"); }));
    EXPECT_TRUE(filter.matches("t"));
    write("rule.lua", "function hot() return false end function cold() end");
    ASSERT_TRUE(host.wait([&] { return host.logged("the script was replaced"); }));
    EXPECT_FALSE(filter.matches("t"));
  }
  host.turn();
  write("rule.lua", "function cold() return true end --");
  ASSERT_TRUE(host.wait([&] { return host.metric("trellis_lua_script_version", kLabel) == 3; }))
      << "nobody names it any more";
}

TEST_F(PredicateTest, FiltersThatComeAndGoLeaveNothingBehind) {
  write("rule.lua", "function hot(event, arguments) return #arguments.big == 100000 end");
  TestHost host;
  auto plugin = host.load<PredicateLua>(settings(R"("memory": "4MiB")"));
  const std::string big(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(plugin.compile(R"({"function": "hot", "arguments": {"big": ")" + big + "\"}}").matches("t")) << i;
    host.turn();
  }
}

TEST_F(PredicateTest, AttacksOnTheCallAreEnded) {
  const Sample deep = structured(R"(, "data": )" + std::string(500, '[') + std::string(500, ']'));
  const Sample large = structured(R"(, "data": ")" + std::string(3U << 20U, 'x') + "\"");
  const std::pair<const char*, const Sample*> rows[] = {
      {"while true do end", &deep},
      {"return event.data", &deep},
      {"return event.data", &large},
      {"while true do local _ = event.source .. event.type end", &deep},
      {"while true do pcall(function() while true do local _ = event.data end end) end", &deep},
      {"event.data = 1 return true", &deep},
      {"http.get('https://x') return true", &deep},
      {"coroutine.yield(true)", &deep},
  };
  for (const auto& [body, sample] : rows) {
    EXPECT_FALSE(passes(body, *sample)) << body;
    EXPECT_EQ(errors_, 1) << body;
  }
}

}  // namespace
}  // namespace lua::testing
