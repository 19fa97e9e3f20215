// The plugin in a TestHost, whose NATS server the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>

#include "handler.hpp"

namespace nats::testing {

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
using Settled = trellis::testing::Outcome;

/// A CloudEvent as an event topic keeps it.
inline Sample event(const std::string& id = "a-1", const std::string& more = R"(,"data":{"n":1})") {
  return {
      .topic = "$events/orders",
      .payload = R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created")" + more + "}"};
}

/// A seed and its public key, as others' tools have made them.
inline constexpr const char* kSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
inline constexpr const char* kPublicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

class NatsTest : public ::testing::Test {
 protected:
  static std::string block(const std::string& more = {}, const std::string& subject = "orders") {
    return R"({"endpointType": "Nats", "properties": {"host": "127.0.0.1", "subject": ")" + subject + "\"" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "nats"}})";
  }
  OpenDestination open(const std::string& more = {}, const std::string& subject = "orders") {
    return host_.load<NatsHandler>().open(block(more, subject));
  }
  /// The server's end of the connection that is dialled now, greeted; greeting() is what the client said.
  ProtocolConnection server(const std::string& info = {}) {
    auto made = host_.answer_dial();
    EXPECT_EQ(made.received(), "") << "the server speaks first";
    made.send("INFO {\"headers\":true,\"max_payload\":1048576" + info + "} \r\n");
    greeting_ = made.received();
    const auto begin = greeting_.find("SUB ");
    if (begin != std::string::npos) inbox_ = greeting_.substr(begin + 4, greeting_.find('*') - begin - 4);
    made.send("PONG\r\n");
    return made;
  }
  std::string ack(std::uint64_t number, const std::string& json = R"({"stream":"ORDERS","seq":1})") const {
    return "MSG " + inbox_ + std::to_string(number) + " 1 " + std::to_string(json.size()) + "\r\n" + json + "\r\n";
  }

  TestHost host_;
  std::string greeting_;
  std::string inbox_;
};

}  // namespace nats::testing
