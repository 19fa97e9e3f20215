// The timer wheel, with time moved by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <trellis/runtime/timer_wheel.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

constexpr std::uint64_t kDay = 24ull * 60 * 60 * 1000;

/// A timer that runs a function.
struct TestTimer final : Timer {
  explicit TestTimer(std::function<void()> function)
      : Timer([](Timer& timer) { static_cast<TestTimer&>(timer).run(); }), run(std::move(function)) {}
  std::function<void()> run;
};

TEST(TimerWheel, FiresNotBeforeItsTime) {
  TimerWheel wheel(1000);
  bool fired = false;
  TestTimer timer([&] { fired = true; });
  wheel.arm(timer, 1000, 100);
  wheel.advance(1099);
  EXPECT_FALSE(fired);
  EXPECT_TRUE(timer.armed());
  wheel.advance(1100 + TimerWheel::kTickMs);
  EXPECT_TRUE(fired);
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, FiresOnceOnly) {
  TimerWheel wheel(0);
  int fired = 0;
  TestTimer timer([&] { ++fired; });
  wheel.arm(timer, 0, 16);
  wheel.advance(kDay);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, NeverFiresWithinArm) {
  TimerWheel wheel(1000);
  bool fired = false;
  TestTimer timer([&] { fired = true; });
  wheel.arm(timer, 1000, 0);
  EXPECT_FALSE(fired);
  wheel.advance(1000 + 2 * TimerWheel::kTickMs);
  EXPECT_TRUE(fired);
}

TEST(TimerWheel, FiresInOrderOfTimeThenOfArming) {
  TimerWheel wheel(0);
  std::string order;
  TestTimer late([&] { order += 'c'; });
  TestTimer first([&] { order += 'a'; });
  TestTimer second([&] { order += 'b'; });
  wheel.arm(late, 0, 500);
  wheel.arm(first, 0, 100);
  wheel.arm(second, 0, 100);
  wheel.advance(1000);
  EXPECT_EQ(order, "abc");
}

