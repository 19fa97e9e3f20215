// What goes to a function, and blocks that cannot work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "function_handler.hpp"

namespace functions {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using trellis::Cause;
using namespace std::chrono_literals;
using trellis::testing::OpenDestination;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

class Functions : public ::testing::Test {
 protected:
  static std::string block(const std::string& properties) {
    return R"({"endpointType": "AzureFunction", "properties": {)" + properties +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "fn"}})";
  }
  trellis::testing::HandlerDriver load() {
    return host_.load<FunctionHandler>(R"({"apps": [{"name": "shop", "system_key": "SECRET=="}]})");
  }
  static Sample event(const std::string& id) {
    return {.payload = R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"t"})"};
  }
  std::string sent(const OpenDestination& destination, const std::vector<Sample>& events) {
    destination.deliver(events);
    return host_.answer_dial().received();
  }

  const std::string own_ = R"("functionAppUrl": "https://fn.example.org", "functionName": "On-Order")";
  const std::string id_ =
      R"("resourceId": "/subscriptions/1/resourceGroups/g/providers/Microsoft.Web/sites/shop/functions/OnOrder")";
  TestHost host_;
};

TEST_F(Functions, AreAskedAtTheirWebhookWithTheirKey) {
  const std::string request = sent(load().open(block(id_)), {event("a")});
  EXPECT_THAT(request,
              StartsWith("POST /runtime/webhooks/EventGrid?functionName=OnOrder&code=SECRET%3D%3D HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nhost: shop.azurewebsites.net\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\naeg-event-type: Notification\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\naeg-subscription-name: FN\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\ncontent-type: application/cloudevents+json; charset=utf-8\r\n"));
  EXPECT_THAT(request, EndsWith("\r\n\r\n" + event("a").payload));
}

TEST_F(Functions, GetListsWhereBatchesAreAskedFor) {
  const auto destination = load().open(block(own_ + R"(, "maxEventsPerBatch": 10)"));
  const std::string request = sent(destination, {event("a"), event("b")});
  EXPECT_THAT(request, StartsWith("POST /runtime/webhooks/EventGrid?functionName=On-Order HTTP/1.1\r\n"));
  EXPECT_THAT(request, EndsWith("\r\n\r\n[" + event("a").payload + "," + event("b").payload + "]"));
}

TEST_F(Functions, AreWebhooksOtherwise) {
  const auto destination = load().open(block(
      own_ + R"(, "deliveryAttributeMappings": [{"name": "X-A", "type": "Static", "properties": {"value": "1"}}])"));
  const auto watch = destination.deliver(std::vector<Sample>{event("a")}).front();
  auto peer = host_.answer_dial();
  EXPECT_THAT(peer.received(), HasSubstr("\r\nX-A: 1\r\n"));
  peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::not_found);
  EXPECT_EQ(destination.check().outcome(), Settled::delivered) << "nobody is asked";
}

