// The plugin in a TestHost, with a cluster within the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <utility>
#include <vector>

#include "handler.hpp"
#include "mock_cluster.hpp"

namespace kafka::testing {

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

inline constexpr std::string_view kOfThisMachine = R"("allow": ["127.0.0.0/8"], "reconnect_max": "200ms")";

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
  static std::string block(const std::string& servers, const std::string& more = {}) {
    return R"({"endpointType": "Kafka", "properties": {"bootstrapServers": ")" + servers +
           R"(", "topic": "orders", "tls": false)" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "orders-stream"}})";
  }
  Driver load(const std::string& more = {}) {
    return host_.load<KafkaHandler>("{" + std::string(kOfThisMachine) + more + "}");
  }
  /// Waits for the plugin's thread.
  bool settled(const DeliveryWatch& watch, std::chrono::milliseconds patience = 20s) {
    return host_.wait([&] { return watch.outcome() != Settled::waiting; }, patience);
  }
  std::int64_t metric(const std::string& name, const std::string& labels = {}) const {
    return host_.metric("trellis_handler_kafka_" + name, labels);
  }

  TestHost host_;
};

/// With a cluster that has the topic.
class ClusterTest : public HandlerTest {
 protected:
  explicit ClusterTest(const TestHostOptions& options = {}) : HandlerTest(options) { cluster_.topic("orders"); }

  OpenDestination open(const std::string& more = {}, const std::string& settings = {}) {
    return load(settings).open(block(cluster_.servers(), more));
  }
  /// What one sample is in the cluster.
  KafkaRecord record_of(const OpenDestination& destination, const Sample& sample) {
    const auto watch = destination.deliver({sample}).front();
    EXPECT_TRUE(settled(watch));
    EXPECT_EQ(watch.outcome(), Settled::delivered) << watch.reason();
    for (const auto& record : cluster_.read("orders", seen_.size() + 1)) {
      if (seen_.emplace(record.partition, record.offset).second) return record;
    }
    ADD_FAILURE() << "no record came";
    return {};
  }
  std::int64_t failures(const std::string& cause) const { return metric("failures_total", "cause=\"" + cause + "\""); }

  MockCluster cluster_;
  std::set<std::pair<std::int32_t, std::int64_t>> seen_;  // where records were found
};

}  // namespace kafka::testing
