// Readiness and its reason.
#include "observe/health.hpp"

#include <gtest/gtest.h>

namespace trellis::kernel {
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
}  // namespace trellis::kernel
