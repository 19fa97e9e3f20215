// The plugin in a TestHost, whose Redis the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/test_host.hpp>

#include "handler.hpp"

namespace redis::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::ProtocolConnection;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

/// A CloudEvent as an event topic keeps it.
inline Sample event(const std::string& id = "a-1", const std::string& more = R"(,"data":{"n":1})") {
  return {
      .topic = "$events/orders",
      .payload = R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created")" + more + "}"};
}

/// A list of texts as Redis reads commands.
inline std::string words(const std::vector<std::string>& texts) {
  std::string out = "*" + std::to_string(texts.size()) + "\r\n";
  for (const auto& text : texts) out += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  return out;
}

class RedisTest : public ::testing::Test {
 protected:
  using Driver = trellis::testing::HandlerDriver;

  static std::string block(const std::string& more = {}) {
    return R"({"endpointType": "Redis", "properties": {"host": "127.0.0.1", "stream": "orders")" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "redis"}})";
  }
  OpenDestination open(const std::string& more = {}) { return host_.load<RedisHandler>().open(block(more)); }
  ProtocolConnection server() {
    auto made = host_.answer_dial();
    EXPECT_EQ(made.received(), words({"PING"}));
    made.send("+PONG\r\n");
    return made;
  }
  /// What is written for one event.
  std::string sent(const std::string& more, const Sample& sample = event()) {
    const auto destination = open(more);
    destination.deliver({sample});
    return server().received();
  }

  TestHost host_;
};

}  // namespace redis::testing
