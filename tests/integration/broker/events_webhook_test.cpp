// Webhooks with real endpoints, good ones and those that do everything wrong: nothing is lost, nothing goes on for
// ever.
#include <gmock/gmock.h>
#include <json/json.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>

#include "json.hpp"
#include "support/endpoint.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using Then = Endpoint::Then;

class EventsWebhook : public SiteTest {
 protected:
  Site site() const {
    return {
        .plugins =
            R"("store-journal": {"config": {"path": "store"}}, "handler-webhook": {"config": {"timeout": "1s"}}, "service-events": {"config":
                {"wide_ranges": true, "push": {"failures": 1000, "jitter_percent": 0}, "access": {"anonymous": true},
                 "dead_letters": {"path": ")" +
            folder_.path() + R"(/letters"}}})",
        .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
        .root = R"("store": "store-journal", "outbound": {"allow": ["127.0.0.0/8"]}, "resources": ")" + folder_.path() +
                R"(/resources")"};
  }
  /// more: members of the destination's properties, each with a comma before it.
  void begin(const Endpoint& endpoint, const std::string& more = "", const std::string& push = "") {
    describe(endpoint, more, push);
    start(site());
  }
  void describe(const Endpoint& endpoint, const std::string& more = "", const std::string& push = "") {
    std::filesystem::create_directories(folder_.path() + "/resources");
    std::filesystem::create_directories(folder_.path() + "/letters");
    folder_.write("resources/events.json",
                  R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/hook": {"deliveryConfiguration":
        {"deliveryMode": "Push", "push": {"maxDeliveryCount": 100, "retryDelays": ["PT1S"],
         "deadLetterDestinationWithResourceIdentity": {"deadLetterDestination": {"endpointType": "File"}}, )" +
                      push + R"("destination": {"endpointType": "WebHook", "properties": {"endpointUrl": ")" +
                      endpoint.url("/in") + R"(", "validation": "none")" + more + "}}}}}}}");
  }
  void publish(const std::string& id, const std::string& more = "") {
    const std::string event =
        R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created")" + more + "}";
    HttpClient client(broker().port("events"));
    client.send(
        "POST /topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
        "application/cloudevents+json\r\ncontent-length: " +
        std::to_string(event.size()) + "\r\n\r\n" + event);
    ASSERT_EQ(client.receive().status, 200);
  }
  static std::string id_of(const Endpoint::Request& request) {
    const Json::Value event = parse_json(request.body);
    return (event.isArray() ? event[0] : event)["id"].asString();
  }
  double attempts(const std::string& outcome) {
    return metrics().sum("trellis_events_push_attempts_total", "outcome=\"" + outcome + "\"");
  }
  TemporaryDirectory folder_;
};

TEST_F(EventsWebhook, EachStatusMeansWhatTheTableSays) {
  constexpr int kRefused[] = {400, 401, 403, 413, 414};
  constexpr int kAgain[] = {205, 301, 302, 307, 404, 405, 409, 415, 418, 429, 500, 501, 502, 503, 504, 507, 599};
  constexpr int kDone[] = {200, 201, 202, 203, 204};
  std::map<std::string, int> tries;
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    const std::string id = id_of(request);
    const int status = std::stoi(id);
    if (++tries[id] > 1) return {};
    if (status == 204) return {"HTTP/1.1 204 Said\r\n\r\n"};
    return {Endpoint::status(status, "Location: http://127.0.0.1:1/\r\n")};
  });
  begin(endpoint);
  for (const int status : kRefused) publish(std::to_string(status));
  for (const int status : kAgain) publish(std::to_string(status));
  for (const int status : kDone) publish(std::to_string(status));
  expect_metric("trellis_events_push_attempts_total", R"(outcome="refused")", std::size(kRefused));
  expect_metric("trellis_events_push_attempts_total", R"(outcome="failed")", std::size(kAgain));
  EXPECT_GE(attempts("delivered"), std::size(kDone));
  // Those of ten seconds come again; 503 waits for half a minute.
  EXPECT_TRUE(eventually([&] { return attempts("delivered") >= std::size(kDone) + std::size(kAgain) - 1; }))
      << broker().output();
  expect_metric("trellis_events_dead_lettered_total", R"(outcome="success")", std::size(kRefused));
}

