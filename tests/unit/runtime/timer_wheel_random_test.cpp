// The timer wheel beside a plain list of due times, over random operations.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <trellis/runtime/timer_wheel.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

/// A wheel and a list of due times, given the same orders.
class WheelModel {
 public:
  WheelModel(std::uint64_t start, std::size_t timers) : now_(start), wheel_(start) {
    for (std::size_t i = 0; i < timers; ++i) timers_.push_back(std::make_unique<ModelTimer>(*this, i));
  }

  void arm(std::size_t index, std::uint64_t delay) {
    wheel_.arm(*timers_[index], now_, delay);
    due_[index] = now_ + delay;
  }
  void cancel(std::size_t index) {
    timers_[index]->cancel();
    due_.erase(index);
  }
  void advance(std::uint64_t step) {
    now_ += step;
    wheel_.advance(now_);
    for (const auto& [index, due] : due_) {
      ASSERT_GT(due + 2 * TimerWheel::kTickMs, now_) << "timer " << index << " did not fire";
      ASSERT_TRUE(timers_[index]->armed());
    }
  }
  /// Nothing may become due within what wait_ms() says, by more than the wheel's precision.
  void check_wait(std::uint64_t limit) {
    const std::uint64_t wait = wheel_.wait_ms(now_, limit);
    ASSERT_LE(wait, limit);
    for (const auto& [index, due] : due_) ASSERT_GE(due + 2 * TimerWheel::kTickMs, now_ + wait) << index;
  }

 private:
  struct ModelTimer final : Timer {
    ModelTimer(WheelModel& model, std::size_t number)
        : Timer([](Timer& timer) {
            auto& self = static_cast<ModelTimer&>(timer);
            self.owner.fired(self.index);
          }),
          owner(model),
          index(number) {}
    WheelModel& owner;
    std::size_t index;
  };
  void fired(std::size_t index) {
    const auto found = due_.find(index);
    ASSERT_NE(found, due_.end()) << "timer " << index << " was not armed";
    EXPECT_LE(found->second, now_) << "timer " << index << " fired early";
    due_.erase(found);
  }

  std::uint64_t now_;
  TimerWheel wheel_;
  std::vector<std::unique_ptr<ModelTimer>> timers_;
  std::map<std::size_t, std::uint64_t> due_;
};

void run_model(unsigned seed, std::uint64_t longest_delay, std::uint64_t longest_step) {
  std::mt19937_64 random(seed);
  WheelModel model(random() % 1'000'000'000, 50);
  for (int i = 0; i < 3000; ++i) {
    const std::size_t index = random() % 50;
    const std::uint64_t choice = random() % 10;
    if (choice < 5) {
      model.arm(index, random() % longest_delay);
    } else if (choice < 6) {
      model.cancel(index);
    } else {
      ASSERT_NO_FATAL_FAILURE(model.advance(random() % longest_step)) << "step " << i;
    }
    ASSERT_NO_FATAL_FAILURE(model.check_wait(1000)) << "step " << i;
  }
}

TEST(TimerWheelModel, AgreesForDelaysOfMilliseconds) { run_model(1, 200, 40); }
TEST(TimerWheelModel, AgreesForDelaysOfSeconds) { run_model(2, 10'000, 500); }
TEST(TimerWheelModel, AgreesForDelaysOfMinutes) { run_model(3, 900'000, 20'000); }
TEST(TimerWheelModel, AgreesForDelaysOfDays) { run_model(4, 3ull * 24 * 3600 * 1000, 500'000); }
TEST(TimerWheelModel, AgreesWhenTimeJumps) { run_model(5, 60'000, 300'000); }

TEST(TimerWheelWait, IsTheTimeToTheNextTimer) {
  struct Plain final : Timer {
    Plain() : Timer([](Timer&) {}) {}
  } timer;
  TimerWheel wheel(1600);
  EXPECT_EQ(wheel.wait_ms(1600, 1000), 1000u - 1000u % TimerWheel::kTickMs);
  wheel.arm(timer, 1600, 320);
  EXPECT_EQ(wheel.wait_ms(1600, 1000), 320u);
  wheel.advance(1760);
  EXPECT_EQ(wheel.wait_ms(1760, 1000), 160u);
  EXPECT_EQ(wheel.wait_ms(1930, 1000), 0u);
}

}  // namespace
}  // namespace trellis::runtime
