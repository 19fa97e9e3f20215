// A value that one thread changes while others look.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <trellis/runtime/shared_value.hpp>

namespace trellis::runtime {
namespace {

TEST(SharedValue, IsCopiedWholeWhileItChanges) {
  SharedValue<std::shared_ptr<const int>> shared;
  EXPECT_EQ(shared.own(), nullptr);
  shared = std::make_shared<const int>(0);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    int last = 0;
    while (!done) {
      const auto copy = shared.copy();
      EXPECT_GE(*copy, last);
      last = *copy;
    }
  });
  for (int i = 1; i <= 20'000; ++i) shared = std::make_shared<const int>(i);
  done = true;
  reader.join();
  EXPECT_EQ(*shared.own(), 20'000);
}

}  // namespace
}  // namespace trellis::runtime
