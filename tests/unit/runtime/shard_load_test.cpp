// Who gets the next one.
#include <gtest/gtest.h>

#include <trellis/runtime/shard_load.hpp>

namespace trellis::runtime {
namespace {

TEST(ShardLoad, SpreadsFewEvenlyWhereverTheyCome) {
  ShardLoad load(4);
  for (int i = 0; i < 8; ++i) load.place(2);
  for (std::uint32_t shard = 0; shard < 4; ++shard) EXPECT_EQ(load.of(shard), 2u) << shard;
}

TEST(ShardLoad, LeavesWhatIsEvenWhereItCame) {
  ShardLoad load(2);
  EXPECT_EQ(load.place(1), 1u);
  EXPECT_EQ(load.place(0), 0u);
  EXPECT_EQ(load.place(0), 0u);
}

TEST(ShardLoad, LetsAnEighthBeAmongMany) {
  ShardLoad load(2);
  for (int i = 0; i < 800; ++i) load.add(0);
  for (int i = 0; i < 890; ++i) load.add(1);
  EXPECT_EQ(load.place(1), 1u);
  for (int i = 0; i < 10; ++i) load.add(1);
  EXPECT_EQ(load.place(1), 0u);
}

TEST(ShardLoad, CountsWhatMovesAndGoes) {
  ShardLoad load(2);
  load.place(0);
  load.move(0, 1);
  EXPECT_EQ(load.of(0), 0u);
  EXPECT_EQ(load.of(1), 1u);
  load.remove(1);
  EXPECT_EQ(load.of(1), 0u);
}

}  // namespace
}  // namespace trellis::runtime
