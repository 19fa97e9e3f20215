// What is awaited, by token, each with a deadline.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <trellis/runtime/awaited.hpp>
#include <vector>

#include "runtime/running_shard.hpp"

namespace trellis::runtime {
namespace {

using testing::ShardSet;

constexpr std::uint64_t kNever = 3'600'000;

class AwaitedValues : public ::testing::Test {
 protected:
  void SetUp() override {
    shards_[1].call(
        [this] { awaited_ = std::make_unique<Awaited<int>>(*shards_[1], [this](int& value) { late_(value); }); });
  }
  void TearDown() override {
    shards_[1].call([this] { awaited_.reset(); });
    shards_.stop();
  }

  ShardSet shards_{2};
  std::unique_ptr<Awaited<int>> awaited_;
  std::vector<int> was_late_;
  std::function<void(int)> late_ = [this](int value) { was_late_.push_back(value); };
};

TEST_F(AwaitedValues, AreTakenOnceByATokenThatNamesTheShard) {
  shards_[1].call([this] {
    const trellis_token first = awaited_->add(kNever, 1);
    const trellis_token second = awaited_->add(kNever, 2);
    EXPECT_NE(first, second);
    EXPECT_EQ(first >> 56, 1u);
    EXPECT_EQ(awaited_->take(second), 2);
    EXPECT_EQ(awaited_->take(second), std::nullopt);
    EXPECT_EQ(awaited_->take(first), 1);
    EXPECT_EQ(awaited_->take(0), std::nullopt);
  });
}

TEST_F(AwaitedValues, AreLateOnceAndThenUnknown) {
  const trellis_token token = shards_[1].call([this] { return awaited_->add(1, 7); });
  EXPECT_TRUE(shards_[1].until([this] { return !was_late_.empty(); }));
  EXPECT_EQ(was_late_, std::vector<int>{7});
  EXPECT_EQ(shards_[1].call([&] { return awaited_->take(token); }), std::nullopt);
}

TEST_F(AwaitedValues, MayBeFollowedByTheNextFromWithin) {
  late_ = [this](int value) {
    was_late_.push_back(value);
    if (value < 5) awaited_->add(1, value + 1);
  };
  shards_[1].call([this] { awaited_->add(1, 1); });
  EXPECT_TRUE(shards_[1].until([this] { return was_late_.size() == 5; }));
}

TEST_F(AwaitedValues, MayWaitWithoutADeadlineAndWithOneLater) {
  const trellis_token token = shards_[1].call([this] {
    const trellis_token added = awaited_->add(7);
    awaited_->set_deadline(added, 1);
    awaited_->end_deadline(added);
    return added;
  });
  std::uint64_t now = shards_[1].call([this] { return shards_[1]->now_ms(); });
  EXPECT_TRUE(shards_[1].until([&] { return shards_[1]->now_ms() > now + 60; }));
  shards_[1].call([&] {
    ASSERT_NE(awaited_->find(token), nullptr);
    EXPECT_EQ(*awaited_->find(token), 7);
    EXPECT_EQ(awaited_->find(token + 1), nullptr);
    awaited_->set_deadline(token, 1);
  });
  EXPECT_TRUE(shards_[1].until([this] { return !was_late_.empty(); }));
}

TEST_F(AwaitedValues, AreForgottenWhereSaidAndNeverLateThen) {
  shards_[1].call([this] {
    for (int value = 0; value < 10; ++value) awaited_->add(1, value);
    awaited_->forget_if([](int value) { return value != 4; });
  });
  EXPECT_TRUE(shards_[1].until([this] { return !was_late_.empty(); }));
  const std::uint64_t now = shards_[1].call([this] { return shards_[1]->now_ms(); });
  EXPECT_TRUE(shards_[1].until([&] { return shards_[1]->now_ms() > now + 60; }));
  EXPECT_EQ(was_late_, std::vector<int>{4});
}

TEST_F(AwaitedValues, AreNeverLateWhenTheirHomeIsGone) {
  shards_[1].call([this] {
    awaited_->add(1, 1);
    awaited_.reset();
  });
  const std::uint64_t now = shards_[1].call([this] { return shards_[1]->now_ms(); });
  EXPECT_TRUE(shards_[1].until([&] { return shards_[1]->now_ms() > now + 60; }));
  EXPECT_TRUE(was_late_.empty());
}

}  // namespace
}  // namespace trellis::runtime
