// The queue of checks: sharing, bounds, giving up, remembering.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>

#include "verifier.hpp"

namespace password {
namespace {

using Outcome = Verifier::Outcome;
using Answer = Verifier::Answer;

/// A verifier whose outcomes can be waited for, with a clock moved by hand. With `held`, its first worker stays in
/// `done` until release(), so that what is queued behind it is known.
class VerifierTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> errors;
    // The password is "secret"; cheap to check.
    users_ = Users::parse(
        "ada:$6$DvCfhLgj+bwZlA0S$"
        "E0ytQRxbPVzhHBQBYx19blc7Pnq+K/68IsyhzdOVDmKJCUHtGiPA/VSKtG7I0xlucjztaR7dZgYxqCJfo+fs4w==\n",
        "f", errors);
    ASSERT_TRUE(errors.empty());
  }

  void make(size_t queue, bool held = false) {
    held_ = held;
    verifier_ =
        std::make_unique<Verifier>(VerifierOptions{.threads = 1,
                                                   .queue = queue,
                                                   .cache_entries = 2,
                                                   .cache_ms = 1000,
                                                   .now_ms = [this] { return now_ms_.load(); }},
                                   [this](Verifier::Client client, Outcome outcome) { on_done(client, outcome); });
    ASSERT_TRUE(verifier_->start());
  }

  void on_done(Verifier::Client client, Outcome outcome) {
    std::unique_lock lock(mutex_);
    outcomes_[client] = outcome;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
  }

  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  Outcome outcome(Verifier::Client client) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcomes_.contains(client); });
    return outcomes_[client];
  }

  bool told(Verifier::Client client) {
    const std::lock_guard lock(mutex_);
    return outcomes_.contains(client);
  }

  Users users_;
  std::atomic<uint64_t> now_ms_{1};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Verifier::Client, Outcome> outcomes_;
  bool held_ = false;
  std::unique_ptr<Verifier> verifier_;  // last: its threads use the rest
};

TEST_F(VerifierTest, TellsRightFromWrong) {
  make(8);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 1), Answer::waiting);
  EXPECT_EQ(verifier_->check(users_, "ada", "Secret", 2), Answer::waiting);
  EXPECT_EQ(verifier_->check(users_, "eve", "secret", 3), Answer::waiting);
  EXPECT_EQ(outcome(1), Outcome::right);
  EXPECT_EQ(outcome(2), Outcome::wrong);
  EXPECT_EQ(outcome(3), Outcome::wrong);
  EXPECT_EQ(verifier_->waiting(), 0u);
}

TEST_F(VerifierTest, RemembersWhatWasRightForItsTime) {
  make(8);
  verifier_->check(users_, "ada", "secret", 1);
  EXPECT_EQ(outcome(1), Outcome::right);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 2), Answer::right);
  EXPECT_EQ(verifier_->check(users_, "ada", "other", 3), Answer::waiting);
  now_ms_ += 1000;
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 4), Answer::waiting);
}

TEST_F(VerifierTest, RemembersNothingForAChangedHash) {
  make(8);
  verifier_->check(users_, "ada", "secret", 1);
  EXPECT_EQ(outcome(1), Outcome::right);
  std::vector<std::string> errors;
  const Users changed = Users::parse("ada:" + format_hash(*make_hash(Algorithm::pbkdf2, "new")), "f", errors);
  EXPECT_EQ(verifier_->check(changed, "ada", "secret", 2), Answer::waiting);
  EXPECT_EQ(outcome(2), Outcome::wrong);
}

TEST_F(VerifierTest, SharesOneCheckAndRefusesBeyondItsBound) {
  make(2, true);
  verifier_->check(users_, "eve", "hold", 1);
  EXPECT_EQ(outcome(1), Outcome::wrong);  // the worker is held now
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 2), Answer::waiting);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 3), Answer::waiting);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 4), Answer::overloaded);
  release();
  EXPECT_EQ(outcome(2), Outcome::right);
  EXPECT_EQ(outcome(3), Outcome::right);
  EXPECT_FALSE(told(4));
}

TEST_F(VerifierTest, AbandonedClientsAreNotToldAndMakeRoom) {
  make(1, true);
  verifier_->check(users_, "eve", "hold", 1);
  EXPECT_EQ(outcome(1), Outcome::wrong);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 2), Answer::waiting);
  verifier_->abandon(2);
  EXPECT_EQ(verifier_->waiting(), 0u);
  EXPECT_EQ(verifier_->check(users_, "ada", "wrong", 3), Answer::waiting);
  release();
  EXPECT_EQ(outcome(3), Outcome::wrong);
  EXPECT_FALSE(told(2));
}

TEST_F(VerifierTest, StopGivesUpWhatIsQueuedAndRefusesAfterwards) {
  make(8, true);
  verifier_->check(users_, "eve", "hold", 1);
  EXPECT_EQ(outcome(1), Outcome::wrong);
  EXPECT_EQ(verifier_->check(users_, "ada", "secret", 2), Answer::waiting);
  const auto stopped = std::async(std::launch::async, [this] { verifier_->stop(); });
  // The worker is held, so it cannot take the queued check before it sees that it shall stop.
  while (verifier_->check(users_, "ada", "x", 3) != Answer::overloaded) {
    verifier_->abandon(3);
    std::this_thread::yield();
  }
  release();
  stopped.wait();
  EXPECT_EQ(outcome(2), Outcome::given_up);
  verifier_->stop();
}

}  // namespace
}  // namespace password
