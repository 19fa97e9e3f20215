// What is counted of events.
#include "common/verdict/delivery_metrics.hpp"

#include "fixture.hpp"

namespace common {
namespace {

using namespace common::testing;

TEST(DeliveriesAreCounted, ByWhatBecameOfThemAndWhy) {
  TestHost host;
  const auto destination = host.load<SayingHandler>().open();
  for (const char* payload : {"delivered", "delivered", "retry", "refused", "later", "throttled", "unknown"}) {
    destination.deliver("t", payload);
  }
  const auto deliveries = [&](const std::string& outcome) {
    return host.metric("trellis_handler_saying_deliveries_total", "outcome=\"" + outcome + "\"");
  };
  EXPECT_EQ(deliveries("delivered"), 2);
  EXPECT_EQ(deliveries("retry"), 3);
  EXPECT_EQ(deliveries("refused"), 1);
  EXPECT_EQ(deliveries("later"), 1);
  for (const char* cause : {"busy", "bad_request", "full", "throttled", "unknown"}) {
    EXPECT_EQ(host.metric("trellis_handler_saying_failures_total", "cause=\"" + std::string(cause) + "\""), 1) << cause;
  }
}

}  // namespace
}  // namespace common
