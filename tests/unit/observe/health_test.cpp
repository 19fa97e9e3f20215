// Readiness and its reason.
#include "observe/health.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace trellis::kernel {
namespace {

TEST(Health, IsNotReadyAtFirst) {
  const Health health;
  std::string reason;
  EXPECT_FALSE(health.ready(reason));
  EXPECT_EQ(reason, "starting");
}

TEST(Health, TellsWhyItIsNotReadyAndForgetsItOnceReady) {
  Health health;
  std::string reason = "old";
  health.set_ready();
  EXPECT_TRUE(health.ready(reason));
  EXPECT_EQ(reason, "");
  health.set_unready("memory is short");
  EXPECT_FALSE(health.ready(reason));
  EXPECT_EQ(reason, "memory is short");
}

TEST(Health, IsAskedAndSetFromSeveralThreads) {
  Health health;
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      health.set_unready("draining");
      health.set_ready();
    }
  });
  std::string reason;
  for (int i = 0; i < 1000; ++i) {
    const bool ready = health.ready(reason);
    EXPECT_TRUE(ready ? reason.empty() : reason == "starting" || reason == "draining") << reason;
  }
  writer.join();
}

}  // namespace
}  // namespace trellis::kernel
