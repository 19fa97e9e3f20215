// The plugin in a TestHost. Its threads are real, and so is their time; what they connect to is refused by the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>

#include "handler.hpp"

namespace postgres::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using trellis::Cause;
using trellis::testing::DeliveryWatch;
using trellis::testing::OpenDestination;
using trellis::testing::Sample;
using trellis::testing::TestHost;
using Settled = trellis::testing::Outcome;

/// A CloudEvent as an event topic keeps it.
inline Sample event(const std::string& id = "a-1", const std::string& more = R"(,"data":{"n":1})") {
  return {
      .topic = "$events/orders",
      .payload = R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created")" + more + "}"};
}

inline std::string block(const std::string& more = {}) {
  return R"({"endpointType": "Postgres", "properties": {"host": "127.0.0.1", "database": "shop", "user": "broker",
             "password": "sesame", "table": "events")" +
         more + R"(}, "context": {"namespace": "plant", "topic": "orders", "subscription": "postgres"}})";
}

}  // namespace postgres::testing
