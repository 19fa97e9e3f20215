// predicate-event-grid in a running broker: what a route with a filter takes of what is published.
#include "routed_site.hpp"

namespace trellis::testing {
namespace {

class EventFilter : public RoutedSite {
 protected:
  Site choosing(const std::string& filter) {
    return site(R"("topicFilters": ["halls/#"], "predicate": {"plugin": "predicate-event-grid", "filter": )" + filter +
                "}");
  }
};

constexpr const char* kFast = R"({"includedEventTypes": ["MQTT.EventPublished", "plant.reading"], "filters": [
    {"operatorType": "StringBeginsWith", "key": "subject", "values": ["Halls/7/"]},
    {"operatorType": "NumberGreaterThan", "key": "data.rpm", "value": 800}]})";

TEST_F(EventFilter, ChoosesAmongMessagesAndCloudEventsOfBothModes) {
  start(choosing(kFast));
  auto publisher = connected();
  const auto publish = [&](const std::string& topic, const std::string& payload, const Properties& properties) {
    publisher.publish({.topic = topic, .payload = payload, .qos = 1, .properties = properties});
  };
  const auto json = Properties().add(Prop::content_type, "application/json");
  const auto structured = Properties().add(Prop::content_type, "application/cloudevents+json");
  const auto binary = Properties()
                          .add(Prop::content_type, "application/json")
                          .user("id", "1")
                          .user("source", "/s")
                          .user("specversion", "1.0")
                          .user("type", "Plant.Reading")
                          .user("subject", "halls/7/x");
  publish("halls/7/a", R"({"rpm": 700, "n": 1})", json);
  publish("halls/6/a", R"({"rpm": 900, "n": 2})", json);
  publish("halls/7/a", R"({"rpm": 900, "n": 3})", {});
  publish("halls/7/a", R"({"rpm": 900, "n": 4})", json);
  publish(
      "halls/6/a",
      R"({"specversion": "1.0", "id": "s", "source": "/s", "type": "plant.reading", "subject": "halls/7/x", "data": {"rpm": 900, "n": 5}})",
      structured);
  publish(
      "halls/7/a",
      R"({"specversion": "1.0", "id": "s", "source": "/s", "type": "plant.other", "subject": "halls/7/x", "data": {"rpm": 900, "n": 6}})",
      structured);
  publish("halls/6/a", R"({"rpm": 900, "n": 7})", binary);
  publish("halls/7/a", R"({"rpm": 900, "n": 8})", json);
  EXPECT_TRUE(takes(R"({"rpm": 900, "n": 8})")) << broker().output();
  EXPECT_TRUE(takes(R"({"rpm": 900, "n": 4})"));
  EXPECT_TRUE(takes(
      R"({"specversion": "1.0", "id": "s", "source": "/s", "type": "plant.reading", "subject": "halls/7/x", "data": {"rpm": 900, "n": 5}})"));
  EXPECT_TRUE(takes(R"({"rpm": 900, "n": 7})"));
  for (const char* other : {R"("n": 1)", R"("n": 2)", R"("n": 6)", "data_base64"}) EXPECT_FALSE(took(other)) << other;
}

TEST_F(EventFilter, RefusedWithItsPlaceWhenReloaded) {
  start(choosing("{}"));
  EXPECT_FALSE(reload(choosing(R"({"filters": [{"operatorType": "StringLike", "key": "subject", "values": ["x"]}]})")));
  // The place follows the line that says how the reload ended.
  const auto told = [&] {
    return broker().output().find("/predicate/filter/filters/0/operatorType") != std::string::npos;
  };
  EXPECT_TRUE(eventually(told)) << broker().output();
  auto publisher = connected();
  publisher.publish({.topic = "halls/1", .payload = "still there", .qos = 1});
  EXPECT_TRUE(takes("\"subject\":\"halls/1\"")) << broker().output();
}

}  // namespace
}  // namespace trellis::testing
