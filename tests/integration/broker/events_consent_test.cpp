// Webhooks whose endpoints consent later, by calling a URL: over the event API, with a broker that ends in between.
#include <gmock/gmock.h>
#include <json/json.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "json.hpp"
#include "support/endpoint.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr const char* kEventGrid = R"(, "mode": "eventgrid")";

/// Neither consents nor refuses when it is asked, and keeps the URL.
class Asked {
 public:
  Endpoint::Answer operator()(const Endpoint::Request& request) {
    const std::lock_guard lock(mutex_);
    const bool options = request.head.starts_with("OPTIONS");
    if (!options && request.head.find("SubscriptionValidation\r\n") == std::string::npos) {
      times_.push_back(Clock::now());
      return {};
    }
    ++questions_;
    if (options) {
      static constexpr std::string_view kName = "webhook-request-callback: ";
      const std::size_t at = request.head.find(kName);
      url_ = at == std::string::npos ? "" : request.head.substr(at + kName.size());
      url_ = url_.substr(0, url_.find('\r'));
    } else {
      url_ = parse_json(request.body)[0]["data"]["validationUrl"].asString();
    }
    return {Endpoint::status(200, "", "{}")};
  }

  int questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  std::string url() const {
    const std::lock_guard lock(mutex_);
    return url_;
  }
  /// When events came.
  std::vector<Clock::time_point> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  mutable std::mutex mutex_;
  int questions_ = 0;
  std::string url_;
  std::vector<Clock::time_point> times_;
};

class EventsConsent : public SiteTest {
 protected:
  static constexpr const char* kBase = "https://broker.example.com/events";

