#include "event_grid.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

namespace event_grid {
namespace {

using trellis::testing::Sample;
using trellis::testing::TestHost;

constexpr const char* kHot = R"({"includedEventTypes": ["Plant.Reading"], "filters": [
    {"operatorType": "NumberGreaterThan", "key": "data.rpm", "value": 800},
    {"operatorType": "StringBeginsWith", "key": "subject", "values": ["halls/"]}]})";

TEST(EventGrid, ChoosesCloudEventsInStructuredMode) {
  TestHost host;
  const auto filter = host.load<EventGrid>("{}").compile(kHot);
  const auto judged = [&](const char* subject, const char* rpm) {
    return filter.matches(Sample{.topic = "t",
                                 .payload = std::string(R"({"type": "plant.reading", "subject": ")") + subject +
                                            R"(", "data": {"rpm": )" + rpm + "}}",
                                 .content_type = "application/cloudevents+json; charset=utf-8"});
  };
  EXPECT_TRUE(judged("Halls/1", "900"));
  EXPECT_FALSE(judged("yard/1", "900"));
  EXPECT_FALSE(judged("halls/1", "800"));
}

TEST(EventGrid, ChoosesCloudEventsInBinaryMode) {
  TestHost host;
  const auto filter = host.load<EventGrid>("{}").compile(kHot);
  Sample event{.topic = "t",
               .payload = R"({"rpm": 900})",
               .user_properties = {{"id", "1"},
                                   {"source", "/s"},
                                   {"specversion", "1.0"},
                                   {"type", "plant.reading"},
                                   {"subject", "halls/2"}},
               .content_type = "application/json"};
  EXPECT_TRUE(filter.matches(event));
  event.payload = R"({"rpm": 700})";
  EXPECT_FALSE(filter.matches(event));
  event.payload = R"({"rpm": 900})";
  event.user_properties.pop_back();
  EXPECT_FALSE(filter.matches(event));
}

TEST(EventGrid, ChoosesPlainMessagesAsRoutingSendsThem) {
  TestHost host;
  const auto predicate = host.load<EventGrid>(R"({"source": "plant-7"})");
  const auto filter =
      predicate.compile(R"({"includedEventTypes": ["MQTT.EventPublished"], "subjectBeginsWith": "halls/",
      "advancedFilters": [{"operatorType": "NumberGreaterThan", "key": "data.rpm", "value": 800},
                          {"operatorType": "StringIn", "key": "Source", "values": ["plant-7"]}]})");
  EXPECT_TRUE(filter.matches(Sample{.topic = "halls/3/motor", .payload = R"({"rpm": 801})", .is_text = true}));
  EXPECT_FALSE(filter.matches(Sample{.topic = "yard/3/motor", .payload = R"({"rpm": 801})", .is_text = true}));
  EXPECT_FALSE(filter.matches(Sample{.topic = "halls/3/motor", .payload = R"({"rpm": 801})"}));
}

TEST(EventGrid, RefusesWhatIsWrongWithItsPlace) {
  TestHost host;
  const auto predicate = host.load<EventGrid>("{}");
  EXPECT_EQ(predicate.refusal(R"({"filters": [{"operatorType": "IsNotNull", "key": "id"},
                                              {"operatorType": "NumberLessThan", "key": "data.n", "value": "7"}]})"),
            "/filters/1/value: expected a number, found text");
  EXPECT_EQ(predicate.refusal("{}"), "");
}

TEST(EventGrid, HasTheLimitsOfItsSettings) {
  TestHost host;
  const auto predicate =
      host.load<EventGrid>(R"({"filters": 1, "values": 2, "characters": 3, "event_types": 1, "event": "1KiB"})");
  EXPECT_EQ(
      predicate.refusal(
          R"({"filters": [{"operatorType": "IsNotNull", "key": "a"}, {"operatorType": "IsNotNull", "key": "b"}]})"),
      "/filters: found 2 filters, expected at most 1");
  EXPECT_EQ(predicate.refusal(R"({"filters": [{"operatorType": "NumberIn", "key": "a", "values": [1, 2, 3]}]})"),
            "/filters/0/values: found 3 values in all filters up to here, expected at most 2");
  EXPECT_EQ(predicate.refusal(R"({"subjectEndsWith": "four"})"),
            "/subjectEndsWith: found a text of 4 characters, expected at most 3");
  EXPECT_EQ(predicate.refusal(R"({"includedEventTypes": ["a", "b"]})"),
            "/includedEventTypes: found 2 event types, expected at most 1");
  const auto filter = predicate.compile(R"({"includedEventTypes": ["a"]})");
  const auto event = [](std::size_t size) {
    std::string text = R"({"type": "a", "x": ")";
    text += std::string(size - text.size() - 2, 'x') + "\"}";
    return Sample{.topic = "t", .payload = text, .content_type = "application/cloudevents+json"};
  };
  EXPECT_TRUE(filter.matches(event(1024)));
  EXPECT_FALSE(filter.matches(event(1025)));
}

}  // namespace
}  // namespace event_grid
