// What a subscriber does at its limits: overflow, deliveries, expiry, and what it leaves to others.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include "queue/subscriber_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::limits;
using testing::SubscriberBench;

TEST(SubscriberLimits, DropNewestKeepsWhatIsThere) {
  SubscriberBench bench(limits(2, TRELLIS_OVERFLOW_DROP_NEWEST));
  bench.offer({"a", "b", "c"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 1);
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("a", "b"));
  bench.expect_account();
}

TEST(SubscriberLimits, DropOldestMakesRoom) {
  SubscriberBench bench(limits(2, TRELLIS_OVERFLOW_DROP_OLDEST));
  bench.offer({"a", "b", "c", "d"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 2);
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("c", "d"));
  bench.expect_account();
}

TEST(SubscriberLimits, WhoIsAwayCountsForTheBudgetOfAllWhoAre) {
  SubscriberBench bench(limits(10));
  bench.offer({"a", "b"}, 1);
  const std::int64_t bytes = bench.owner.away_bytes;
  EXPECT_GT(bytes, 0);
  bench.attach(1);
  EXPECT_EQ(bench.owner.away_bytes, 0);
  bench.detach();
  EXPECT_EQ(bench.owner.away_bytes, bytes);
  bench.finish();
  EXPECT_EQ(bench.owner.away_bytes, 0);
}

TEST(SubscriberLimits, WithTheBudgetUsedUpAnAwayQueueIsAsGoodAsFull) {
  for (const std::uint32_t overflow : {TRELLIS_OVERFLOW_DROP_NEWEST, TRELLIS_OVERFLOW_DROP_OLDEST}) {
    SubscriberBench bench(limits(10, overflow));
    bench.offer({"a", "b"}, 1);
    bench.owner.full = true;
    bench.offer({"c"}, 1);
    EXPECT_EQ(bench.dropped(DropReason::memory), 1);
    bench.attach();
    const auto got = bench.payloads();
    EXPECT_THAT(got, overflow == TRELLIS_OVERFLOW_DROP_OLDEST ? ElementsAre("b", "c") : ElementsAre("a", "b"));
    bench.offer({"d"}, 1);
    EXPECT_THAT(bench.payloads(), ElementsAre("d")) << "who is here is not concerned";
    bench.expect_account();
  }
}

TEST(SubscriberLimits, WithTheBudgetUsedUpAnEmptyAwayQueueStaysEmpty) {
  SubscriberBench bench(limits(10, TRELLIS_OVERFLOW_DROP_OLDEST));
  bench.owner.full = true;
  bench.offer({"a"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::memory), 1);
  SubscriberBench refusing(limits(10, TRELLIS_OVERFLOW_REJECT));
  refusing.owner.full = true;
  refusing.offer({"a"}, 1);
  EXPECT_EQ(refusing.dropped(), 0) << "its publishers were told yes";
}

TEST(SubscriberLimits, DropOldestLeavesLeasesAlone) {
  SubscriberBench bench(limits(1, TRELLIS_OVERFLOW_DROP_OLDEST));
  bench.attach(1);
  bench.offer({"leased", "b", "c"}, 1);
  const auto first = bench.take();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(bench.settle(first[0].lease, TRELLIS_SETTLE_ACCEPT), TRELLIS_OK);
  EXPECT_THAT(bench.payloads(), ElementsAre("c"));
  bench.expect_account();
}

TEST(SubscriberLimits, DropOldestBuriesWhatItDrops) {
  SubscriberBench bench(limits(1, TRELLIS_OVERFLOW_DROP_OLDEST));
  bench.owner.buries = [] { return true; };
  bench.offer({"a", "b"}, 1);
  EXPECT_THAT(bench.owner.buried, ElementsAre("a:queue_full"));
  EXPECT_EQ(bench.read(bench.metrics.dead_lettered), 1);
  EXPECT_EQ(bench.dropped(), 0);
  bench.expect_account();
}

TEST(SubscriberLimits, TerminateEndsTheSubscriberOnce) {
  SubscriberBench bench(limits(2, TRELLIS_OVERFLOW_TERMINATE));
  bench.offer({"a", "b", "c", "d"}, 1);
  EXPECT_THAT(bench.owner.ended, ElementsAre(std::uint32_t{TRELLIS_ENDED_OVERFLOW}));
  EXPECT_TRUE(bench.subscriber->ended());
  EXPECT_EQ(bench.read(bench.metrics.queued), 0);
  bench.expect_account();
}