TEST_F(Functions, AreJudgedAsResourcesOfAzureAre) {
  const auto plugin = load();
  const auto destination = plugin.open(block(own_));
  const auto answered = [&](int status, const std::string& body = "") {
    const auto watch = destination.deliver(std::vector<Sample>{event("a")}).front();
    auto peer = host_.answer_dial();
    peer.send("HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
    if (peer.open()) peer.disconnect();
    return watch;
  };
  for (const int status : {400, 403, 413}) EXPECT_EQ(answered(status).outcome(), Settled::refused) << status;
  for (const auto& [status, cause] : {std::pair{401, Cause::unauthorized}, std::pair{404, Cause::not_found}}) {
    const auto watch = answered(status);
    EXPECT_EQ(watch.outcome(), Settled::retry) << status;
    EXPECT_EQ(watch.cause(), cause) << status;
    EXPECT_EQ(watch.retry_after(), 5min) << status;
  }
  EXPECT_EQ(answered(503).retry_after(), 30s) << "all others as of webhooks";
  const auto missing = answered(404, "cannot find function: 'On-Order'");
  EXPECT_EQ(missing.outcome(), Settled::retry);
  EXPECT_EQ(missing.retry_after(), 10min);
  EXPECT_THAT(missing.reason(), EndsWith("status 404, the app has no such function with an Event Grid trigger"));
}

TEST_F(Functions, AreValidatedWhereThatIsAskedFor) {
  const auto destination = load().open(block(id_ + R"(, "validation": "eventgrid", "mode": "eventgrid")"));
  const auto watch = destination.check();
  EXPECT_THAT(host_.answer_dial().received(), HasSubstr("\r\naeg-event-type: SubscriptionValidation\r\n"));
  EXPECT_EQ(watch.outcome(), Settled::waiting);
}

TEST_F(Functions, ThatCannotBeAreRefused) {
  const auto plugin = load();
  const auto refusal = [&](const std::string& properties) { return plugin.refusal(block(properties)); };
  EXPECT_EQ(refusal(""), "/properties: expected either resourceId, or functionAppUrl with functionName");
  EXPECT_EQ(refusal(own_ + "," + id_), "/properties: expected either resourceId, or functionAppUrl with functionName");
  EXPECT_EQ(refusal(id_ + R"(, "systemKey": "k")"), "/properties: functionName and systemKey go with functionAppUrl");
  EXPECT_EQ(refusal(R"("resourceId": "/sites/other/functions/f")"),
            R"(/properties/resourceId: the plugin's setting apps has no function app "other")");
  EXPECT_THAT(refusal(R"("resourceId": "shop")"), StartsWith("/properties/resourceId: expected the id of a function"));
  EXPECT_EQ(refusal(R"("functionAppUrl": "https://fn.example.org/x", "functionName": "f")"),
            "/properties/functionAppUrl: expected the URL of an app, without a path or query");
  EXPECT_THAT(refusal(R"("functionAppUrl": "http://fn.example.org", "functionName": "f")"),
              HasSubstr("/properties/functionAppUrl: found an http:// URL"));
  EXPECT_EQ(refusal(R"("functionAppUrl": "https://fn.example.org", "functionName": "a&b=c")"),
            R"(/properties/functionName: expected 1 to 127 letters, digits, '-' and '_', found "a&b=c")");
  EXPECT_EQ(refusal(R"("functionAppUrl": "https://fn.example.org", "functionName": 5)"),
            "/properties/functionName: expected text, found a whole number");
  EXPECT_EQ(refusal(own_ + R"(, "endpointUrl": "https://x")"),
            "/properties/endpointUrl: functions have functionAppUrl and functionName instead");
  EXPECT_THAT(refusal(own_ + R"(, "maxEventPerBatch": 5)"), HasSubstr(R"(did you mean "maxEventsPerBatch"?)"));
  EXPECT_EQ(plugin.refusal(R"({"endpointType": "WebHook", "properties": {}})"),
            R"(/endpointType: "WebHook" is not one of "AzureFunction", "Plugin")");
  EXPECT_EQ(plugin.refusal("{}"), R"(the block: "properties" is missing, or no object)");
}

TEST_F(Functions, NeverShowTheirKey) {
  const auto destination = load().open(block(own_ + R"(, "systemKey": "SECRET")"));
  const auto watch = destination.deliver(std::vector<Sample>{event("a")}).front();
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_THAT(watch.reason(), AllOf(HasSubstr("https://fn.example.org"), Not(HasSubstr("SECRET"))));
  for (const auto& line : host_.logs()) EXPECT_THAT(line.text, Not(HasSubstr("SECRET")));
}

TEST(Settings, OfThePlugin) {
  TestHost host;
  EXPECT_EQ(host.refusal<FunctionHandler>(R"({"apps": [{"name": "a/b"}]})"),
            R"(/apps/0/name: expected letters, digits, '-' and '_', found "a/b")");
  TestHost other;
  EXPECT_THAT(other.refusal<FunctionHandler>(R"({"apps": [{"name": "a", "url": "http://fn.example.org"}]})"),
              StartsWith("/apps/0/url: found an http:// URL"));
}

TEST(Manual, NamesEveryPropertyOfItsOwn) {
  std::ifstream file(FUNCTIONS_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  for (const std::string name : {"resourceId", "functionAppUrl", "functionName", "systemKey"}) {
    EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace functions
