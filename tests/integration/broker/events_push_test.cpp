// MQTT messages that become events, and events that a handler delivers, with real processes.
#include <gmock/gmock.h>
#include <json/json.h>

#include <csignal>

#include "json.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A topic "orders" that routes fill, whose events are pulled from "audit" and pushed by "push" to a gate.
class EventsPush : public SiteTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  Site site(bool open = true) const {
    return {
        .shards = GetParam(),
        .plugins =
            R"("store-journal": {"config": {"path": "store"}}, "gate": {"file": ")" + test_plugins() +
            R"(/handler-gate.so", "config": {"open": )" + (open ? "true" : "false") +
            R"(}}, "handler-webhook": {}, "service-events": {"config": {"wide_ranges": true, "push": {"failures": 1000, "jitter_percent": 0}, "access": {"anonymous": true}}})",
        .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
        .root = R"("outbound": {"allow": ["127.0.0.0/8"]}, "store": "store-journal", "resources": ")" + folder_.path() +
                R"(")",
        .space = R"("sessions": {"durability": "written"})"};
  }
  void resources(const std::string& routes) {
    folder_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {},
      "orders/push": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination":
        {"endpointType": "Plugin", "properties": {"plugin": "gate"}}}}}}, "routes": {)" +
                                     routes + "}}");
  }
  void SetUp() override {
    resources(R"("plant": {"topicFilters": ["plant/#"], "topic": "orders"})");
    start(site());
  }
  HttpAnswer post(const std::string& path, const std::string& query, const std::string& body) {
    HttpClient client(broker().port("events"));
    client.send("POST " + path + "?api-version=2024-06-01" + query +
                " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cloudevents+json\r\ncontent-length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }
  std::multiset<std::string> receive_subjects(std::size_t wanted) {
    std::multiset<std::string> subjects;
    for (int tries = 0; tries < 20 && subjects.size() < wanted; ++tries) {
      const auto answer = post("/topics/orders/eventsubscriptions/audit:receive", "&maxEvents=100&maxWaitTime=1", "");
      EXPECT_EQ(answer.status, 200) << answer.body;
      const Json::Value body = parse_json(answer.body);
      for (const Json::Value& one : body["value"]) subjects.insert(one["event"]["subject"].asString());
    }
    return subjects;
  }
  bool gate_took(const std::string& text) {
    return eventually([&] { return broker().output().find("gate took <" + text) != std::string::npos; });
  }
  TemporaryDirectory folder_;
};
INSTANTIATE_TEST_SUITE_P(Shards, EventsPush, ::testing::Values(1u, 2u));

TEST_P(EventsPush, AMessageBecomesAnEventThatIsPulledAndPushed) {
  auto publisher = connected();
  publisher.publish({.topic = "plant/l1", .payload = "x", .qos = 1});
  publisher.publish({.topic = "elsewhere", .payload = "y", .qos = 1});
  EXPECT_EQ(receive_subjects(1), (std::multiset<std::string>{"plant/l1"}));
  EXPECT_TRUE(gate_took("")) << broker().output();
  EXPECT_THAT(broker().output(), HasSubstr(R"("subject":"plant/l1")"));
}

TEST_P(EventsPush, ANamespaceRoutesAllOfItsMessagesByItsOwnSettings) {
  folder_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {}},
    "namespaces": {"default": {"topicSpacesConfiguration": {
      "routeTopicResourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/namespaces/default/topics/orders",
      "routingIdentityInfo": {"type": "SystemAssigned"},
      "routingEnrichments": {"static": [{"key": "site", "valueType": "String", "value": "north"}],
        "dynamic": [{"key": "floor", "value": "$${mqtt.message.userProperties.floor}"}]}}}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  auto publisher = connected();
  publisher.publish({.topic = "any/where", .payload = "x", .qos = 1, .properties = Properties().user("floor", "3")});
  const auto answer = post("/topics/orders/eventsubscriptions/audit:receive", "&maxWaitTime=20", "");
  EXPECT_THAT(answer.body, AllOf(HasSubstr(R"("subject":"any/where")"), HasSubstr(R"("site":"north")"),
                                 HasSubstr(R"("floor":"3")")));
  broker().start_again(SIGKILL);
  auto again = connected();
  again.publish({.topic = "$own/topic", .payload = "x", .qos = 1});
  again.publish({.topic = "any/where/else", .payload = "x", .qos = 1});
  std::multiset<std::string> subjects;
  EXPECT_TRUE(eventually([&] {
    subjects.merge(receive_subjects(1));
    return subjects.contains("any/where/else");
  }));
  EXPECT_FALSE(subjects.contains("$own/topic"));
}

// What a publisher was told is kept becomes an event, and no message becomes none.
TEST_P(EventsPush, NoAcknowledgedMessageIsLostInACrash) {
  auto publisher = connected();
  std::multiset<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    const std::string topic = "plant/" + std::to_string(i);
    publisher.publish({.topic = topic, .payload = "x", .qos = 1});
    sent.insert(topic);
  }
  broker().start_again(SIGKILL);
  // What was made an event just before may be made one again.
  std::set<std::string> once;
  EXPECT_TRUE(eventually([&] {
    const auto got = receive_subjects(1);
    once.insert(got.begin(), got.end());
    return once.size() >= sent.size();
  })) << once.size();
  EXPECT_EQ(once, std::set<std::string>(sent.begin(), sent.end()));
}

TEST_P(EventsPush, EventsWaitForAGateThatIsClosed) {
  ASSERT_TRUE(reload(site(false)));
  EXPECT_EQ(post("/topics/orders:publish", "",
                 R"({"specversion":"1.0","id":"waits","source":"/shop","type":"order.created"})")
                .status,
            200);
  expect_metric("trellis_events_push_attempts_total", R"(outcome="failed")", 1);
  ASSERT_TRUE(reload(site(true)));
  expect_metric("trellis_events_push_attempts_total", R"(outcome="delivered")", 1);
  EXPECT_TRUE(gate_took(R"({"specversion":"1.0","id":"waits")"));
}

// The endpoint is the broker's own: what the webhook posts is published on another topic.
TEST_P(EventsPush, AWebhookPostsEventsAsTheyAre) {
  const std::string at =
      "http://127.0.0.1:" + std::to_string(broker().port("events")) + "/topics/copies:publish?api-version=2024-06-01";
  folder_.write("events.json", R"({"topics": {"orders": {}, "copies": {}}, "eventSubscriptions": {"copies/audit": {},
    "orders/hook": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination": {"endpointType": "WebHook",
      "properties": {"endpointUrl": ")" +
                                   at + R"(", "validation": "none", "maxEventsPerBatch": 10}}}}}}})");
  ASSERT_TRUE(reload(site()));
  const std::string event =
      R"({"specversion":"1.0","id":"h1","source":"/shop","type":"order.created","price":5,"data":{"b":1.50,"a":[ 2.0 ]}})";
  EXPECT_EQ(post("/topics/orders:publish", "", event).status, 200);
  const auto answer = post("/topics/copies/eventsubscriptions/audit:receive", "&maxWaitTime=20", "");
  EXPECT_THAT(answer.body, HasSubstr(event)) << broker().output();
  expect_metric("trellis_events_push_attempts_total", R"(outcome="delivered")", 1);
}

