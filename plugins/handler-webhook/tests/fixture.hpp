// The plugin in a TestHost, whose endpoint the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>
#include <utility>
#include <vector>

#include "handler.hpp"

namespace hooks::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::ProtocolConnection;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using trellis::testing::TestHostOptions;
using Settled = trellis::testing::Outcome;

inline std::string http(std::uint32_t status, std::string_view body = {}, std::string_view fields = {}) {
  const std::string length =
      status == 204 || status == 304 ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + std::string(fields) + length + "\r\n" + std::string(body);
}

inline constexpr std::string_view kEventType = "application/cloudevents+json; charset=utf-8";

/// A CloudEvent as an event topic keeps it.
inline Sample event(const std::string& id = "a-1", const std::string& more = R"(,"data":{"n":1})") {
  return {.topic = "$events/orders",
          .payload =
              R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"shop.order.created")" + more + "}",
          .content_type = std::string(kEventType)};
}

/// What a request that arrived says.
struct Asked {
  std::string head;
  std::string body;

  /// The field's value; "none" where it is absent.
  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "none";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  static Asked of(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    return {bytes.substr(0, end) + "\r\n", end == std::string::npos ? "" : bytes.substr(end + 4)};
  }
};

class HandlerTest : public ::testing::Test {
 protected:
  using Driver = trellis::testing::HandlerDriver;

  explicit HandlerTest(const TestHostOptions& options = {}) : host_(options) {}

  /// A destination's block; more: further properties, with their comma in front.
  static std::string block(const std::string& more = {}, const std::string& url = "https://hooks.example.org/in?k=v") {
    return R"({"endpointType": "WebHook", "properties": {"endpointUrl": ")" + url + "\"" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "orders-hook"}})";
  }
  /// The same of a subscription to MQTT messages: there is no context.
  static std::string block_of_messages(const std::string& more = {}) {
    const std::string all = block(more);
    return all.substr(0, all.find(R"(, "context")")) + "}";
  }
  // Most tests have requests side by side at once.
  Driver load(const std::string& settings = "{}") {
    const std::string further = settings == "{}" ? "}" : ", " + settings.substr(1);
    return host_.load<WebhookHandler>(R"({"earned_connections": false, "http2": false)" + further);
  }
  OpenDestination open(const std::string& more = {}, const std::string& settings = "{}") {
    return load(settings).open(block(more));
  }
  /// The peer's end of the connection that is dialled now.
  ProtocolConnection server() { return host_.answer_dial(); }
  /// What one answer comes to for one event.
  DeliveryWatch answered(const OpenDestination& destination, const std::string& answer) {
    const DeliveryWatch watch = destination.deliver({event()}).front();
    auto peer = server();
    peer.send(answer);
    if (peer.open()) peer.disconnect();  // so that the next one is dialled
    return watch;
  }
  /// What one event, or several, look like on the wire.
  Asked sent(const OpenDestination& destination, const std::vector<Sample>& samples, std::uint32_t attempts = 0) {
    destination.deliver(samples, 0, attempts);
    return Asked::of(server().received());
  }
  std::int64_t posts(const std::string& result) const {
    return host_.metric("trellis_webhook_posts_total", "result=\"" + result + "\"");
  }
  std::int64_t deliveries(const std::string& outcome) const {
    return host_.metric("trellis_webhook_deliveries_total", "outcome=\"" + outcome + "\"");
  }

  TestHost host_;
};

}  // namespace hooks::testing
