// Messages as rules see them, and what rules answer.
#include <gmock/gmock.h>

#include "common/allocation_count/allocation_count.hpp"
#include "common/lua_script/owned_message.hpp"
#include "fixture.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;

/// What goes on of one message, first the one in its place.
std::vector<OwnedMessage> sent(const std::string& body, const Facts& facts = {}) {
  Script script = Script::body(body);
  const Sample sample(facts);
  std::vector<OwnedMessage> out;
  const Outcome& outcome = script.call(sample);
  EXPECT_FALSE(script.failed) << script.runner->error();
  for (const Target& target : outcome.targets) out.push_back(OwnedMessage::of(compose(sample, target, 0)));
  return out;
}

std::string error(const std::string& body) { return Script::body(body).answer(); }

TEST(Message, ShowsItsFields) {
  const Facts facts{.topic = "t", .payload = "p", .qos = 1, .user_properties = {{"a", "1"}, {"a", "2"}, {"b", "3"}}};
  EXPECT_EQ(value("message.topic .. message.payload .. message.qos", facts), "tp1");
  EXPECT_EQ(value("message.retain", facts), "false");
  EXPECT_EQ(value("message.content_type", facts), "nil");
  EXPECT_EQ(value("message.response_topic", facts), "nil");
  EXPECT_EQ(value("message.correlation_data", facts), "nil");
  EXPECT_EQ(value("message.expiry", facts), "nil");
  EXPECT_EQ(value("message.namespace", facts), "default");
  EXPECT_EQ(value("message.user_properties.a .. #message.user_properties", facts), "13");
  EXPECT_EQ(value("message:attribute('b')", facts), "3");
  EXPECT_EQ(value("message:attribute('c')", facts), "nil");
  EXPECT_EQ(value("message.user_properties.c", facts), "nil");
  EXPECT_EQ(
      value(
          "(function() local s = '' for k, v in pairs(message.user_properties) do s = s .. k .. v end return s end)()",
          facts),
      "a1a2b3");
  EXPECT_EQ(value("client.id .. client.name"), "sensor-7ada");
  EXPECT_THAT(value("message.colour"), HasSubstr("a message has no field 'colour'"));
  EXPECT_THAT(value("client.password"), HasSubstr("a client has no field 'password'"));
}

TEST(Message, ShowsOptionalFieldsWhereTheyAre) {
  Script script = Script::body(
      "return false, message.content_type .. message.response_topic .. message.correlation_data .. message.expiry");
  Sample sample({});
  sample.raw().flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC |
                       TRELLIS_MESSAGE_HAS_CORRELATION | TRELLIS_MESSAGE_HAS_EXPIRY;
  sample.raw().content_type = trellis::view("a");
  sample.raw().response_topic = trellis::view("b");
  sample.raw().correlation_data = trellis::view("c");
  sample.raw().expires_at_ms = script.services.wall().count() + 1500;
  EXPECT_EQ(script.call(sample).reason, "abc1.5");
}

TEST(Message, CannotBeKeptBeyondItsCall) {
  Script script(
      "local kept function on_publish(message) kept = kept or message return false, message.topic end "
      "function on_deliver() return false, kept.topic end");
  EXPECT_EQ(script.answer({.topic = "one"}), "one");
  // What was kept is a window on the message of the day, never on freed memory.
  EXPECT_EQ(script.answer({.topic = "two"}), "two");
  Script early("x = tostring(message) function on_publish() end");
  EXPECT_EQ(early.refusal, "");
}

TEST(Message, LargerThanAScriptMayHoldIsSaidSo) {
  EXPECT_THAT(value("#message.payload", {.payload = std::string(3U << 20U, 'x')}),
              HasSubstr("the field payload has 3145728 bytes, a script's texts at most 2097152"));
}

TEST(Answer, PassesAndDrops) {
  Script script = Script::body(R"(
    if message.topic == 'nil' then return end
    if message.topic == 'true' then return true end
    if message.topic == 'pass' then return pass() end
    if message.topic == 'false' then return false end
    if message.topic == 'drop' then return drop('because') end
    if message.topic == 'empty' then return {} end)");
  for (const char* topic : {"nil", "true", "pass"})
    EXPECT_EQ(script.call({.topic = topic}).kind, Outcome::Kind::pass) << topic;
  for (const char* topic : {"false", "drop", "empty"})
    EXPECT_EQ(script.call({.topic = topic}).kind, Outcome::Kind::drop) << topic;
  EXPECT_EQ(script.answer({.topic = "drop"}), "because");
}

TEST(Answer, ChangesWhatItNamesAndKeepsTheRest) {
  const Facts facts{.qos = 1, .user_properties = {{"keep", "1"}, {"gone", "2"}, {"new", "3"}}};
  const auto out = sent(
      "return {topic = 'x', payload = 21.5, retain = true, qos = 2, content_type = 'text/plain', expiry = 60, "
      "user_properties = {gone = false, new = 'n', number = 7}}",
      facts);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].topic, "x");
  EXPECT_EQ(out[0].payload, "21.5");
  EXPECT_EQ(out[0].qos, 2U);
  EXPECT_TRUE(out[0].retain);
  EXPECT_EQ(out[0].content_type, "text/plain");
  EXPECT_EQ(out[0].expiry_s, 60);
  EXPECT_THAT(out[0].user_properties.front(), Pair("keep", "1"));
  EXPECT_THAT(out[0].user_properties,
              ::testing::UnorderedElementsAre(Pair("keep", "1"), Pair("new", "n"), Pair("number", "7")));
}

