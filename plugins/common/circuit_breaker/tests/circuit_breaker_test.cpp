// When calls go, when they do not, and what a probe decides.
#include "common/circuit_breaker/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace common {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;
using Outcome = CircuitBreaker::Outcome;

class Breaker : public testing::Test {
 protected:
  /// One call that goes, with its outcome; false where it does not go.
  bool call(Outcome outcome) {
    const auto pass = breaker_.admit(now_);
    if (pass) breaker_.settle(*pass, outcome, now_);
    return pass.has_value();
  }
  void open() {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(call(Outcome::failure));
    ASSERT_EQ(breaker_.state(), State::open);
  }

  std::vector<State> states_;
  std::chrono::milliseconds now_{1000};
  CircuitBreaker breaker_{{.failures = 3, .pause = 10s}, [this](State, State to) { states_.push_back(to); }};
};

TEST_F(Breaker, OpensAfterFailuresInARow) {
  call(Outcome::failure);
  call(Outcome::failure);
  call(Outcome::success);
  call(Outcome::failure);
  call(Outcome::failure);
  EXPECT_EQ(breaker_.state(), State::closed);
  call(Outcome::dropped);
  EXPECT_EQ(breaker_.state(), State::closed) << "what told nothing is no failure";
  call(Outcome::failure);
  EXPECT_EQ(breaker_.state(), State::open);
  EXPECT_FALSE(call(Outcome::success));
}

TEST_F(Breaker, LetsOneTryAfterThePause) {
  open();
  now_ += 9999ms;
  EXPECT_FALSE(breaker_.admit(now_));
  now_ += 1ms;
  const auto probe = breaker_.admit(now_);
  ASSERT_TRUE(probe);
  EXPECT_FALSE(breaker_.admit(now_)) << "one only";
  breaker_.settle(*probe, Outcome::success, now_);
  EXPECT_EQ(breaker_.state(), State::closed);
  EXPECT_EQ(states_, (std::vector{State::open, State::half_open, State::closed}));
}

TEST_F(Breaker, AFailedProbeOpensItAgain) {
  open();
  now_ += 10s;
  EXPECT_TRUE(call(Outcome::failure));
  EXPECT_EQ(breaker_.state(), State::open);
  now_ += 9999ms;
  EXPECT_FALSE(breaker_.admit(now_));
  now_ += 1ms;
  EXPECT_TRUE(call(Outcome::success));
  EXPECT_EQ(breaker_.state(), State::closed);
}

TEST_F(Breaker, AProbeThatToldNothingLetsAnotherTry) {
  open();
  now_ += 10s;
  EXPECT_TRUE(call(Outcome::dropped));
  EXPECT_EQ(breaker_.state(), State::half_open);
  EXPECT_TRUE(call(Outcome::success));
  EXPECT_EQ(breaker_.state(), State::closed);
}

TEST_F(Breaker, CallsFromBeforeItOpenedDecideNothing) {
  const auto early = breaker_.admit(now_);
  const auto other = breaker_.admit(now_);
  open();
  breaker_.settle(*early, Outcome::success, now_);
  EXPECT_EQ(breaker_.state(), State::open);
  now_ += 10s;
  const auto probe = breaker_.admit(now_);
  breaker_.settle(*other, Outcome::failure, now_);
  EXPECT_EQ(breaker_.state(), State::half_open);
  breaker_.settle(*probe, Outcome::success, now_);
  EXPECT_EQ(breaker_.state(), State::closed);
}

TEST(CircuitBreaker, WithoutANumberOfFailuresItNeverOpens) {
  CircuitBreaker breaker({.failures = 0});
  for (int i = 0; i < 100; ++i) breaker.settle(breaker.admit(0ms).value(), Outcome::failure, 0ms);
  EXPECT_EQ(breaker.state(), State::closed);
}

TEST(CircuitBreaker, WhoCountsOpenOnesIsToldWhenOneGoes) {
  int open = 0;
  {
    CircuitBreaker breaker({.failures = 1}, [&](State from, State to) {
      open += (to == State::open ? 1 : 0) - (from == State::open ? 1 : 0);
    });
    breaker.settle(breaker.admit(0ms).value(), Outcome::failure, 0ms);
    EXPECT_EQ(open, 1);
  }
  EXPECT_EQ(open, 0);
}

TEST(CircuitBreaker, OneThatGoesIsNotToldAsClosed) {
  std::vector<State> states;
  {
    CircuitBreaker breaker({.failures = 1, .pause = 10s}, [&](State, State to) { states.push_back(to); });
    breaker.settle(breaker.admit(0ms).value(), Outcome::failure, 0ms);
    ASSERT_TRUE(breaker.admit(10s));
  }
  EXPECT_EQ(states, (std::vector{State::open, State::half_open, State::gone}));
}

}  // namespace
}  // namespace common
