// A subscriber: what is delivered, when, and what becomes of it when the receiver is gone.
#include "queue/subscriber.hpp"

#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include "queue/subscriber_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Received;
using testing::SubscriberBench;

TEST(Subscriber, DeliversAtOnceWhileAttached) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a", "b"}, 0);
  const auto received = bench.take();
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].payload, "a");
  EXPECT_EQ(received[0].lease, 0u) << "nothing to settle at QoS 0";
  EXPECT_EQ(bench.read(bench.metrics.delivered), 2);
  bench.expect_account();
}

TEST(Subscriber, LeasesWhatMustBeConfirmed) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a"}, 1);
  const auto received = bench.take();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_NE(received[0].lease, 0u);
  EXPECT_EQ(bench.read(bench.metrics.delivered), 0);
  EXPECT_EQ(bench.read(bench.metrics.queued), 1);
  EXPECT_EQ(bench.settle(received[0].lease, TRELLIS_SETTLE_ACCEPT), TRELLIS_OK);
  EXPECT_EQ(bench.settle(received[0].lease, TRELLIS_SETTLE_ACCEPT), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.read(bench.metrics.delivered), 1);
  EXPECT_EQ(bench.read(bench.metrics.queued), 0);
  bench.expect_account();
}

TEST(Subscriber, LowersQosToWhatTheSubscriptionGrants) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a"}, 2, {.qos = 1});
  bench.offer({"b"}, 1, {.qos = 0});
  bench.offer({"c"}, 0, {.qos = 2});
  const auto received = bench.take();
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].qos, 1u);
  EXPECT_EQ(received[1].qos, 0u);
  EXPECT_EQ(received[1].lease, 0u);
  EXPECT_EQ(received[2].qos, 0u);
}

TEST(Subscriber, TellsIdentifiersWhetherDirectOrQueued) {
  const std::uint32_t identifiers[] = {3, 9};
  const Grant grant{.identifiers = identifiers, .identifier_count = 2, .qos = 1};
  SubscriberBench bench;
  bench.offer({"queued"}, 1, grant);
  bench.attach();
  bench.offer({"direct"}, 1, grant);
  for (const Received& one : bench.take()) EXPECT_THAT(one.identifiers, ElementsAre(3, 9)) << one.payload;
}

TEST(Subscriber, KeepsTheRetainFlagOnlyAsPublished) {
  const MessagePtr retained = testing::message("t", "x", 0, TRELLIS_MESSAGE_RETAIN);
  SubscriberBench bench;
  bench.attach();
  bench.offer({retained}, {.retain_as_published = false});
  bench.offer({retained}, {.retain_as_published = true});
  bench.replay("replayed", 0);
  const auto received = bench.take();
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].flags, 0u);
  EXPECT_EQ(received[1].flags, std::uint32_t{TRELLIS_DELIVERY_RETAIN});
  EXPECT_EQ(received[2].flags, std::uint32_t{TRELLIS_DELIVERY_RETAIN});
}

TEST(Subscriber, NoLocalKeepsItsOwnMessagesAway) {
  SubscriberBench bench;
  bench.attach();
  const MessagePtr own = testing::message("t", "own", 1, 0, SubscriberBench::kId);
  const MessagePtr other = testing::message("t", "other", 1, 0, SubscriberBench::kId + 1);
  bench.offer({own, other}, {.qos = 1, .no_local = true});
  EXPECT_THAT(bench.payloads(), ElementsAre("other"));
  EXPECT_EQ(bench.read(bench.metrics.matched), 1);
  bench.offer({own}, {.qos = 1, .no_local = false});
  EXPECT_THAT(bench.payloads(), ElementsAre("own"));
}

