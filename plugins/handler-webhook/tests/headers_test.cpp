// Headers of the subscription's own: which may be, and what they say.
#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

std::string fixed(const std::string& name, const std::string& value) {
  return R"({"name": ")" + name + R"(", "type": "Static", "properties": {"value": ")" + value + R"("}})";
}
std::string dynamic(const std::string& name, const std::string& field) {
  return R"({"name": ")" + name + R"(", "type": "Dynamic", "properties": {"sourceField": ")" + field + R"("}})";
}
std::string mappings(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ",") + one;
  return R"(, "deliveryAttributeMappings": [)" + out + "]";
}

class Headers : public HandlerTest {
 protected:
  std::string refusal(const std::vector<std::string>& list, const std::string& more = {}) {
    return plugin_.refusal(block(mappings(list) + more));
  }
  const Driver plugin_ = load(R"({"connections": 100})");
};

TEST_F(Headers, StaticOnesAreSentAlways) {
  const auto destination = plugin_.open(block(mappings({fixed("X-Tenant", "acme"), fixed("Authorization", "Key k")})));
  const Asked asked = sent(destination, {event()});
  EXPECT_EQ(asked.header("X-Tenant"), "acme");
  EXPECT_EQ(asked.header("Authorization"), "Key k");
  const auto of_messages = plugin_.open(block_of_messages(mappings({fixed("X-Tenant", "acme")})));
  EXPECT_EQ(sent(of_messages, {Sample{.topic = "t"}}).header("X-Tenant"), "acme");
}

TEST_F(Headers, DynamicOnesComeFromTheEvent) {
  const auto destination = plugin_.open(block(mappings({dynamic("X-Subject", "subject"), dynamic("X-Text", "data.a.b"),
                                                        dynamic("X-Number", "data.n"), dynamic("X-Flag", "data.f")})));
  const Asked asked =
      sent(destination, {event("a", R"(,"subject":"s/1","data":{"a":{"b":"t\u00e4"},"n":1.50,"f":true})")});
  EXPECT_EQ(asked.header("X-Subject"), "s/1");
  EXPECT_EQ(asked.header("X-Text"), "t\xC3\xA4");
  EXPECT_EQ(asked.header("X-Number"), "1.50") << "as it is written";
  EXPECT_EQ(asked.header("X-Flag"), "true");
}

TEST_F(Headers, WhatCannotBeAHeaderIsLeftOut) {
  const auto destination = plugin_.open(block(mappings({dynamic("X-Value", "data.v")})));
  for (const std::string& value :
       {std::string("null"), std::string("{}"), std::string("[1]"), std::string(R"("a\r\nb: c")"),
        std::string(R"("a\u0000")"), std::string(R"(" a")"), "\"" + std::string(4097, 'x') + "\""}) {
    EXPECT_EQ(sent(destination, {event("a", R"(,"data":{"v":)" + value + "}")}).header("X-Value"), "none") << value;
  }
  EXPECT_EQ(sent(destination, {event("a", "")}).header("X-Value"), "none");
  EXPECT_EQ(sent(destination, {event("a", R"(,"data":{"v":")" + std::string(4096, 'x') + "\"}")}).header("X-Value"),
            std::string(4096, 'x'));
}

TEST_F(Headers, AListHoldsEventsWithTheSameOnly) {
  const auto destination =
      plugin_.open(block(R"(, "maxEventsPerBatch": 9)" + mappings({dynamic("X-Value", "data.v")})));
  const auto of = [](const std::string& value) { return event("a", R"(,"data":{"v":)" + value + "}"); };
  destination.deliver({of("1"), of("1"), of("2"), of("null")});
  ASSERT_EQ(host_.dials().size(), 3u);
  const Asked first = Asked::of(server().received());
  EXPECT_EQ(first.header("X-Value"), "1");
  EXPECT_EQ(first.body, "[" + of("1").payload + "," + of("1").payload + "]");
  EXPECT_EQ(Asked::of(server().received()).header("X-Value"), "2");
  EXPECT_EQ(Asked::of(server().received()).header("X-Value"), "none");
}

TEST_F(Headers, ThoseOfTheHandlerCannotBeSet) {
  const std::string where = "/properties/deliveryAttributeMappings/0/name: ";
  EXPECT_EQ(refusal({fixed("aeg-event-type", "x")}), where + "headers that begin with aeg- or ce- are reserved");
  EXPECT_EQ(refusal({fixed("AEG-Other", "x")}), where + "headers that begin with aeg- or ce- are reserved");
  EXPECT_EQ(refusal({fixed("Ce-Id", "x")}), where + "headers that begin with aeg- or ce- are reserved");
  for (const char* const name : {"Content-Type", "host", "Content-Length", "Transfer-Encoding", "connection",
                                 "Webhook-Request-Origin", "webhook-signature"}) {
    EXPECT_EQ(refusal({fixed(name, "x")}), where + "that header is the handler's own") << name;
  }
  EXPECT_THAT(refusal({fixed("a b", "x")}), HasSubstr("is no name of a header"));
  EXPECT_EQ(refusal({fixed("", "x")}), where + "is empty");
}

TEST_F(Headers, RulesOfTheList) {
  const std::string at = "/properties/deliveryAttributeMappings";
  EXPECT_EQ(refusal({fixed("a", "x"), dynamic("A", "subject")}),
            at + "/1/name: there is a mapping of that header already");
  std::vector<std::string> many;
  for (int i = 0; i < 11; ++i) many.push_back(fixed("x-" + std::to_string(i), "v"));
  EXPECT_EQ(refusal(many), at + ": has 11 items, expected at most 10");
  many.pop_back();
  EXPECT_EQ(refusal(many), "");
  EXPECT_EQ(refusal({fixed("a", std::string(4096, 'x'))}), "");
  EXPECT_EQ(refusal({fixed("a", std::string(4097, 'x'))}),
            at + "/0/properties/value: is longer than 4096 bytes, or has control characters or blanks around it");
  EXPECT_THAT(refusal({fixed("a", R"(x\r\ny: z)")}), HasSubstr("has control characters"));
  EXPECT_THAT(refusal({dynamic("a", "data..b")}), StartsWith(at + "/0/properties/sourceField: "));
  EXPECT_EQ(refusal({R"({"name": "a", "type": "Dynamic", "properties": {"value": "x"}})"}),
            at + R"(/0/properties: "value" and "isSecret" belong to the type Static)");
  EXPECT_EQ(refusal({R"({"name": "a", "type": "Static", "properties": {}})"}),
            at + R"(/0/properties: "value" is missing)");
  EXPECT_THAT(refusal({fixed("Authorization", "x")}, R"(, "bearerToken": "t")"), HasSubstr("there can be one"));
}

}  // namespace
}  // namespace hooks
