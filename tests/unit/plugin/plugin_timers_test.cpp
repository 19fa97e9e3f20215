// Timers of plugins, named by tokens.
#include "plugin/plugin_timers.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "loop/running_shard.hpp"

namespace trellis::kernel {
namespace {

using testing::ShardSet;

class Timers : public ::testing::Test {
 protected:
  void SetUp() override {
    shards_[0].call([this] { timers_ = std::make_unique<PluginTimers>(*shards_[0]); });
  }
  void TearDown() override {
    shards_[0].call([this] { timers_.reset(); });
    shards_.stop();
  }
  static void count(void* user) { ++static_cast<Timers*>(user)->fired_; }
  static void start_next(void* user) {
    auto& self = *static_cast<Timers*>(user);
    if (++self.fired_ < 5) self.last_ = self.timers_->start(1, &start_next, user);
  }

  ShardSet shards_;
  std::unique_ptr<PluginTimers> timers_;
  int fired_ = 0;
  trellis_token last_ = 0;
};

TEST_F(Timers, FireOnceAndAreThenUnknown) {
  const trellis_token token = shards_[0].call([this] { return timers_->start(1, &count, this); });
  EXPECT_TRUE(shards_[0].until([this] { return fired_ == 1; }));
  EXPECT_FALSE(shards_[0].call([&] { return timers_->cancel(token); }));
}

TEST_F(Timers, HaveTokensOfTheirOwnAndCanBeCancelled) {
  shards_[0].call([this] {
    const trellis_token first = timers_->start(3'600'000, &count, this);
    const trellis_token second = timers_->start(3'600'000, &count, this);
    EXPECT_NE(first, 0u);
    EXPECT_NE(first, second);
    EXPECT_TRUE(timers_->cancel(second));
    EXPECT_FALSE(timers_->cancel(second));
    EXPECT_TRUE(timers_->cancel(first));
    EXPECT_FALSE(timers_->cancel(0));
  });
}

TEST_F(Timers, MayStartTheNextFromWithin) {
  shards_[0].call([this] { start_next(this); });
  EXPECT_TRUE(shards_[0].until([this] { return fired_ == 5; }));
}

TEST_F(Timers, StillRunningWhenTheyDieNeverFire) {
  shards_[0].call([this] {
    timers_->start(1, &count, this);
    timers_.reset();
  });
  const std::uint64_t now = shards_[0].call([this] { return shards_[0]->now_ms(); });
  EXPECT_TRUE(shards_[0].until([&] { return shards_[0]->now_ms() > now + 60; }));
  EXPECT_EQ(fired_, 0);
}

}  // namespace
}  // namespace trellis::kernel