TEST(Answer, SendsToSeveralTopics) {
  const auto out = sent("return {message.topic, 'copy', {topic = 'alarm', payload = 'x'}}");
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].topic + out[1].topic + out[2].topic, "a/bcopyalarm");
  EXPECT_EQ(out[1].payload + out[2].payload, "21x");
}

TEST(Answer, IsRefusedWhereItIsNone) {
  EXPECT_THAT(error("return 7"), HasSubstr("rule.lua: on_publish answered a number, expected nothing, true"));
  EXPECT_THAT(error("return {topic = 'a/#'}"), HasSubstr("the answer's topic \"a/#\" is no topic name"));
  EXPECT_THAT(error("return {''}"), HasSubstr("is no topic name"));
  EXPECT_THAT(error("return {topics = 'a'}"), HasSubstr("field \"topics\" is none that a message has"));
  EXPECT_THAT(error("return {'a', topic = 'a'}"), HasSubstr("")) << "a list counts, fields beside it do not";
  EXPECT_THAT(error("return {payload = {}}"), HasSubstr("the answer's payload is a table, expected a text"));
  EXPECT_THAT(error("return {qos = 3}"), HasSubstr("expected 0, 1 or 2"));
  EXPECT_THAT(error("return {retain = 1}"), HasSubstr("expected true or false"));
  EXPECT_THAT(error("return {expiry = -1}"), HasSubstr("expected seconds"));
  EXPECT_THAT(error("return {content_type = '\\xff'}"), HasSubstr("content_type is no text in UTF-8"));
  EXPECT_THAT(error("return {user_properties = {'x'}}"), HasSubstr("a name that is a number"));
  EXPECT_THAT(error("return {user_properties = {x = '\\0'}}"), HasSubstr("user_properties is no text in UTF-8"));
  EXPECT_THAT(error("return {content_type = ('x'):rep(65536)}"), HasSubstr("content_type has more than 65535 bytes"));
  EXPECT_THAT(error("return {correlation_data = ('x'):rep(65536)}"), HasSubstr("has more than 65535 bytes"));
  EXPECT_THAT(error("return {user_properties = {x = ('x'):rep(65536)}}"), HasSubstr("user_properties has more than"));
  EXPECT_THAT(error("return {user_properties = {[('x'):rep(65536)] = 'x'}}"),
              HasSubstr("user_properties has more than"));
  EXPECT_THAT(
      error("local t, s = {}, ('x'):rep(1 << 20) for i = 1, 64 do t[i] = {topic = 'x', payload = s} end return t"),
      HasSubstr("payloads have together 67108864 bytes"));
  EXPECT_THAT(error("local t = {} for i = 1, 65 do t[i] = 'x' end return t"),
              HasSubstr("lists 65 messages, at most 64"));
  EXPECT_THAT(error("return {true}"), HasSubstr("message 1 is a boolean, expected a topic or a table"));
}

TEST(Error, NamesFileAndLine) {
  EXPECT_THAT(error("\nlocal x = nil + 1"), HasSubstr("rule.lua:3: attempt to perform arithmetic on a nil value"));
  EXPECT_EQ(error("error({})"), "rule.lua: the error is no text but a table");
  EXPECT_EQ(error("error(42)"), "rule.lua: the error is no text but a number");
  EXPECT_THAT(Script("function on_publish(").refusal, HasSubstr("rule.lua:1: <name> or '...' expected near <eof>"));
  EXPECT_EQ(Script("x = 1").refusal, "rule.lua: there is no function; see docs/lua-routing.md");
  EXPECT_THAT(Script("on_publish = 1").refusal, HasSubstr("on_publish is a number, expected a function"));
  EXPECT_THAT(Script("string = 1 function on_publish() end").refusal, HasSubstr("'string' cannot be replaced"));
  EXPECT_THAT(Script("\x1bLua").refusal, HasSubstr("attempt to load a binary chunk"));
  EXPECT_THAT(Script("while true do end").refusal, HasSubstr("rule.lua:1: the call took longer than its budget"));
}

TEST(Rule, MayTakeItsBudget) {
  const std::string body = "local x = 0 for i = 1, 2000000 do x = x + i end ";
  Script patient = Script::body(body, {.budget = std::chrono::seconds(1)});
  for (int i = 0; i < 20; ++i) {
    patient.call();
    EXPECT_EQ(patient.runner->failure(), Failure::none) << patient.runner->error();
  }
  Script hasty = Script::body(body + body + body, {.budget = std::chrono::milliseconds(1)});
  hasty.call();
  EXPECT_EQ(hasty.runner->failure(), Failure::budget);
}

TEST(Rule, KeepsItsOwnVariables) {
  Script script("count = 0 function on_publish() count = count + 1 return false, tostring(count) end");
  EXPECT_EQ(script.answer(), "1");
  EXPECT_EQ(script.answer(), "2");
}

TEST(Rule, ThatLooksAtTheTopicAllocatesNothingOutsideOfLua) {
  Script script = Script::body("if message.topic:sub(1, 6) == 'alarm/' then return false end");
  const Sample sample({.topic = "a/topic/longer/than/any/small/string/of/the/library"});
  script.call(sample);
  const std::size_t before = common::allocations();
  for (int i = 0; i < 1000; ++i) script.call(sample);
  EXPECT_EQ(common::allocations(), before);
}

}  // namespace
}  // namespace lua::testing
