// The plugin in a TestHost, whose storage account the test plays.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "handler.hpp"

namespace storage_queue::testing {

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

inline std::string http(std::uint32_t status, std::string_view fields = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + std::string(fields) +
         (status == 204 ? "\r\n" : "Content-Length: 0\r\n\r\n");
}

inline std::string error(std::uint32_t status, std::string_view code) {
  return http(status, "x-ms-error-code: " + std::string(code) + "\r\n");
}

inline Sample event(const std::string& id = "a-1", const std::string& data = "1") {
  return {.topic = "$events/orders",
          .payload = R"({"specversion":"1.0","id":")" + id +
                     R"(","source":"/shop","type":"shop.order.created","data":)" + data + "}"};
}

class HandlerTest : public ::testing::Test {
 protected:
  using Driver = trellis::testing::HandlerDriver;

  static constexpr std::string_view kAccounts =
      R"({"accounts": [{"name": "shop", "key": "MDEyMzQ1Njc4OWFiY2RlZg=="}]})";

  /// more: further properties, with their comma in front.
  static std::string block(const std::string& more = {}) {
    return R"({"endpointType": "StorageQueue", "properties": {"resourceId": "shop", "queueName": "orders")" + more +
           R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "queue"}})";
  }
  Driver load(std::string_view settings = kAccounts) { return host_.load<StorageQueueHandler>(settings); }
  OpenDestination open(const std::string& more = {}) { return load().open(block(more)); }
  ProtocolConnection server() { return host_.answer_dial(); }
  /// What one answer comes to for one event.
  DeliveryWatch answered(const OpenDestination& destination, const std::string& answer) {
    const DeliveryWatch watch = destination.deliver({event()}).front();
    auto peer = server();
    peer.send(answer);
    if (peer.open()) peer.disconnect();  // so that the next one is dialled
    return watch;
  }
  std::int64_t deliveries(const std::string& outcome) const {
    return host_.metric("trellis_handler_storage_queue_deliveries_total", "outcome=\"" + outcome + "\"");
  }
  std::int64_t under_way() const { return host_.metric("trellis_handler_storage_queue_events"); }

  TestHost host_;
};

}  // namespace storage_queue::testing
