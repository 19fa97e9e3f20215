// predicate-event-grid in a running broker: what a push subscription with a filter gets of what is published.
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class EventFilter : public SiteTest {
 protected:
  static Site site(const std::string& filter) {
    return {.plugins = R"("gate": {"file": ")" + test_plugins() + R"(/handler-gate.so"})",
            .space = R"("subscriptions": [{"name": "push", "filters": ["halls/#"], "handler": {"plugin": "gate"},)"
                     R"( "predicate": {"plugin": "predicate-event-grid", "filter": )" +
                     filter + "}}]"};
  }
  bool took(const std::string& payload) {
    return broker().output().find("gate took <" + payload + ">") != std::string::npos;
  }
};

constexpr const char* kFast = R"({"includedEventTypes": ["MQTT.EventPublished", "plant.reading"], "filters": [
    {"operatorType": "StringBeginsWith", "key": "subject", "values": ["Halls/7/"]},
    {"operatorType": "NumberGreaterThan", "key": "data.rpm", "value": 800}]})";

TEST_F(EventFilter, ChoosesAmongMessagesAndCloudEventsOfBothModes) {
  start(site(kFast));
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
  publish("halls/6/a", R"({"type": "plant.reading", "subject": "halls/7/x", "data": {"rpm": 900, "n": 5}})",
          structured);
  publish("halls/7/a", R"({"type": "plant.other", "subject": "halls/7/x", "data": {"rpm": 900, "n": 6}})", structured);
  publish("halls/6/a", R"({"rpm": 900, "n": 7})", binary);
  publish("halls/7/a", R"({"rpm": 900, "n": 8})", json);
  EXPECT_TRUE(eventually([&] { return took(R"({"rpm": 900, "n": 8})"); })) << broker().output();
  EXPECT_TRUE(took(R"({"rpm": 900, "n": 4})"));
  EXPECT_TRUE(took(R"({"type": "plant.reading", "subject": "halls/7/x", "data": {"rpm": 900, "n": 5}})"));
  EXPECT_TRUE(took(R"({"rpm": 900, "n": 7})"));
  for (const char* other : {R"("n": 1)", R"("n": 2)", R"("n": 3)", R"("n": 6)"}) {
    EXPECT_EQ(broker().output().find(other), std::string::npos) << other;
  }
}

TEST_F(EventFilter, RefusedWithItsPlaceWhenReloaded) {
  start(site("{}"));
  EXPECT_FALSE(reload(site(R"({"filters": [{"operatorType": "StringLike", "key": "subject", "values": ["x"]}]})")));
  // The place follows the line that says how the reload ended.
  const auto told = [&] { return broker().output().find("/filters/0/operatorType") != std::string::npos; };
  EXPECT_TRUE(eventually(told)) << broker().output();
  auto publisher = connected();
  publisher.publish({.topic = "halls/1", .payload = "still there", .qos = 1});
  EXPECT_TRUE(eventually([&] { return took("still there"); })) << broker().output();
}

}  // namespace
}  // namespace trellis::testing