TEST(SubscriberLimits, RejectTellsPublishersWhileFull) {
  SubscriberBench bench(limits(2, TRELLIS_OVERFLOW_REJECT));
  bench.offer({"a"}, 1);
  EXPECT_GT(bench.subscriber->space(), 0u);
  bench.offer({"b"}, 1);
  EXPECT_EQ(bench.subscriber->space(), 0u);
  bench.attach();
  for (const auto& one : bench.take()) bench.settle(one.lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_GT(bench.subscriber->space(), 0u);
  bench.expect_account();
}

TEST(SubscriberLimits, OtherPoliciesNeverRefusePublishers) {
  for (const std::uint32_t policy : {TRELLIS_OVERFLOW_DROP_NEWEST, TRELLIS_OVERFLOW_DROP_OLDEST}) {
    SubscriberBench bench(limits(1, policy));
    bench.offer({"a", "b"}, 1);
    EXPECT_EQ(bench.subscriber->space_to_refusal(), UINT32_MAX);
    EXPECT_EQ(bench.subscriber->space(), 0u);
  }
}

TEST(SubscriberLimits, BytesCountToo) {
  trellis_queue_limits small = limits(100);
  small.bytes = 10;  // "t" and four bytes make five
  SubscriberBench bench(small);
  bench.offer({"aaaa", "bbbb", "cccc"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 1);
  EXPECT_EQ(bench.read(bench.metrics.queued_bytes), 10);
  bench.expect_account();
}

TEST(SubscriberLimits, ZeroMessagesQueuesNothingButStillDelivers) {
  SubscriberBench bench(limits(0));
  bench.offer({"offline"}, 1);
  bench.attach();
  bench.offer({"direct"}, 1);
  EXPECT_THAT(bench.payloads(), ElementsAre("direct"));
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 1);
  bench.expect_account();
}

TEST(SubscriberLimits, RetainedMessagesAreOutsideTheLimit) {
  SubscriberBench bench(limits(1));
  bench.on_shard([&] {  // all within one turn, so that they wait together
    for (const char* payload : {"r1", "r2", "r3"}) {
      bench.subscriber->replay(*testing::message("t", payload, 1), {.qos = 1});
    }
  });
  bench.offer({"live", "one too many"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 1);
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("r1", "r2", "r3", "live"));
  bench.expect_account();
}

TEST(SubscriberLimits, Qos0WaitsForNobodyUnlessAskedTo) {
  SubscriberBench dropping(limits(10));
  dropping.offer({"a"}, 0);
  EXPECT_EQ(dropping.dropped(DropReason::offline), 1);
  dropping.expect_account();

  trellis_queue_limits keeping = limits(10);
  keeping.queue_qos0 = 1;
  SubscriberBench queueing(keeping);
  queueing.offer({"a"}, 0);
  queueing.attach();
  EXPECT_THAT(queueing.payloads(), ElementsAre("a"));
  EXPECT_EQ(queueing.read(queueing.metrics.delivered), 1);
  queueing.expect_account();
}

TEST(SubscriberLimits, GivesUpAfterSoManyDeliveries) {
  trellis_queue_limits twice = limits(10);
  twice.maximum_deliveries = 2;
  SubscriberBench bench(twice);
  bench.owner.buries = [] { return true; };
  bench.attach(1);
  bench.offer({"poison", "next"}, 1);
  for (int i = 0; i < 2; ++i) bench.settle(bench.take().at(0).lease, TRELLIS_SETTLE_RELEASE);
  EXPECT_THAT(bench.payloads(), ElementsAre("next"));
  EXPECT_THAT(bench.owner.buried, ElementsAre("poison:deliveries"));
  bench.expect_account();
}

TEST(SubscriberLimits, RefusedDeliveriesAreBuriedOrCounted) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a", "b"}, 1);
  const auto received = bench.take();
  bench.settle(received[0].lease, TRELLIS_SETTLE_REJECT);
  bench.settle(received[1].lease, TRELLIS_SETTLE_DISCARD);
  EXPECT_EQ(bench.dropped(DropReason::rejected), 1);
  EXPECT_EQ(bench.dropped(DropReason::too_large), 1);
  bench.expect_account();
}