TEST_F(EventsWebhook, AnEndpointThatIsGoneForGoodIsLeftAlone) {
  Endpoint endpoint([](const Endpoint::Request&) -> Endpoint::Answer { return {Endpoint::status(410)}; });
  begin(endpoint);
  publish("first");
  expect_metric("trellis_events_push_attempts_total", R"(outcome="refused")", 1);
  publish("second");
  HttpClient client(broker().port("events"));
  const auto answer = client.get("/topics/orders/eventsubscriptions/hook/deliveries?api-version=2024-06-01");
  EXPECT_EQ(answer.status, 200);
  const Json::Value all = parse_json(answer.body);
  EXPECT_EQ(all["state"], "left alone");
  EXPECT_EQ(all["recentFailures"][0]["code"], 410);
  EXPECT_EQ(endpoint.requests().size(), 1u);
}

TEST_F(EventsWebhook, EndpointsThatDoWrongLoseNothing) {
  std::map<std::string, int> tries;
  const std::map<std::string, Endpoint::Answer> wrong{
      {"stalls", {"", Then::stall}},
      {"stalls-in-its-head", {"HTTP/1.1 200 OK\r\nContent-Le", Then::stall}},
      {"stalls-in-its-body", {"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nabc", Then::stall}},
      {"resets", {"", Then::reset}},
      {"resets-in-its-body", {"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nabc", Then::reset}},
      {"closes", {"", Then::close}},
      {"promises-more", {"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nabc", Then::close}},
      {"sends-more", {"HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nabcdef", Then::keep}},
      {"is-none", {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Then::keep}},
      {"two-lengths", {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", Then::keep}},
      {"huge-length", {"HTTP/1.1 500 No\r\nContent-Length: 99999999999999999999\r\n\r\n", Then::stall}},
      {"endless-head", {"HTTP/1.1 200 OK\r\n\r\nX-More: yes\r\n" + std::string(4096, 'x') + ": y\r\n", Then::stream}},
      {"endless-body", {"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", Then::stream}},
      {"redirects", {Endpoint::status(302, "Location: http://127.0.0.1:1/\r\n"), Then::keep}}};
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    const std::string id = id_of(request);
    const auto found = wrong.find(id);
    if (++tries[id] > 1 || found == wrong.end()) return {};
    return found->second;
  });
  begin(endpoint);
  for (const auto& [id, answer] : wrong) publish(id);
  publish("fine");
  EXPECT_TRUE(eventually([&] { return attempts("delivered") >= static_cast<double>(wrong.size() + 1); }))
      << broker().output();
  EXPECT_EQ(attempts("refused"), 0);
  EXPECT_EQ(metrics().sum("trellis_events_push_under_way"), 0);
}

TEST_F(EventsWebhook, AnEndpointThatIsAwayGetsAllOfItLater) {
  std::multiset<std::string> got;
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    got.insert(id_of(request));
    return {};
  });
  begin(endpoint, "", R"("orderBy": "subject", )");
  publish("0", R"(,"subject":"s")");
  expect_metric("trellis_events_push_attempts_total", R"(outcome="delivered")", 1);
  endpoint.leave();
  for (int i = 1; i < 20; ++i) publish(std::to_string(i), R"(,"subject":"s")");
  EXPECT_TRUE(eventually([&] { return attempts("failed") >= 1; }));
  endpoint.come_back();
  EXPECT_TRUE(eventually([&] { return attempts("delivered") >= 20; })) << broker().output();
  std::vector<std::string> order;
  for (const Endpoint::Request& one : endpoint.requests()) order.push_back(id_of(one));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(EventsWebhook, WhatWaitedBeforeACrashIsTriedAgain) {
  std::atomic<bool> ill{true};
  Endpoint endpoint(
      [&](const Endpoint::Request&) -> Endpoint::Answer { return {ill ? Endpoint::status(500) : Endpoint::ok()}; });
  begin(endpoint);
  publish("waits");
  EXPECT_TRUE(eventually([&] { return attempts("failed") == 1; }));
  broker().start_again(SIGKILL);
  ill = false;
  EXPECT_TRUE(eventually([&] { return attempts("delivered") == 1; })) << broker().output();
  const auto all = endpoint.requests();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(id_of(all[1]), "waits");
  EXPECT_THAT(all[1].head, HasSubstr("aeg-delivery-count: 1\r\n"));
}

TEST_F(EventsWebhook, WhatIsPaused) {
  Endpoint endpoint([](const Endpoint::Request&) -> Endpoint::Answer { return {}; });
  begin(endpoint, "", R"("paused": true, )");
  publish("waits");
  EXPECT_EQ(metrics().sum("trellis_events_push_requests_total"), 0);
  EXPECT_TRUE(endpoint.requests().empty());
  describe(endpoint);
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_TRUE(eventually([&] { return attempts("delivered") == 1; })) << broker().output();
}

}  // namespace
}  // namespace trellis::testing
