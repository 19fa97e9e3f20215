// What is remembered, and for how long.
#include "common/fingerprint/timed_memory.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

constexpr Fingerprint kA{1};
constexpr Fingerprint kB{2};
constexpr Fingerprint kC{3};

TEST(TimedMemory, TheOldestLeavesFirst) {
  TimedMemory<int> memory(2, 100);
  memory.add(kA, 1, 0);
  memory.add(kB, 2, 10);
  memory.add(kA, 9, 20);  // known already: keeps its value and its time
  EXPECT_EQ(*memory.find(kA, 20), 1);
  memory.add(kC, 3, 30);
  EXPECT_EQ(memory.find(kA, 30), nullptr);
  EXPECT_EQ(*memory.find(kB, 30), 2);
  EXPECT_EQ(*memory.find(kC, 109), 3);
  EXPECT_EQ(memory.find(kB, 110), nullptr);
  EXPECT_EQ(memory.size(), 1u);
}

TEST(TimedMemory, AnEntryMayEndBeforeTheOthers) {
  TimedMemory<int> memory(4, 100);
  memory.add(kA, 1, 0, 30);
  memory.add(kB, 2, 0, 1000);
  EXPECT_EQ(*memory.find(kA, 29), 1);
  EXPECT_EQ(memory.find(kA, 30), nullptr);
  memory.add(kA, 5, 40);
  EXPECT_EQ(*memory.find(kA, 99), 5);
  EXPECT_NE(memory.find(kB, 99), nullptr);
  EXPECT_EQ(memory.find(kB, 100), nullptr) << "never longer than the time of all";
}

TEST(TimedMemory, WithoutRoomOrTimeItKeepsNothing) {
  for (auto [capacity, lifetime] : {std::pair<std::size_t, std::uint64_t>{0, 100}, {10, 0}}) {
    TimedMemory<int> memory(capacity, lifetime);
    memory.add(kA, 1, 0);
    EXPECT_EQ(memory.find(kA, 0), nullptr);
  }
  TimedMemory<int> memory(10, 100);
  memory.add(kA, 1, 0, 0);
  EXPECT_EQ(memory.find(kA, 0), nullptr);
}

}  // namespace
}  // namespace common