TEST(SubscriberLimits, WhatCannotBeSentAtQos0IsTakenBackFromDelivered) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a", "b"}, 0);
  bench.on_shard([&] { bench.subscriber->count_discarded(1); });
  EXPECT_EQ(bench.read(bench.metrics.delivered), 1);
  EXPECT_EQ(bench.dropped(DropReason::too_large), 1);
  bench.expect_account();
}

TEST(SubscriberLimits, ExpiredMessagesAreNotDelivered) {
  SubscriberBench bench;
  const std::int64_t now = bench.shards[0].call([&] { return bench.shards[0]->wall_ms(); });
  bench.offer({testing::expiring("t", "old", 1, now - 10'000, 5), testing::expiring("t", "fresh", 1, now, 3600)},
              {.qos = 1});
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("fresh"));
  EXPECT_EQ(bench.read(bench.metrics.expired), 1);
  bench.expect_account();
}

TEST(SubscriberLimits, WhatWasBegunIsCompletedThoughExpired) {
  SubscriberBench bench;
  bench.attach();
  const std::int64_t now = bench.shards[0].call([&] { return bench.shards[0]->wall_ms(); });
  bench.offer({testing::expiring("t", "begun", 1, now - 10'000, 5)}, {.qos = 1});
  const auto first = bench.take();
  ASSERT_EQ(first.size(), 1u);
  bench.on_shard([&] { bench.subscriber->set_tag(first[0].lease, 1); });
  bench.detach();
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("begun")) << "its packet id is in use";
}

TEST(SubscriberLimits, EndsWhenNobodyComesBackInTime) {
  SubscriberBench bench;
  bench.attach();
  bench.detach(1);
  EXPECT_TRUE(bench.shards[0].until([&] { return !bench.owner.ended.empty(); }));
  EXPECT_THAT(bench.owner.ended, ElementsAre(std::uint32_t{TRELLIS_ENDED_EXPIRED}));
}

TEST(SubscriberLimits, AttachingAgainStopsTheExpiry) {
  SubscriberBench bench;
  bench.attach();
  bench.on_shard([&] {
    bench.subscriber->detach(1);
    bench.subscriber->attach(nullptr, 1);
  });
  const std::uint64_t now = bench.shards[0].call([&] { return bench.shards[0]->now_ms(); });
  EXPECT_TRUE(bench.shards[0].until([&] { return bench.shards[0]->now_ms() > now + 60; }));
  EXPECT_THAT(bench.owner.ended, IsEmpty());
}

TEST(SubscriberLimits, HandsSharedMessagesOnWhenDetached) {
  SubscriberBench bench;
  bench.owner.takes = [] { return true; };
  bench.attach();
  bench.offer({"shared1", "shared2"}, 1, {.group = 4, .qos = 1});
  bench.offer({"own"}, 1);
  bench.detach();
  EXPECT_THAT(bench.owner.handed, ElementsAre("4:shared1", "4:shared2"));
  EXPECT_EQ(bench.read(bench.metrics.matched), 1) << "the other member counts what it was given";
  bench.expect_account();
}

TEST(SubscriberLimits, KeepsSharedMessagesWhoseReceiptHasBegunAtQos2) {
  SubscriberBench bench;
  bench.owner.takes = [] { return true; };
  bench.attach();
  bench.offer({"begun", "not begun"}, 2, {.group = 4, .qos = 2});
  const auto received = bench.take();
  bench.on_shard([&] { bench.subscriber->set_tag(received[0].lease, 1); });
  bench.detach();
  EXPECT_THAT(bench.owner.handed, ElementsAre("4:not begun"));
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("begun"));
  bench.expect_account();
}

TEST(SubscriberLimits, KeepsSharedMessagesThatNobodyElseTakes) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"shared"}, 1, {.group = 4, .qos = 1});
  bench.take();
  bench.detach();
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("shared"));
  bench.owner.takes = [] { return true; };
  bench.finish();
  EXPECT_THAT(bench.owner.handed, ElementsAre("4:shared"));
  bench.expect_account();
}

}  // namespace
}  // namespace trellis::kernel