TEST(TimerWheel, RearmingMovesTheTime) {
  TimerWheel wheel(0);
  int fired = 0;
  TestTimer timer([&] { ++fired; });
  wheel.arm(timer, 0, 100);
  wheel.arm(timer, 0, 10'000);
  wheel.advance(9'999);
  EXPECT_EQ(fired, 0);
  wheel.arm(timer, 9'999, 50);
  wheel.advance(20'000);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, CancelledOrDestroyedTimersDoNotFire) {
  TimerWheel wheel(0);
  bool fired = false;
  TestTimer cancelled([&] { fired = true; });
  wheel.arm(cancelled, 0, 100);
  cancelled.cancel();
  cancelled.cancel();
  EXPECT_FALSE(cancelled.armed());
  {
    TestTimer destroyed([&] { fired = true; });
    wheel.arm(destroyed, 0, 100);
  }
  wheel.advance(kDay);
  EXPECT_FALSE(fired);
}

TEST(TimerWheel, EveryDelayUpToFifteenDaysFiresInItsTick) {
  // Delays around the borders of all levels (256 ticks, 64 times that, and so on), begun at uneven times.
  std::vector<std::uint64_t> ticks = {1, 2, 3};
  for (const std::uint64_t border : {1ull << 8, 1ull << 14, 1ull << 20, 1ull << 26}) {
    for (const std::uint64_t near :
         {border - 255, border - 1, border, border + 1, border + 256, border + (border >> 4)}) {
      ticks.push_back(near);
    }
  }
  const std::uint64_t start = 12'345'678;
  TimerWheel wheel(start);
  std::vector<std::unique_ptr<TestTimer>> timers;
  std::uint64_t now = start;
  std::vector<std::uint64_t> fired_at(ticks.size(), 0);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    timers.push_back(std::make_unique<TestTimer>([&now, &fired_at, i] { fired_at[i] = now; }));
    wheel.arm(*timers[i], start, ticks[i] * TimerWheel::kTickMs);
  }
  // Look one tick before and at each due time.
  std::vector<std::uint64_t> sorted = ticks;
  std::sort(sorted.begin(), sorted.end());
  for (const std::uint64_t tick : sorted) {
    for (const std::uint64_t extra : {0ull, 1ull}) {
      now = start + (tick + extra) * TimerWheel::kTickMs - 1;
      wheel.advance(now);
    }
    now = start + (tick + 1) * TimerWheel::kTickMs;
    wheel.advance(now);
  }
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const std::uint64_t due = start + ticks[i] * TimerWheel::kTickMs;
    EXPECT_GE(fired_at[i], due) << ticks[i];
    EXPECT_LE(fired_at[i], due + TimerWheel::kTickMs) << ticks[i];
  }
}

TEST(TimerWheel, BeyondItsReachTimersGoRoundAgain) {
  TimerWheel wheel(0);
  bool fired = false;
  TestTimer timer([&] { fired = true; });
  wheel.arm(timer, 0, 14 * kDay);
  for (std::uint64_t day = 1; day < 14; ++day) wheel.advance(day * kDay);
  EXPECT_FALSE(fired);
  wheel.advance(14 * kDay - 1);
  EXPECT_FALSE(fired);
  wheel.advance(14 * kDay + TimerWheel::kTickMs);
  EXPECT_TRUE(fired);
}

TEST(TimerWheel, FunctionMayRearmItsTimer) {
  TimerWheel wheel(0);
  std::vector<std::uint64_t> times;
  std::uint64_t now = 0;
  TestTimer timer([] {});
  timer.run = [&] {
    times.push_back(now);
    if (times.size() < 4) wheel.arm(timer, now, 160);
  };
  wheel.arm(timer, 0, 160);
  for (; now < 2000; now += TimerWheel::kTickMs) wheel.advance(now);
  EXPECT_EQ(times, (std::vector<std::uint64_t>{160, 320, 480, 640}));
}

TEST(TimerWheel, RearmingWithoutDelayDoesNotSpinWithinOneTick) {
  TimerWheel wheel(0);
  int fired = 0;
  TestTimer timer([] {});
  timer.run = [&] {
    ++fired;
    wheel.arm(timer, 160, 0);
  };
  wheel.arm(timer, 0, 0);
  wheel.advance(160);
  EXPECT_GE(fired, 1);
  EXPECT_LE(fired, 10);
  EXPECT_TRUE(timer.armed());
}

TEST(TimerWheel, FunctionMayCancelOthersOfTheSameTick) {
  TimerWheel wheel(0);
  std::string order;
  TestTimer third([&] { order += '3'; });
  TestTimer second([&] { order += '2'; });
  TestTimer first([&] {
    order += '1';
    second.cancel();
  });
  for (TestTimer* timer : {&first, &second, &third}) wheel.arm(*timer, 0, 100);
  wheel.advance(1000);
  EXPECT_EQ(order, "13");
}

TEST(TimerWheel, FunctionMayDestroyItsTimerAndOthers) {
  TimerWheel wheel(0);
  int fired = 0;
  auto second = std::make_unique<TestTimer>([&] { ++fired; });
  std::unique_ptr<TestTimer> first;
  first = std::make_unique<TestTimer>([&] {
    ++fired;
    second.reset();
    const auto gone = std::move(first);  // alive until this function ends
  });
  wheel.arm(*first, 0, 100);
  wheel.arm(*second, 0, 100);
  wheel.advance(1000);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, FunctionMayArmOthers) {
  TimerWheel wheel(0);
  std::string order;
  TestTimer other([&] { order += 'b'; });
  TestTimer timer([&] {
    order += 'a';
    wheel.arm(other, 100, 50);
  });
  wheel.arm(timer, 0, 100);
  wheel.advance(120);
  EXPECT_EQ(order, "a");
  wheel.advance(200);
  EXPECT_EQ(order, "ab");
}

TEST(TimerWheel, ForgetsTimersWhenItDies) {
  TestTimer timer([] { ADD_FAILURE() << "fired without a wheel"; });
  {
    TimerWheel wheel(0);
    wheel.arm(timer, 0, 100);
  }
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, TheLongestDelaysDoNotComeRoundAgain) {
  TimerWheel wheel(1000);
  int fired = 0;
  TestTimer timer([&] { ++fired; });
  wheel.arm(timer, 1000, UINT64_MAX);
  wheel.advance(100'000'000);
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(timer.armed());
}

}  // namespace
}  // namespace trellis::runtime
