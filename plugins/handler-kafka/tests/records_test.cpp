// What an event is in the cluster.
#include <map>
#include <set>

#include "fixture.hpp"

namespace kafka {
namespace {

using namespace kafka::testing;

class InTheCluster : public ClusterTest {};

TEST_F(InTheCluster, AnEventIsTheValueAsItWasPublished) {
  const Sample sample = event("a-1", R"(,"subject":"s/1",  "n":5,"data":{"n":1.50})");
  const auto record = record_of(open(), sample);
  EXPECT_EQ(record.value, sample.payload);
  EXPECT_EQ(record.header("content-type"), "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(record.headers.size(), 1u);
  EXPECT_EQ(record.key, "s/1");
}

TEST_F(InTheCluster, InBinaryModeAttributesAreHeaders) {
  const auto destination = open(R"(, "mode": "binary")");
  const auto record =
      record_of(destination, event("ä-1", R"(,"datacontenttype":"application/json","count":5,"data":{"n":1.50})"));
  EXPECT_EQ(record.value, R"({"n":1.50})");
  EXPECT_EQ(record.header("content-type"), "application/json");
  EXPECT_EQ(record.header("ce_id"), "ä-1");
  EXPECT_EQ(record.header("ce_specversion"), "1.0");
  EXPECT_EQ(record.header("ce_source"), "/shop");
  EXPECT_EQ(record.header("ce_type"), "shop.order.created");
  EXPECT_EQ(record.header("ce_count"), "5");
  EXPECT_EQ(record.headers.size(), 6u);
  EXPECT_FALSE(record.keyed);
  EXPECT_EQ(record_of(destination, event("b", R"(,"subject":"s","data_base64":"AAEC")")).value,
            std::string("\0\1\2", 3));
}

TEST_F(InTheCluster, TheKeyIsThePartitionKeyOrElseTheSubject) {
  const auto destination = open();
  EXPECT_EQ(record_of(destination, event("a", R"(,"subject":"s","partitionkey":"p")")).key, "p");
  EXPECT_EQ(record_of(destination, event("b", R"(,"subject":"s","partitionkey":"")")).key, "s");
}

TEST_F(InTheCluster, TheKeyComesFromWhereTheDestinationSays) {
  const auto record = record_of(open(R"(, "partitionKey": "data.order.id")"),
                                event("a", R"(,"subject":"s","partitionkey":"p","data":{"order":{"id":7}})"));
  EXPECT_EQ(record.key, "7");
}

TEST_F(InTheCluster, EventsWithTheSameKeyAreOnOnePartitionInTheirOrder) {
  const auto destination = open(R"(, "maxEventsPerBatch": 100)");
  std::vector<Sample> samples;
  for (int i = 0; i < 60; ++i) {
    samples.push_back(event(std::to_string(100 + i), R"(,"subject":"key-)" + std::to_string(i % 6) + "\""));
  }
  const auto watches = destination.deliver(samples);
  for (const auto& watch : watches) ASSERT_TRUE(settled(watch));
  std::map<std::string, std::int32_t> places;
  std::map<std::string, std::string> newest;
  const auto records = cluster_.read("orders", samples.size());
  ASSERT_EQ(records.size(), samples.size());
  std::set<std::int32_t> used;
  for (const auto& record : records) {
    EXPECT_EQ(places.try_emplace(record.key, record.partition).first->second, record.partition);
    EXPECT_LT(newest[record.key], record.value);
    newest[record.key] = record.value;
    used.insert(record.partition);
  }
  EXPECT_GT(used.size(), 1u);
}

TEST_F(InTheCluster, HeadersOfTheSubscriptionsOwnAreThere) {
  const auto record = record_of(
      open(R"(, "deliveryAttributeMappings": [{"name": "tenant", "type": "Static", "properties": {"value": "acmé"}},
             {"name": "order", "type": "Dynamic", "properties": {"sourceField": "data.id"}},
             {"name": "missing", "type": "Dynamic", "properties": {"sourceField": "data.none"}}])"),
      event("a", R"(,"data":{"id":12})"));
  EXPECT_EQ(record.header("tenant"), "acmé");
  EXPECT_EQ(record.header("order"), "12");
  EXPECT_EQ(record.header("missing"), "none");
}

TEST_F(InTheCluster, AMessageThatIsNoEventGoesAsItIs) {
  auto plugin = load();
  std::string text = block(cluster_.servers(), R"(, "mode": "binary")");
  text = text.substr(0, text.find(R"(, "context")")) + "}";
  const auto record = record_of(
      plugin.open(text),
      {.topic = "plant/l1", .payload = "21", .user_properties = {{"line", "1"}}, .content_type = "text/plain"});
  EXPECT_EQ(record.value, "21");
  EXPECT_EQ(record.key, "plant/l1");
  EXPECT_EQ(record.header("content-type"), "text/plain");
  EXPECT_EQ(record.header("mqtt-topic"), "plant/l1");
  EXPECT_EQ(record.header("mqtt-property-line"), "1");
}

TEST_F(InTheCluster, AnEventThatIsNoneIsRefusedAndOthersAreNot) {
  const auto watches = open(R"(, "mode": "binary")").deliver({event("a"), {.topic = "t", .payload = "{"}, event("b")});
  EXPECT_EQ(watches[1].outcome(), Settled::refused);
  EXPECT_EQ(watches[1].cause(), Cause::bad_request);
  EXPECT_THAT(watches[1].reason(), HasSubstr("says that it is a CloudEvent, and is none"));
  ASSERT_TRUE(settled(watches[0]) && settled(watches[2]));
  EXPECT_EQ(watches[2].outcome(), Settled::delivered);
  EXPECT_EQ(metric("deliveries_total", R"(outcome="delivered")"), 2);
  EXPECT_EQ(metric("deliveries_total", R"(outcome="refused")"), 1);
}

}  // namespace
}  // namespace kafka
