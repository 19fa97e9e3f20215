// Subscriptions that choose CloudEvents by expressions, in the running program.
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Cesql : public SiteTest {
 protected:
  static Site site(const std::string& filter) {
    return {.plugins = R"("gate": {"file": ")" + test_plugins() + R"(/handler-gate.so"})",
            .space = R"("subscriptions": [{"name": "chosen", "filters": ["ovens/#"],
                        "predicate": {"plugin": "predicate-cesql", "filter": )" +
                     filter + R"(}, "handler": {"plugin": "gate", "destination": {}}}])"};
  }

  bool took(const std::string& payload) { return output().find("gate took <" + payload + ">") != std::string::npos; }
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
  start(site(R"({"sql": "type = 'baked' AND level > 220"})"));
  auto publisher = connected();
  publisher.publish(binary("too cold", "200"));
  publisher.publish(structured(event(200)));
  publisher.publish({.topic = "ovens/3", .payload = "no event", .qos = 1});
  publisher.publish(binary("no number", "warm"));
  publisher.publish(binary("hot", "230"));
  publisher.publish(structured(event(230)));
  EXPECT_TRUE(eventually([&] { return took("hot") && took(event(230)); })) << output();
  for (const std::string& other :
       {std::string("too cold"), event(200), std::string("no event"), std::string("no number")}) {
    EXPECT_FALSE(took(other)) << other;
  }
  expect_metric("trellis_cesql_errors_total", "missing_attribute", 1);
  expect_metric("trellis_cesql_errors_total", "cast", 1);
}

TEST_F(Cesql, AnotherExpressionHoldsFromTheReloadOn) {
  start(site(R"({"sql": "level > 220"})"));
  auto publisher = connected();
  EXPECT_TRUE(reload(site(R"({"sql": "level < 220"})")));
  publisher.publish(binary("hot", "230"));
  publisher.publish(binary("cold", "20"));
  EXPECT_TRUE(eventually([&] { return took("cold"); })) << output();
  EXPECT_FALSE(took("hot"));
}

TEST_F(Cesql, AWrongExpressionIsRefusedWithItsColumn) {
  start(site(R"({"sql": "level > 220"})"));
  EXPECT_FALSE(reload(site(R"({"sql": "(level > 220 AND"})")));
  const std::string expected = "/sql: expected an operand at column 17, found the end";
  EXPECT_TRUE(eventually([&] { return output().find(expected) != std::string::npos; })) << output();
}

}  // namespace
}  // namespace trellis::testing
