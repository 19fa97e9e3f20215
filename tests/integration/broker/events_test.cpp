// Events over HTTP as clients see them, and what of them outlives the process.
#include <gmock/gmock.h>
#include <json/json.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "json.hpp"
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a client received.
struct Event {
  std::string token;
  int count;
  std::string id;
};

class EventsSite : public SiteTest {
 protected:
  Site site(const std::string& more = "", unsigned shards = 2) const {
    return {
        .shards = shards,
        .plugins =
            R"("store-journal": {"config": {"path": "store"}}, "service-events": {"config": {"wide_ranges": true, "access": {"anonymous": true})" +
            more + "}}",
        .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
        .root = R"("store": "store-journal", "resources": ")" + folder_.path() + R"(")"};
  }
  void resources(const std::string& text) { folder_.write("events.json", text); }
  void SetUp() override {
    resources(
        R"({"topics": {"orders": {}, "others": {}}, "eventSubscriptions": {"orders/audit": {}, "others/all": {}}})");
    start(site());
  }
  HttpAnswer post(const std::string& path, const std::string& query, const std::string& body, const std::string& type) {
    HttpClient client(broker().port("events"));
    client.send("POST " + path + "?api-version=2024-06-01" + query + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: " +
                type + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }
  static std::string event(const std::string& id) {
    return R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created"})";
  }
  int publish(const std::string& id, const std::string& topic = "orders") {
    return post("/topics/" + topic + ":publish", "", event(id), "application/cloudevents+json").status;
  }
  std::vector<Event> receive(int most = 10, const std::string& wait = "0") {
    const auto answer = post("/topics/orders/eventsubscriptions/audit:receive",
                             "&maxEvents=" + std::to_string(most) + "&maxWaitTime=" + wait, "", "application/json");
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<Event> events;
    const Json::Value body = parse_json(answer.body);
    for (const Json::Value& one : body["value"]) {
      events.push_back({one["brokerProperties"]["lockToken"].asString(),
                        one["brokerProperties"]["deliveryCount"].asInt(), one["event"]["id"].asString()});
    }
    return events;
  }
  std::size_t settle(const std::string& how, const std::string& token, const std::string& query = "") {
    const auto answer = post("/topics/orders/eventsubscriptions/audit:" + how, query,
                             R"({"lockTokens":[")" + token + "\"]}", "application/json");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_json(answer.body)["succeededLockTokens"].size();
  }
  void crash() { broker().start_again(SIGKILL); }
  TemporaryDirectory folder_;
};

TEST_F(EventsSite, ArePublishedReceivedAndAcknowledged) {
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(publish(id), 200);
  EXPECT_EQ(publish("x", "others"), 200);
  const auto events = receive();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].id, "a");
  for (const Event& one : events) EXPECT_EQ(settle("acknowledge", one.token), 1u);
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(publish("y", "nothing"), 410);
}

TEST_F(EventsSite, AreChosenByExpressions) {
  resources(R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {"filtersConfiguration":
      {"cloudEventFilters": [{"prefix": {"type": "order."}}, {"sql": "EXISTS level AND level * 2 > 10"}]}}}})");
  EXPECT_TRUE(reload(site()));
  const auto publish_with = [&](const std::string& id, const std::string& more) {
    const std::string text = event(id);
    return post("/topics/orders:publish", "", text.substr(0, text.size() - 1) + more + "}",
                "application/cloudevents+json")
        .status;
  };
  EXPECT_EQ(publish_with("high", R"(,"level":6)"), 200);
  EXPECT_EQ(publish_with("low", R"(,"level":5,"data":{"level":9})"), 200);
  EXPECT_EQ(publish_with("none", ""), 200);
  EXPECT_EQ(publish_with("error", R"(,"level":"many")"), 200);
  EXPECT_EQ(publish_with("text", R"(,"level":"7")"), 200);
  HttpClient client(broker().port("events"));
  client.send(
      "POST /topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
      "ce-specversion: 1.0\r\nce-id: binary\r\nce-source: /shop\r\nce-type: order.paid\r\nce-level: 8\r\n"
      "content-length: 2\r\n\r\nhi");
  EXPECT_EQ(client.receive().status, 200);
  std::vector<std::string> ids;
  for (const Event& one : receive()) ids.push_back(one.id);
  EXPECT_THAT(ids, ElementsAre("high", "text", "binary"));
}

// They are on two shards, one of which is where the topic lives.
TEST_F(EventsSite, ClientsThatGoWhileTheyWaitAreNobodysFault) {
  const std::string receive_request =
      "POST /topics/orders/eventsubscriptions/audit:receive?api-version=2024-06-01&maxWaitTime=120 HTTP/1.1\r\n"
      "host: localhost\r\ncontent-length: 0\r\n\r\n";
  const double before = metrics().sum("trellis_connections");
  {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<HttpClient>(broker().port("events")));
      clients.back()->send(receive_request);
    }
    expect_metric("trellis_events_waiting_receives", "", 8);
  }
  expect_metric("trellis_connections", "", before);
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(broker().output(), ::testing::Not(HasSubstr("answered too late")));
}

