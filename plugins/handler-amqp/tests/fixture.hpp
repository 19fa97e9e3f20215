// The plugin in a TestHost, whose broker the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "fake_peer.hpp"
#include "handler.hpp"
#include "target.hpp"

namespace amqp::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using trellis::testing::TestHostOptions;
using Settled = trellis::testing::Outcome;

/// A CloudEvent as an event topic keeps it; more: further members, with their comma in front.
inline Sample event(const std::string& id = "a-1", const std::string& more = R"(,"data":{"n":1})") {
  return {.topic = "$events/orders",
          .payload =
              R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"shop.order.created")" + more + "}"};
}

class HandlerTest : public ::testing::Test {
 protected:
  using Driver = trellis::testing::HandlerDriver;

  explicit HandlerTest(const TestHostOptions& options = {}) : host_(options) {}

  /// A destination's block; more: further properties, with their comma in front.
  static std::string block(const std::string& more = {}, bool of_topic = true) {
    return R"({"endpointType": "Amqp", "properties": {"host": "127.0.0.1", "port": 5672, "tls": false, "address": "orders")" +
           more + "}" +
           (of_topic ? R"(, "context": {"namespace": "plant", "topic": "orders", "subscription": "orders-queue"}})"
                     : "}");
  }
  static std::string service_bus(const std::string& more = {}) {
    return R"({"endpointType": "ServiceBusQueue", "properties": {"connectionString":
      "Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=ada;SharedAccessKey=secret;EntityPath=orders")" +
           more + R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "orders-queue"}})";
  }
  Driver load(const std::string& settings = "{}") { return host_.load<AmqpHandler>(settings); }
  OpenDestination open(const std::string& more = {}, const std::string& settings = "{}") {
    return kept(load(settings).open(block(more)));
  }
  /// One that is not released before the test ends.
  OpenDestination kept(OpenDestination destination) {
    kept_.push_back(destination);
    return destination;
  }
  /// The peer's end of the connection that is dialled now.
  FakePeer peer(const PeerOptions& options = {}) { return {host_, host_.answer_dial(), options}; }
  /// What one sample is in the queue.
  AmqpMessage message_of(const OpenDestination& destination, const Sample& sample) {
    const auto watch = destination.deliver({sample}).front();
    auto broker = peer();
    EXPECT_TRUE(broker.settle(PN_ACCEPTED));
    EXPECT_EQ(watch.outcome(), Settled::delivered) << watch.reason();
    return broker.messages().empty() ? AmqpMessage{} : broker.messages().front();
  }
  std::int64_t metric(const std::string& name, const std::string& labels = {}) const {
    return host_.metric("trellis_handler_amqp_" + name, labels);
  }

  TestHost host_;

 private:
  std::vector<OpenDestination> kept_;
};

}  // namespace amqp::testing
