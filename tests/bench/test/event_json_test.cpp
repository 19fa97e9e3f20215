// Events are what they should be, and answers are read by their shape.
#include "event_json.hpp"

#include <gtest/gtest.h>
#include <json/reader.h>

#include <sstream>

#include "ledger.hpp"

namespace trellis::bench {
namespace {

Json::Value parsed(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

std::string written(const EventText& text, EventId id) {
  std::string event(text.size(), '?');
  text.write(event.data(), id);
  return event;
}

TEST(EventText, IsACloudEventOfTheSizeAskedFor) {
  const EventText text(1024);
  const std::string event = written(text, {3, 4294967295U});
  EXPECT_EQ(event.size(), 1024U);
  const Json::Value value = parsed(event);
  EXPECT_EQ(value["specversion"], "1.0");
  EXPECT_EQ(value["id"], "00003-4294967295");
  for (const char* name : {"source", "type", "subject"}) EXPECT_FALSE(value[name].asString().empty()) << name;
  EXPECT_TRUE(value["data"].isObject());
  EventId id;
  ASSERT_TRUE(scan_event(event, id));
  EXPECT_EQ(id, (EventId{3, 4294967295U}));
  EXPECT_THROW(EventText(100), std::runtime_error);
}

TEST(EventText, WritesBatches) {
  const EventText text(300);
  for (const std::uint32_t count : {0U, 1U, 3U}) {
    std::string batch(text.batch_size(count), '?');
    text.write_batch(batch.data(), {1, 7}, count);
    const Json::Value value = parsed(batch);
    ASSERT_TRUE(value.isArray());
    ASSERT_EQ(value.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(value[i]["id"], "00001-000000000" + std::to_string(7 + i));
  }
}

TEST(ScanReceived, FindsTokensCountsAndIdsWhereverTheyStand) {
  std::vector<ReceivedEvent> events;
  ASSERT_TRUE(scan_received(
      R"({"more":{"value":[1,"]"]},"value":[{"brokerProperties":{"lockToken":"a+/=","deliveryCount":1},)"
      R"("event":{"data":{"id":"x","text":"\"}\\"},"id":"00002-0000000009"}}, )"
      "\n"
      R"({"event" : {"id":"00000-0000000000","n":null,"b":[true,-1.5e3,{}]}, "brokerProperties":{"deliveryCount":3 ,)"
      R"("lockToken":"\u0041\"b","x":1}}]} )",
      events));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].token, "a+/=");
  EXPECT_EQ(events[0].delivery_count, 1U);
  EXPECT_EQ(events[0].id, (EventId{2, 9}));
  EXPECT_EQ(events[1].token, R"(\u0041\"b)");
  EXPECT_EQ(events[1].delivery_count, 3U);
  EXPECT_EQ(events[1].id, (EventId{0, 0}));
}

TEST(ScanReceived, TakesAnEmptyAnswerAndOthersEvents) {
  std::vector<ReceivedEvent> events(1);
  EXPECT_TRUE(scan_received(R"({"value":[]})", events));
  EXPECT_TRUE(events.empty());
  ASSERT_TRUE(scan_received(
      R"({"value":[{"brokerProperties":{"lockToken":"t","deliveryCount":1},"event":{"id":"somebody's"}}]})", events));
  EXPECT_EQ(events[0].id.publisher, EventId::kForeign);
}

TEST(ScanReceived, RefusesOtherShapes) {
  std::vector<ReceivedEvent> events;
  for (const char* text :
       {"", "{}", "[]", R"({"value":{}})", R"({"value":[)", R"({"value":[]}x)", R"({"value":[1]})",
        R"({"value":[{"event":{"id":"a"}}]})",
        R"({"value":[{"brokerProperties":{"lockToken":"t","deliveryCount":1}}]})",
        R"({"value":[{"brokerProperties":{"lockToken":"t"},"event":{"id":"a"}}]})",
        R"({"value":[{"brokerProperties":{"deliveryCount":1},"event":{"id":"a"}}]})",
        R"({"value":[{"brokerProperties":{"lockToken":"t","deliveryCount":1},"event":{}}]})",
        R"({"value":[{"brokerProperties":{"lockToken":"t\","deliveryCount":1},"event":{"id":"a"}}]})"}) {
    EXPECT_FALSE(scan_received(text, events)) << text;
  }
}

TEST(ScanSettled, TellsWhichTokensFailed) {
  SettledTokens tokens;
  ASSERT_TRUE(scan_settled(R"({"failedLockTokens":[{"error":{"code":"TokenLost","lockToken":"no"},"lockToken":"b"}],)"
                           R"("succeededLockTokens":["a","c"]})",
                           tokens));
  EXPECT_EQ(tokens.succeeded, (std::vector<std::string_view>{"a", "c"}));
  EXPECT_EQ(tokens.failed, (std::vector<std::string_view>{"b"}));
  EXPECT_FALSE(scan_settled(R"({"succeededLockTokens":["a"]})", tokens));
  EXPECT_FALSE(scan_settled(R"({"failedLockTokens":[{}],"succeededLockTokens":[]})", tokens));
}

TEST(SettleBody, IsAListOfTokensAsTheyCame) {
  const std::vector<std::string> tokens{"a+/=", R"(\u0041)"};
  EXPECT_EQ(settle_body(tokens), R"({"lockTokens":["a+/=","\u0041"]})");
  EXPECT_EQ(settle_body({}), R"({"lockTokens":[]})");
}

TEST(EventLedger, KnowsWhatIsMissingRepeatedOrForeign) {
  EventLedger ledger(2);
  EXPECT_EQ(ledger.send(1, 3), 0U);
  EXPECT_EQ(ledger.send(1, 1), 3U);
  EXPECT_FALSE(ledger.acknowledge({1, 2}));
  EXPECT_EQ(ledger.deliver({1, 2}), Delivery::first);
  EXPECT_EQ(ledger.deliver({1, 2}), Delivery::repeated);
  EXPECT_TRUE(ledger.acknowledge({1, 2}));
  EXPECT_FALSE(ledger.acknowledge({1, 2}));
  EXPECT_EQ(ledger.deliver({1, 2}), Delivery::repeated);
  for (const EventId id : {EventId{1, 4}, EventId{0, 0}, EventId{2, 0}, EventId{}}) {
    EXPECT_EQ(ledger.deliver(id), Delivery::foreign);
  }
  EXPECT_EQ(ledger.outstanding(1), 3U);
  EXPECT_EQ(ledger.outstanding(), 3U);
  EXPECT_EQ(ledger.undelivered(), 3U);
}

}  // namespace
}  // namespace trellis::bench