TEST_F(EventsSite, SurviveACrashWithTheirDeliveryCounts) {
  for (const char* id : {"done", "locked", "waiting"}) EXPECT_EQ(publish(id), 200);
  const auto first = receive(2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(settle("acknowledge", first[0].token), 1u);
  crash();
  const auto again = receive(10, "10");
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].id, "locked");
  EXPECT_EQ(again[0].count, 2);
  EXPECT_EQ(again[1].id, "waiting");
  EXPECT_EQ(again[1].count, 1);
  EXPECT_EQ(settle("acknowledge", first[1].token), 0u);  // of a process that is gone
  EXPECT_EQ(settle("acknowledge", again[0].token), 1u);
}

TEST_F(EventsSite, ADelayGoesOnAfterACrash) {
  EXPECT_EQ(publish("later"), 200);
  const auto first = receive();
  ASSERT_EQ(first.size(), 1u);
  const auto released = std::chrono::steady_clock::now();
  EXPECT_EQ(settle("release", first[0].token, "&releaseDelayInSeconds=4"), 1u);
  EXPECT_EQ(publish("now"), 200);
  crash();
  const auto other = receive(10, "10");
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].id, "now");
  const auto again = receive(10, "20");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].id, "later");
  EXPECT_EQ(again[0].count, 2);
  EXPECT_GE(std::chrono::steady_clock::now() - released, std::chrono::seconds(4));
}

TEST_F(EventsSite, WhatARemovedSubscriptionHadIsGone) {
  EXPECT_EQ(publish("a"), 200);
  resources(R"({"topics": {"orders": {}}})");
  EXPECT_TRUE(reload(site()));
  EXPECT_EQ(post("/topics/orders/eventsubscriptions/audit:receive", "", "", "application/json").status, 404);
  resources(R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {}}})");
  EXPECT_TRUE(reload(site()));
  EXPECT_EQ(publish("b"), 200);
  crash();
  const auto events = receive(10, "10");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].id, "b");
}

// Another instance of the plugin takes over what is queued, its counts and all.
TEST_F(EventsSite, AReloadKeepsWhatIsQueued) {
  for (const char* id : {"a", "b"}) EXPECT_EQ(publish(id), 200);
  EXPECT_EQ(receive(1).size(), 1u);
  EXPECT_TRUE(reload(site(R"(, "locked_events": 5000)")));
  EXPECT_EQ(publish("c"), 200);
  const auto events = receive(10, "10");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].id, "a");
  EXPECT_EQ(events[0].count, 2);
  EXPECT_EQ(events[2].id, "c");
  crash();
  EXPECT_EQ(receive(10, "10").size(), 3u);
}

// Topics stay on the shards they were on, whatever their names say where there are more shards.
TEST_F(EventsSite, AReloadFindsTopicsThatLiveElsewhere) {
  std::string topics = R"({"topics": {)";
  std::string subscriptions;
  for (int i = 0; i < 8; ++i) {
    const std::string topic = "topic-" + std::to_string(i);
    topics += (i == 0 ? "\"" : ",\"") + topic + "\": {}";
    subscriptions += (i == 0 ? "\"" : ",\"") + topic + R"(/all": {})";
  }
  resources(topics + R"(}, "eventSubscriptions": {)" + subscriptions + "}}");
  EXPECT_TRUE(reload(site()));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(publish(std::to_string(i), "topic-" + std::to_string(i)), 200);
  write("trellis.json", site("", 5).config());
  crash();
  EXPECT_TRUE(reload(site(R"(, "locked_events": 5000)", 5)));
  for (int i = 0; i < 8; ++i) {
    const std::string topic = "topic-" + std::to_string(i);
    const std::string id = "more-" + std::to_string(i);
    EXPECT_TRUE(eventually([&] { return publish(id, topic) == 200; })) << topic;
  }
  crash();
  for (int i = 0; i < 8; ++i) {
    const auto answer = post("/topics/topic-" + std::to_string(i) + "/eventsubscriptions/all:receive",
                             "&maxEvents=10&maxWaitTime=10", "", "application/json");
    const Json::Value body = parse_json(answer.body);
    ASSERT_EQ(body["value"].size(), 2u) << i;
    EXPECT_EQ(body["value"][0]["event"]["id"].asString(), std::to_string(i));
  }
}

// Long queues lie in the store alone but for their first part.
TEST_F(EventsSite, LongQueuesAreReceivedInOrderAfterACrash) {
  constexpr int kEvents = 3000;
  for (int i = 0; i < kEvents; i += 500) {
    std::string batch;
    for (int k = i; k < i + 500; ++k) batch += (batch.empty() ? "[" : ",") + event(std::to_string(k));
    EXPECT_EQ(post("/topics/orders:publish", "", batch + "]", "application/cloudevents-batch+json").status, 200);
  }
  const auto first = receive(100);
  ASSERT_EQ(first.size(), 100u);
  EXPECT_EQ(settle("renewLock", first[0].token), 1u);  // what is answered now is kept, and all before it
  crash();
  int next = 0;
  while (next < kEvents) {
    const auto events = receive(400, "10");
    ASSERT_FALSE(events.empty()) << next;
    for (const Event& one : events) {
      ASSERT_EQ(one.id, std::to_string(next));
      EXPECT_EQ(one.count, next < 100 ? 2 : 1);
      ++next;
    }
  }
  EXPECT_TRUE(receive().empty());
}

}  // namespace
}  // namespace trellis::testing