  Site site() const {
    return {.plugins =
                R"("store-journal": {"config": {"path": "store"}}, "handler-webhook": {"config": {"timeout": "2s"}},
               "service-management": {"config": {"tokens": [{"name": "ops", "token": "a-token-of-some-length",
               "permissions": "read"}]}}, "service-events": {"config": {"push": {"jitter_percent": 0, "callback_url": ")" +
                std::string(kBase) + R"("}, "access": {"anonymous": true}}})",
            .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                         "services": {"/events": "service-events", "/management": "service-management"}},)",
            .root = R"("store": "store-journal", "outbound": {"allow": ["127.0.0.0/8"]}, "resources": ")" +
                    folder_.path() + R"(/resources")"};
  }
  /// more: members of the destination's properties, each with a comma before it.
  void describe(const std::string& more, const std::string& path = "/in") const {
    std::filesystem::create_directories(folder_.path() + "/resources");
    folder_.write("resources/events.json",
                  R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/hook": {"deliveryConfiguration":
        {"deliveryMode": "Push", "push": {"destination": {"endpointType": "WebHook", "properties": {"endpointUrl": ")" +
                      endpoint_.url(path) + "\"" + more + "}}}}}}}");
  }
  void begin(const std::string& more) {
    describe(more);
    start(site());
    ASSERT_TRUE(eventually([&] { return state() == "AwaitingManualAction"; })) << broker().output();
  }
  void publish(const std::string& id) {
    const std::string event = R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created"})";
    HttpClient client(broker().port("events"));
    client.send(
        "POST /events/topics/orders:publish?api-version=2024-06-01 HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
        "application/cloudevents+json\r\ncontent-length: " +
        std::to_string(event.size()) + "\r\n\r\n" + event);
    ASSERT_EQ(client.receive().status, 200);
  }
  /// What comes of a call of the URL, which leads to the broker by way of a proxy that only the test knows.
  HttpAnswer call(const std::string& url, const std::string& method = "GET", const std::string& fields = "") {
    EXPECT_THAT(url, StartsWith(std::string(kBase) + "/consent/"));
    HttpClient client(broker().port("events"));
    client.send(method + " /events" + url.substr(std::string(kBase).size()) + " HTTP/1.1\r\nhost: localhost\r\n" +
                fields + "content-length: 0\r\n\r\n");
    return client.receive();
  }
  std::string state() {
    HttpClient client(broker().port("events"));
    return parse_json(client.get("/events/topics/orders/eventsubscriptions/hook/deliveries?api-version=2024-06-01")
                          .body)["state"]
        .asString();
  }
  std::string provisioning_state() {
    HttpClient client(broker().port("events"));
    const auto answer = client.get("/management/namespaces/default/topics/orders/eventSubscriptions/hook", "localhost",
                                   "authorization: Bearer a-token-of-some-length\r\n");
    return parse_json(answer.body)["properties"]["provisioningState"].asString();
  }
  bool delivered(std::size_t count) {
    return eventually([&] { return asked_.times().size() >= count; });
  }

  TemporaryDirectory folder_;
  Asked asked_;
  Endpoint endpoint_{[this](const Endpoint::Request& request) { return asked_(request); }};
};

TEST_F(EventsConsent, SomebodyFollowsTheValidationUrl) {
  begin(kEventGrid);
  publish("a");
  EXPECT_EQ(provisioning_state(), "AwaitingManualAction");
  EXPECT_TRUE(asked_.times().empty());
  const std::string url = asked_.url();
  const auto page = call(url, "GET", "accept: text/html\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<h1>Confirmed</h1>"));
  EXPECT_TRUE(delivered(1)) << broker().output();
  EXPECT_EQ(state(), "delivering");
  EXPECT_EQ(provisioning_state(), "Succeeded");
  const auto again = call(url);
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(call(std::string(kBase) + "/consent/0123456789abcdef0123456789abcdef").body, again.body);
}

TEST_F(EventsConsent, OutlivesTheBrokerAndNotTheDestination) {
  begin(kEventGrid);
  const std::string first = asked_.url();
  EXPECT_EQ(call(first).status, 200);
  broker().start_again(SIGKILL);
  publish("a");
  EXPECT_TRUE(delivered(1)) << broker().output();
  EXPECT_EQ(asked_.questions(), 1);
  describe(kEventGrid, "/other");
  ASSERT_TRUE(reload(site())) << broker().output();
  EXPECT_TRUE(eventually([&] { return state() == "AwaitingManualAction"; })) << broker().output();
  EXPECT_EQ(asked_.questions(), 2);
  EXPECT_NE(asked_.url(), first);
  publish("b");
  EXPECT_EQ(asked_.times().size(), 1u);
  EXPECT_EQ(call(asked_.url()).status, 200);
  EXPECT_TRUE(delivered(2)) << broker().output();
}

TEST_F(EventsConsent, AUrlOfABrokerThatEndedIsNothing) {
  begin(kEventGrid);
  const std::string first = asked_.url();
  broker().start_again(SIGKILL);
  ASSERT_TRUE(eventually([&] { return asked_.questions() == 2; })) << broker().output();
  EXPECT_EQ(call(first).status, 404);
  ASSERT_TRUE(eventually([&] { return state() == "AwaitingManualAction"; }));
  EXPECT_EQ(call(asked_.url()).status, 200);
}

TEST_F(EventsConsent, AnEndpointGrantsARateThatOutlivesTheBroker) {
  begin(R"(, "obeyAllowedRate": true)");
  EXPECT_EQ(call(asked_.url(), "POST", "webhook-allowed-origin: elsewhere\r\n").status, 404);
  EXPECT_EQ(call(asked_.url(), "POST", "webhook-allowed-origin: trellis\r\nwebhook-allowed-rate: 120\r\n").status, 200);
  const auto takes_its_time = [&](std::size_t before) {
    for (int i = 0; i < 4; ++i) publish(std::to_string(i));
    EXPECT_TRUE(delivered(before + 4)) << broker().output();
    const auto times = asked_.times();
    // At least: the clocks of two processes are read.
    EXPECT_GE(times.at(before + 3) - times.at(before), std::chrono::milliseconds(1'400));
  };
  takes_its_time(0);
  broker().start_again(SIGKILL);
  takes_its_time(4);
  EXPECT_EQ(asked_.questions(), 1);
}

}  // namespace
}  // namespace trellis::testing
