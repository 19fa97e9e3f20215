// handler-namespace-topic: events go from topic to topic, once around at most.
#include <algorithm>
#include <csignal>
#include <set>
#include <stdexcept>

#include "delivered_site.hpp"
#include "support/http_client.hpp"

namespace trellis::testing {
namespace {

class NamespaceTopicSite : public DeliveredSite {
 protected:
  void start_forwarding(const std::string& to, const std::string& more = "{}") {
    folder_.write("copies.json", more);
    deliver_to(R"("handler-namespace-topic": {"config": {"hops": 3}},)",
               R"({"endpointType": "NamespaceTopic", "properties": {"maxEventsPerBatch": 100, "topicName": ")" + to +
                   R"("}})");
  }
  /// What the subscription has, acknowledged.
  std::vector<std::string> receive(const std::string& subscription) {
    HttpClient client(broker().port("events"));
    const std::string path = "/topics/" + subscription;
    std::vector<std::string> all;
    while (true) {
      const auto answer = post(client, path + ":receive?api-version=2024-06-01&maxEvents=100&maxWaitTime=1", "");
      const auto events = texts_behind(answer.body, R"("specversion":)");
      const auto tokens = texts_behind(answer.body, R"("lockToken":)");
      if (tokens.empty()) return all;
      all.insert(all.end(), events.begin(), events.end());
      std::string body = R"({"lockTokens":[)";
      for (const std::string& token : tokens) {
        body += (body.back() == '[' ? "" : ",") + token.substr(0, token.find('"', 1) + 1);
      }
      post(client, path + ":acknowledge?api-version=2024-06-01", body + "]}");
    }
  }
  static HttpAnswer post(HttpClient& client, const std::string& target, const std::string& body) {
    client.send("POST " + target +
                " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    auto answer = client.receive();
    if (answer.status != 200) throw std::runtime_error(answer.head + answer.body);
    return answer;
  }
  // From behind each place on, up to the next one.
  static std::vector<std::string> texts_behind(const std::string& text, const std::string& place) {
    std::vector<std::string> found;
    for (std::size_t at = text.find(place); at != std::string::npos;) {
      const std::size_t begin = at + place.size();
      at = text.find(place, begin);
      found.push_back(text.substr(begin, at == std::string::npos ? at : at - begin));
    }
    return found;
  }
  static std::string member(const std::string& event, const std::string& name) {
    const std::size_t begin = event.find(name) + name.size();
    return event.substr(begin, event.find_first_of("\",}", begin) - begin);
  }
  std::vector<Arrived> arrived(const std::string& subscription) {
    std::vector<Arrived> all;
    for (const std::string& event : receive(subscription)) {
      EXPECT_EQ(member(event, R"("forwardhops":)"), "1");
      all.push_back({std::stoul(member(event, R"("id":")")), member(event, R"("subject":")")});
    }
    std::ranges::sort(all, {}, &Arrived::number);
    return all;
  }
};

TEST_F(NamespaceTopicSite, HasEverythingInTheOtherTopic) {
  start_forwarding("copies", R"({"topics": {"copies": {}}, "eventSubscriptions": {"copies/all": {}}})");
  publish(kEvents / 2);
  ASSERT_TRUE(eventually([this] { return delivered() > 0; }));
  broker().start_again(SIGKILL);
  publish(kEvents / 2);
  std::vector<Arrived> all;
  std::set<std::size_t> numbers;
  ASSERT_TRUE(eventually(
      [&] {
        for (const Arrived& one : arrived("copies/eventsubscriptions/all")) {
          if (numbers.insert(one.number).second) all.push_back(one);
        }
        return numbers.size() == kEvents;
      },
      std::chrono::seconds(60)));
  std::ranges::sort(all, {}, &Arrived::number);
  expect_complete(all, kEvents);
}

TEST_F(NamespaceTopicSite, EndsCirclesByItself) {
  start_forwarding("copies", R"({"topics": {"copies": {}}, "eventSubscriptions": {"orders/all": {}, "copies/back": {
      "deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination": {"endpointType": "NamespaceTopic",
      "properties": {"topicName": "orders"}}}}}}})");
  publish(10);
  // orders, copies, orders, copies: there they have come by three.
  EXPECT_TRUE(eventually([this] { return metrics().sum("trellis_handler_namespace_topic_loops_total") == 10; }));
  EXPECT_EQ(metrics().sum("trellis_handler_namespace_topic_deliveries_total", R"(outcome="delivered")"), 30);
  EXPECT_EQ(receive("orders/eventsubscriptions/all").size(), 20u);
}

TEST_F(NamespaceTopicSite, WaitsForATopicThatIsMadeLater) {
  start_forwarding("copies");
  publish(5);
  ASSERT_TRUE(eventually(
      [this] { return metrics().sum("trellis_handler_namespace_topic_deliveries_total", R"(outcome="retry")") >= 5; }));
  folder_.write("copies.json", R"({"topics": {"copies": {}}, "eventSubscriptions": {"copies/all": {}}})");
  deliver_elsewhere(R"({"endpointType": "NamespaceTopic", "properties": {"topicName": "copies"}})");
  ASSERT_TRUE(all_delivered());
  EXPECT_EQ(arrived("copies/eventsubscriptions/all").size(), 5u);
}

}  // namespace
}  // namespace trellis::testing
