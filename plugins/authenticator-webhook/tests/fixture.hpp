// The plugin in a TestHost, whose endpoint the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>
#include <utility>

#include "webhook.hpp"

namespace webhook::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::AuthClient;
using trellis::testing::Client;
using trellis::testing::ProtocolConnection;
using trellis::testing::TestHost;
using trellis::testing::TestHostOptions;
using trellis::testing::TextPairs;

inline std::string http(std::uint32_t status, std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline constexpr std::string_view kAllow = R"({"decision": "allow", "clientAuthenticationName": "device-17"})";
inline constexpr std::string_view kDeny = R"({"decision": "deny", "errorReason": "unknown device"})";

/// What a request that arrived says.
struct Asked {
  std::string head;
  std::string body;
  trellis::json::Value json;

  std::string text(std::string_view name) const {
    const auto* found = json.find(name);
    return found == nullptr ? "none" : found->text;
  }
  static Asked of(const std::string& bytes) {
    Asked asked;
    const std::size_t end = bytes.find("\r\n\r\n");
    asked.head = bytes.substr(0, end) + "\r\n";
    asked.body = end == std::string::npos ? "" : bytes.substr(end + 4);
    if (auto read = trellis::json::parse(asked.body)) asked.json = read.value();
    return asked;
  }
};

class WebhookTest : public ::testing::Test {
 protected:
  using Driver = trellis::testing::AuthenticatorDriver;

  explicit WebhookTest(const TestHostOptions& options = {}) : host_(options) {}

  Driver load(const std::string& settings = "{}", const std::string& more = {}) {
    // Most tests have requests side by side at once.
    const std::string further = settings == "{}" ? "}" : ", " + settings.substr(1);
    const Driver plugin = host_.load<WebhookAuthenticator>(R"({"http2": false)" + further);
    EXPECT_EQ(put(more), "");
    return plugin;
  }
  /// The namespace's endpoint; what is wrong with it, or empty.
  std::string put(const std::string& more = {}, const std::string& url = "https://auth.example.com/judge?code=kept",
                  const std::string& name = "webhookAuthentication") {
    return host_.put_resource("namespaces", "default",
                              R"({"topicSpacesConfiguration": {"clientAuthentication": {")" + name +
                                  R"(": {"endpointUrl": ")" + url + "\"" + more + "}}}}");
  }
  /// The peer's end of the connection that is dialled now.
  ProtocolConnection server() { return host_.answer_dial(); }
  /// What one answer of the endpoint comes to.
  trellis::testing::AuthOutcome judged(const Driver& plugin, const std::string& answer, const Client& client = {}) {
    const auto asked = plugin.connect(client);
    EXPECT_EQ(asked.verdict(), AuthVerdict::pending);
    auto peer = server();
    peer.send(answer);
    if (peer.open()) peer.disconnect();  // so that the next one is dialled
    return asked.outcome();
  }
  std::int64_t count(const std::string& outcome) const {
    return host_.metric("trellis_webhook_requests_total", "outcome=\"" + outcome + "\"");
  }
  std::int64_t under_way() const { return host_.metric("trellis_webhook_calls"); }
  std::int64_t breakers(const std::string& state) const {
    return host_.metric("trellis_webhook_breakers", "state=\"" + state + "\"");
  }

  TestHost host_;
};

}  // namespace webhook::testing
