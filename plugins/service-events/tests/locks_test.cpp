#include "locks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace events_service {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint64_t> due(Locks& locks, std::int64_t now) {
  std::vector<std::uint64_t> leases;
  locks.take_due(now, [&](std::uint64_t lease, const Lock&) {
    leases.push_back(lease);
    locks.remove(lease);
  });
  return leases;
}

TEST(Locks, FallDueInTheirOrder) {
  Locks locks;
  locks.add(1, {.due_ms = 30});
  locks.add(2, {.due_ms = 10});
  locks.add(3, {.due_ms = 20});
  EXPECT_EQ(locks.next_due(), 10);
  EXPECT_THAT(due(locks, 20), ElementsAre(2, 3));
  EXPECT_EQ(locks.next_due(), 30);
  EXPECT_EQ(locks.size(), 1u);
}

TEST(Locks, OneThatWasMovedFallsDueOnceAndLater) {
  Locks locks;
  Lock& lock = locks.add(1, {.due_ms = 10});
  locks.move(1, lock, 50);
  EXPECT_THAT(due(locks, 40), ElementsAre());
  EXPECT_THAT(due(locks, 50), ElementsAre(1));
  EXPECT_EQ(locks.next_due(), std::nullopt);
}

TEST(Locks, OneThatIsOverDoesNotFallDue) {
  Locks locks;
  locks.add(1, {.due_ms = 10});
  locks.remove(1);
  locks.add(1, {.due_ms = 30});
  EXPECT_THAT(due(locks, 20), ElementsAre());
  EXPECT_THAT(due(locks, 30), ElementsAre(1));
}

// What is renewed for ever takes no more room each time.
TEST(Locks, AreThoseOfASimpleMapWhateverIsDone) {
  std::mt19937 random(7);
  Locks locks;
  std::map<std::uint64_t, std::int64_t> model;
  std::int64_t now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t lease = random() % 50;
    if (random() % 3 != 0) {
      const auto at = now + 1 + static_cast<std::int64_t>(random() % 100);
      if (Lock* const lock = locks.find(lease)) {
        locks.move(lease, *lock, at);
      } else {
        locks.add(lease, {.due_ms = at});
      }
      model[lease] = at;
    } else if (random() % 2 != 0) {
      locks.remove(lease);
      model.erase(lease);
    } else {
      now += random() % 20;
      std::vector<std::uint64_t> expected;
      for (const auto& [one, at] : model) {
        if (at <= now) expected.push_back(one);
      }
      for (const auto one : expected) model.erase(one);
      ASSERT_THAT(due(locks, now), ::testing::UnorderedElementsAreArray(expected));
    }
    ASSERT_EQ(locks.size(), model.size());
  }
}

}  // namespace
}  // namespace events_service
