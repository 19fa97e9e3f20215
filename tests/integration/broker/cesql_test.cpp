// Routes that choose CloudEvents by expressions, in the running program.
#include "routed_site.hpp"

namespace trellis::testing {
namespace {

class Cesql : public RoutedSite {
 protected:
  Site choosing(const std::string& filter) {
    return site(R"("topicFilters": ["ovens/#"], "predicate": {"plugin": "predicate-cesql", "filter": )" + filter + "}");
  }

  bool took_id(const std::string& id) { return took("\"id\":\"" + id + "\""); }
  std::string output() { return broker().output(); }

  static Publish binary(const std::string& payload, const std::string& level) {
    return {.topic = "ovens/3",
            .payload = payload,
            .qos = 1,
            .properties = Properties()
                              .user("specversion", "1.0")
                              .user("id", payload)
                              .user("source", "/ovens/3")
                              .user("type", "baked")
                              .user("level", level)};
  }

  static Publish structured(const std::string& payload) {
    return {.topic = "ovens/3",
            .payload = payload,
            .qos = 1,
            .properties = Properties().add(Prop::content_type, "application/cloudevents+json")};
  }

  static std::string event(int level) {
    return R"({"specversion":"1.0","id":"7","source":"/ovens/3","type":"baked","level":)" + std::to_string(level) + "}";
  }
};

TEST_F(Cesql, EventsOfBothModesAreChosen) {
  start(choosing(R"({"sql": "type = 'baked' AND level > 220"})"));
  auto publisher = connected();
  publisher.publish(binary("too cold", "200"));
  publisher.publish(structured(event(200)));
  publisher.publish({.topic = "ovens/3", .payload = "no event", .qos = 1});
  publisher.publish(binary("no number", "warm"));
  publisher.publish(binary("hot", "230"));
  publisher.publish(structured(event(230)));
  EXPECT_TRUE(eventually([&] { return took_id("hot") && took(event(230)); })) << output();
  for (const char* const other : {"too cold", "no number"}) EXPECT_FALSE(took_id(other)) << other;
  EXPECT_FALSE(took(event(200)));
  EXPECT_FALSE(took("MQTT.EventPublished"));
  expect_metric("trellis_cesql_errors_total", "missing_attribute", 1);
  expect_metric("trellis_cesql_errors_total", "cast", 1);
}

TEST_F(Cesql, AnotherExpressionHoldsFromTheReloadOn) {
  start(choosing(R"({"sql": "level > 220"})"));
  auto publisher = connected();
  EXPECT_TRUE(reload(choosing(R"({"sql": "level < 220"})")));
  publisher.publish(binary("hot", "230"));
  publisher.publish(binary("cold", "20"));
  EXPECT_TRUE(eventually([&] { return took_id("cold"); })) << output();
  EXPECT_FALSE(took_id("hot"));
}

TEST_F(Cesql, AWrongExpressionIsRefusedWithItsColumn) {
  start(choosing(R"({"sql": "level > 220"})"));
  EXPECT_FALSE(reload(choosing(R"({"sql": "(level > 220 AND"})")));
  const std::string expected = "/predicate/filter/sql: expected an operand at column 17, found the end";
  EXPECT_TRUE(eventually([&] { return output().find(expected) != std::string::npos; })) << output();
}

}  // namespace
}  // namespace trellis::testing
