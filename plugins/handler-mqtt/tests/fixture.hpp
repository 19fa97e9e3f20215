// The plugin in a TestHost, whose peer the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>

#include "handler.hpp"

namespace mqtt_out::testing {

using namespace std::chrono_literals;
using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
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

inline std::string text(const std::string& value) {
  return std::string{static_cast<char>(value.size() >> 8U), static_cast<char>(value.size())} + value;
}
/// A packet of less than 128 bytes.
inline std::string packet(unsigned first, const std::string& body) {
  return std::string{static_cast<char>(first), static_cast<char>(body.size())} + body;
}
inline std::string ack(unsigned first, unsigned id, const std::string& reason = {}) {
  return packet(first, std::string{static_cast<char>(id >> 8U), static_cast<char>(id)} + reason);
}
inline const std::string kConnack = packet(0x20, "\0\0\0"s);

class MqttOutTest : public ::testing::Test {
 protected:
  static std::string block(const std::string& more = {}, const std::string& topic = "orders") {
    return R"({"endpointType": "Mqtt", "properties": {"host": "127.0.0.1", "topic": ")" + topic + "\"" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "mqtt"}})";
  }
  OpenDestination open(const std::string& more = {}, const std::string& topic = "orders") {
    return host_.load<MqttHandler>().open(block(more, topic));
  }
  /// The peer's end of the connection that is dialled now, greeted.
  ProtocolConnection peer(const std::string& connack = kConnack) {
    auto made = host_.answer_dial();
    greeting_ = made.received();
    made.send(connack);
    return made;
  }

  TestHost host_;
  std::string greeting_;
};

}  // namespace mqtt_out::testing