TEST_P(EventsPush, ARouteIsAnotherOneAfterAReload) {
  resources(R"("plant": {"topicFilters": ["other/+"], "topic": "orders",
    "enrichments": {"dynamic": [{"key": "who", "value": "${client.sessionName}"}]}})");
  ASSERT_TRUE(reload(site()));
  auto publisher = connected();
  publisher.publish({.topic = "plant/1", .payload = "x", .qos = 1});
  publisher.publish({.topic = "other/1", .payload = "x", .qos = 1});
  EXPECT_EQ(receive_subjects(1), (std::multiset<std::string>{"other/1"}));
  broker().start_again(SIGKILL);
  auto later = connected();
  later.publish({.topic = "plant/1", .payload = "x", .qos = 1});
  later.publish({.topic = "other/2", .payload = "x", .qos = 1});
  EXPECT_EQ(receive_subjects(2).count("other/2"), 1u);
}

TEST_P(EventsPush, FiltersThatWentWhileTheBrokerWasAwayAreGone) {
  resources(R"("plant": {"topicFilters": ["other/+"], "topic": "orders"})");
  broker().start_again(SIGKILL);
  auto publisher = connected();
  publisher.publish({.topic = "plant/1", .payload = "x", .qos = 1});
  publisher.publish({.topic = "other/1", .payload = "x", .qos = 1});
  EXPECT_EQ(receive_subjects(1), (std::multiset<std::string>{"other/1"}));
}

}  // namespace
}  // namespace trellis::testing