TEST(Subscriber, NeverHasMoreLeasesOutThanTheWindow) {
  SubscriberBench bench;
  bench.attach(2);
  bench.offer({"a", "b", "c", "d"}, 1);
  const auto first = bench.take();
  ASSERT_EQ(first.size(), 2u);
  bench.settle(first[1].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_THAT(bench.payloads(), ElementsAre("c"));
  bench.settle(first[0].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_THAT(bench.payloads(), ElementsAre("d"));
  bench.expect_account();
}

TEST(Subscriber, KeepsOrderBehindWhatWaits) {
  SubscriberBench bench;
  bench.attach(1);
  bench.offer({"a", "b"}, 1);
  bench.offer({"c"}, 0);
  const auto first = bench.take();
  ASSERT_EQ(first.size(), 1u) << "QoS 0 must not overtake";
  bench.settle(first[0].lease, TRELLIS_SETTLE_ACCEPT);
  const auto second = bench.take();
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].payload, "b");
  EXPECT_EQ(second[1].payload, "c");
}

TEST(Subscriber, BatchesOfAnySizeArriveInOrder) {
  std::vector<std::string> payloads;
  for (int i = 0; i < 300; ++i) payloads.push_back(std::to_string(i));
  SubscriberBench bench;
  bench.attach(100);
  bench.on_delivery = [&](const Received& one) { bench.subscriber->settle(one.lease, TRELLIS_SETTLE_ACCEPT); };
  bench.offer(payloads, 1);
  EXPECT_EQ(bench.payloads(), payloads);
  EXPECT_EQ(bench.read(bench.metrics.delivered), 300);
  bench.expect_account();
}

TEST(Subscriber, DeliversAgainWhatAnEarlierReceiverHadNotConfirmed) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a", "b", "c"}, 2);
  const auto first = bench.take();
  bench.on_shard([&] { bench.subscriber->set_tag(first[1].lease, 42); });
  bench.settle(first[0].lease, TRELLIS_SETTLE_ACCEPT);
  bench.settle(first[2].lease, TRELLIS_SETTLE_RECEIVED);
  bench.detach();
  EXPECT_FALSE(bench.subscriber->attached());
  bench.attach();
  const auto again = bench.take();
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].payload, "") << "the receiver has it already";
  EXPECT_EQ(again[0].flags, std::uint32_t{TRELLIS_DELIVERY_REDELIVERED | TRELLIS_DELIVERY_RECEIVED});
  EXPECT_EQ(again[1].payload, "b");
  EXPECT_EQ(again[1].tag, 42u);
  EXPECT_EQ(again[1].flags, std::uint32_t{TRELLIS_DELIVERY_REDELIVERED});
  bench.settle(again[0].lease, TRELLIS_SETTLE_ACCEPT);
  bench.settle(again[1].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_EQ(bench.read(bench.metrics.delivered), 3);
  bench.expect_account();
}

TEST(Subscriber, WindowOfBytesLetsAtLeastOneMessageOut) {
  SubscriberBench bench;
  bench.on_shard([&] { bench.subscriber->set_window_bytes(10); });  // topics are one byte
  bench.attach();
  bench.offer({"1234567890123", "a"}, 1);
  const auto large = bench.take();
  ASSERT_EQ(large.size(), 1u) << "larger than the window, but alone";
  bench.offer({"b"}, 0);
  EXPECT_THAT(bench.payloads(), IsEmpty()) << "in order, whatever needs no window";
  bench.settle(large[0].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_THAT(bench.payloads(), ElementsAre("a", "b"));
  bench.offer({"12345", "1", "2"}, 1);
  EXPECT_THAT(bench.payloads(), ElementsAre("12345", "1")) << "2 + 6 + 2 bytes";
  bench.detach();
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("a", "12345", "1")) << "leases that fell back free the window";
  bench.expect_account();
}

