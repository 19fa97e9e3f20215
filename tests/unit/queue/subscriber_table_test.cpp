// The subscribers of one shard, found by name and by number.
#include "queue/subscriber_table.hpp"

#include <gtest/gtest.h>

#include "queue/subscriber_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::limits;

TEST(SubscriberTable, FindsByNameWithinANamespaceAndByNumber) {
  Metrics metrics;
  metrics.add_shards(1);
  Epochs epochs;
  Shard shard(0, metrics.cells(0), epochs);
  testing::FakeOwner owner;
  const QueueMetrics counted = testing::queue_metrics(metrics);
  SubscriberTable table(0);
  Subscriber first(shard, owner, counted, table.next_id(), 0, "ada", limits(1));
  Subscriber second(shard, owner, counted, table.next_id(), 1, "ada", limits(1));
  table.add(first);
  table.add(second);

  EXPECT_EQ(table.find(0, "ada"), &first);
  EXPECT_EQ(table.find(1, "ada"), &second);
  EXPECT_EQ(table.find(2, "ada"), nullptr);
  EXPECT_EQ(table.find(0, "bob"), nullptr);
  EXPECT_EQ(table.find(second.id()), &second);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.all().size(), 2u);
  table.shrink_queues();

  table.remove(first);
  EXPECT_EQ(table.find(0, "ada"), nullptr);
  EXPECT_EQ(table.find(first.id()), nullptr);
  EXPECT_EQ(table.find(1, "ada"), &second);
}

TEST(SubscriberTable, NumbersAreUniqueAcrossShards) {
  SubscriberTable zero(0);
  SubscriberTable three(3);
  EXPECT_NE(zero.next_id(), three.next_id());
  EXPECT_NE(three.next_id(), three.next_id());
  EXPECT_EQ(three.next_id() >> 56, 3u);
}

}  // namespace
}  // namespace trellis::kernel
