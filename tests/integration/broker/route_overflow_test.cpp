// A topic that nobody reads fills up, then the queue of the route to it, and then publishers are refused: each message
// that was not refused is an event once somebody reads.
#include <gtest/gtest.h>
#include <json/json.h>

#include <map>
#include <set>

#include "json.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class RouteOverflow : public SiteTest, public ::testing::WithParamInterface<bool> {
 protected:
  Site site() {
    folder_.write("events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {}},
      "routes": {"inward": {"topicFilters": ["in/#"], "topic": "orders"}}})");
    return {.shards = 2,
            .plugins = R"("store-journal": {"config": {"path": "store"}},
                          "service-events": {"config": {"queued_events": 10, "access": {"anonymous": true}}})",
            .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
            .root = R"("store": "store-journal", "resources": ")" + folder_.path() + "\"",
            .space = R"("sessions": {"durability": "written"})"};
  }
  Json::Value ask(const std::string& action, const std::string& query, const std::string& body) {
    HttpClient http(broker().port("events"));
    http.send("POST /topics/orders/eventsubscriptions/audit:" + action + "?api-version=2024-06-01" + query +
              " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    return parse_json(http.receive().body);
  }
  /// Takes what is there for good.
  void receive(std::set<std::string>& subjects) {
    Json::Value tokens;
    const Json::Value answer = ask("receive", "&maxEvents=100&maxWaitTime=10", "");
    ASSERT_TRUE(answer.isMember("value")) << answer;
    for (const Json::Value& one : answer["value"]) {
      subjects.insert(one["event"]["subject"].asString());
      tokens["lockTokens"].append(one["brokerProperties"]["lockToken"]);
    }
    if (!tokens.isNull()) ask("acknowledge", "", Json::FastWriter().write(tokens));
  }

 private:
  TemporaryDirectory folder_;
};

TEST_P(RouteOverflow, WhatWasNotRefusedIsAnEvent) {
  start(site());
  auto publisher = connected();
  std::set<std::string> taken;
  std::size_t refused = 0;
  std::map<std::uint16_t, std::string> topics;
  const auto answered = [&] {
    const Packet answer = publisher.expect(PacketType::puback);
    answer.reason == 0x97 ? void(++refused) : void(taken.insert(topics.at(answer.packet_id)));
  };
  for (int i = 0; i < 60; ++i) {
    const std::string topic = "in/" + std::to_string(i);
    topics[publisher.send_publish({.topic = topic, .payload = "x", .qos = 1})] = topic;
    if (!GetParam()) answered();
  }
  while (GetParam() && taken.size() + refused < topics.size()) answered();
  EXPECT_GT(refused, 0u);
  EXPECT_GE(taken.size(), 10u);
  std::set<std::string> subjects;
  for (int tries = 0; tries < 20 && subjects.size() < taken.size(); ++tries) receive(subjects);
  EXPECT_EQ(subjects, taken);
  EXPECT_EQ(publisher.publish({.topic = "in/more", .payload = "x", .qos = 1})->reason & 0x80, 0);
}

// At once: the route may be on another shard, which has not seen the first by then.
INSTANTIATE_TEST_SUITE_P(AtOnceOrNot, RouteOverflow, ::testing::Bool());

}  // namespace
}  // namespace trellis::testing