TEST(Subscriber, HeldGetsNothingUntilTheTimeIsUp) {
  SubscriberBench bench;
  bench.attach();
  bench.on_delivery = [&](const Received& one) {
    if (one.payload == "a") bench.subscriber->hold(50);
  };
  bench.offer({"a"}, 0);
  bench.offer({"b"}, 0);
  bench.offer({"c"}, 1);
  EXPECT_THAT(bench.payloads(), ElementsAre("a"));
  EXPECT_TRUE(bench.shards[0].until([&] { return bench.received.size() == 2; }));
  EXPECT_THAT(bench.payloads(), ElementsAre("b", "c"));
}

TEST(Subscriber, ExpiresAlthoughItWasHeld) {
  SubscriberBench bench;
  bench.attach();
  bench.on_shard([&] { bench.subscriber->hold(60'000); });
  bench.detach(1);
  EXPECT_TRUE(bench.shards[0].until([&] { return !bench.owner.ended.empty(); }));
  EXPECT_THAT(bench.owner.ended, ElementsAre(std::uint32_t{TRELLIS_ENDED_EXPIRED}));
}

TEST(Subscriber, ReleasedComesAgainBeforeWhatFollowed) {
  SubscriberBench bench;
  bench.attach(1);
  bench.offer({"a", "b"}, 1);
  const auto first = bench.take();
  bench.settle(first[0].lease, TRELLIS_SETTLE_RELEASE);
  const auto again = bench.take();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].payload, "a");
  EXPECT_EQ(again[0].flags, std::uint32_t{TRELLIS_DELIVERY_REDELIVERED});
  EXPECT_EQ(bench.read(bench.metrics.redelivered), 1);
  EXPECT_EQ(bench.read(bench.metrics.leased), 1);
}

TEST(Subscriber, LeasesEverythingForReceiversThatSettleAll) {
  SubscriberBench bench;
  bench.on_shard([&] { bench.subscriber->set_receiver(bench.subscriber->receiver(), nullptr, &bench, true); });
  bench.attach(1);
  bench.offer({"a", "b"}, 0);
  const auto first = bench.take();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_NE(first[0].lease, 0u);
  bench.settle(first[0].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_THAT(bench.payloads(), ElementsAre("b"));
  bench.expect_account();
}

TEST(Subscriber, SettlesOnlyLeasesThatAreOut) {
  SubscriberBench bench;
  bench.offer({"a"}, 1);
  EXPECT_EQ(bench.settle(1, TRELLIS_SETTLE_ACCEPT), TRELLIS_NO_MATCH) << "it waits";
  EXPECT_EQ(bench.settle(0, TRELLIS_SETTLE_ACCEPT), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.settle(99, TRELLIS_SETTLE_ACCEPT), TRELLIS_NO_MATCH);
  bench.attach();
  const auto received = bench.take();
  EXPECT_EQ(bench.settle(received[0].lease, 77), TRELLIS_INVALID);
  EXPECT_EQ(bench.settle(received[0].lease, TRELLIS_SETTLE_ACCEPT), TRELLIS_OK);
}

TEST(Subscriber, HoldsDeliveriesBackForAWhile) {
  SubscriberBench bench;
  bench.attach();
  bench.on_shard([&] { bench.subscriber->hold(50); });
  bench.offer({"a"}, 1);
  EXPECT_TRUE(bench.shards[0].until([&] { return !bench.received.empty(); }));
  EXPECT_THAT(bench.payloads(), ElementsAre("a"));
}

TEST(Subscriber, AttachingAnewEndsTheHold) {
  SubscriberBench bench;
  bench.attach();
  bench.on_shard([&] { bench.subscriber->hold(3'600'000); });
  bench.offer({"a"}, 1);
  EXPECT_THAT(bench.payloads(), IsEmpty());
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("a"));
}

TEST(Subscriber, FinishingCountsWhatWasLeft) {
  SubscriberBench bench;
  bench.attach(1);
  bench.offer({"a", "b", "c"}, 1);
  bench.finish();
  EXPECT_EQ(bench.dropped(DropReason::ended), 3);
  EXPECT_EQ(bench.read(bench.metrics.queued), 0);
  EXPECT_EQ(bench.read(bench.metrics.queued_bytes), 0);
  bench.offer({"late"}, 1);
  EXPECT_EQ(bench.dropped(DropReason::ended), 4);
  bench.expect_account();
}

TEST(Subscriber, AReceiverThatLeasesAllMayReadWhatItHasSettled) {
  auto queue_limits = testing::limits(1000);
  queue_limits.queue_qos0 = 1;
  SubscriberBench bench(queue_limits);
  std::vector<std::string> read;
  struct Handler {
    SubscriberBench& bench;
    std::vector<std::string>& read;
  } handler{bench, read};
  static constexpr trellis_receiver kSettlesFirst{
      sizeof(trellis_receiver),
      [](void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
        auto& self = *static_cast<Handler*>(user);
        for (std::uint32_t i = 0; i < count; ++i)
          self.bench.subscriber->settle(deliveries[i].lease, TRELLIS_SETTLE_ACCEPT);
        for (std::uint32_t i = 0; i < count; ++i) self.read.emplace_back(text_of(deliveries[i].message->payload));
      },
      nullptr, nullptr, nullptr};
  bench.on_shard([&] { bench.subscriber->set_receiver(&kSettlesFirst, nullptr, &handler, true); });
  bench.offer({"queued-1", "queued-2"}, 0, {.qos = 0});
  bench.attach();
  bench.offer({"direct"}, 1);
  EXPECT_THAT(read, ElementsAre("queued-1", "queued-2", "direct"));
  EXPECT_EQ(bench.read(bench.metrics.delivered), 3);
  bench.expect_account();
}

TEST(Subscriber, WhoEndsWhileItIsDeliveredToIsCountedOnce) {
  auto queue_limits = testing::limits(1000);
  queue_limits.queue_qos0 = 1;
  SubscriberBench bench(queue_limits);
  bench.offer({"a", "b", "c"}, 0);
  bench.on_delivery = [&](const Received&) { bench.subscriber->finish(); };
  bench.attach();
  EXPECT_THAT(bench.payloads(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(bench.read(bench.metrics.delivered), 3);
  EXPECT_EQ(bench.dropped(), 0);
  bench.expect_account();
}

TEST(Subscriber, WhatIsSettledDuringAHoldIsCountedAtOnce) {
  SubscriberBench bench(testing::limits(3, TRELLIS_OVERFLOW_REJECT));
  bench.attach();
  bench.offer({"a", "b"}, 1);
  const auto received = bench.take();
  ASSERT_EQ(received.size(), 2u);
  bench.on_shard([&] { bench.subscriber->hold(60'000); });
  bench.settle(received[0].lease, TRELLIS_SETTLE_RELEASE);
  bench.settle(received[1].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_EQ(bench.read(bench.metrics.queued), 1);
  EXPECT_EQ(bench.subscriber->load(), 1u);
  bench.expect_account();
}

TEST(Subscriber, ACompletionDoesNotWaitForRoomInTheWindow) {
  SubscriberBench bench;
  bench.attach();
  bench.offer({"a"}, 1);
  bench.offer({"b"}, 2);
  auto received = bench.take();
  ASSERT_EQ(received.size(), 2u);
  bench.on_shard([&] { bench.subscriber->set_tag(received[0].lease, 1); });
  bench.on_shard([&] { bench.subscriber->set_tag(received[1].lease, 2); });
  bench.settle(received[1].lease, TRELLIS_SETTLE_RECEIVED);
  bench.detach();
  bench.offer({"c"}, 1);
  bench.attach(1);
  received = bench.take();
  ASSERT_EQ(received.size(), 1u) << "it fills the window, so that the others wait";
  EXPECT_NE(received[0].flags & TRELLIS_DELIVERY_RECEIVED, 0u) << "nothing stands before it";
  bench.settle(received[0].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_THAT(bench.payloads(), ElementsAre("a"));
  bench.expect_account();
}

}  // namespace
}  // namespace trellis::kernel
