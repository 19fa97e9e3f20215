// Readiness and its reason.
#include <gtest/gtest.h>

#include <trellis/runtime/health.hpp>

namespace trellis::runtime {
namespace {

TEST(Health, TellsWhyItIsNotReadyAndForgetsItOnceReady) {
  Health health;
  EXPECT_STREQ(health.why_not(), "starting");
  health.set_ready();
  EXPECT_EQ(health.why_not(), nullptr);
  health.set_unready("draining");
  EXPECT_STREQ(health.why_not(), "draining");
}

}  // namespace
}  // namespace trellis::runtime
