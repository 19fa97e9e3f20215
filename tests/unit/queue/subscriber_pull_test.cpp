// Messages that wait until their receiver takes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/subscriber_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::SubscriberBench;

struct Pulling : SubscriberBench {
  explicit Pulling(std::uint32_t window = 0) {
    on_shard([&] {
      subscriber->set_receiver(&kPulls, nullptr, this);
      subscriber->attach(nullptr, window);
    });
  }
  struct Taken {
    std::string payload;
    std::uint64_t lease;
    std::uint64_t tag;
  };
  std::vector<Taken> take(bool leases, std::uint32_t count) {
    std::vector<Taken> taken;
    on_shard([&] {
      std::vector<trellis_delivery> deliveries(count);
      const std::uint32_t got =
          leases ? subscriber->lease(deliveries.data(), count) : subscriber->peek(deliveries.data(), count);
      for (std::uint32_t i = 0; i < got; ++i)
        taken.push_back({std::string(text_of(deliveries[i].message->payload)), deliveries[i].lease, deliveries[i].tag});
    });
    return taken;
  }
  std::vector<std::string> names(bool leases, std::uint32_t count) {
    std::vector<std::string> all;
    for (const Taken& one : take(leases, count)) all.push_back(one.payload);
    return all;
  }
  int ready = 0;

  static constexpr trellis_receiver kPulls{
      sizeof(trellis_receiver),
      [](void*, void*, const trellis_delivery*, std::uint32_t) { ADD_FAILURE() << "delivered unasked"; }, nullptr,
      nullptr, [](void*, void* user) { ++static_cast<Pulling*>(user)->ready; }};
};

TEST(PulledSubscriber, GetsWhatItAsksForAndNothingElse) {
  Pulling bench;
  bench.offer({"a", "b", "c"});
  EXPECT_EQ(bench.ready, 0);
  EXPECT_THAT(bench.names(false, 2), ElementsAre("a", "b"));
  EXPECT_THAT(bench.names(true, 2), ElementsAre("a", "b"));
  EXPECT_THAT(bench.names(false, 2), ElementsAre("c"));
  EXPECT_THAT(bench.names(true, 2), ElementsAre("c"));
  bench.expect_account();
}

TEST(PulledSubscriber, HearsOnceThatThereIsMoreWhenItGotLess) {
  Pulling bench;
  EXPECT_THAT(bench.names(true, 5), IsEmpty());
  EXPECT_EQ(bench.ready, 0);
  bench.offer({"a"});
  EXPECT_EQ(bench.ready, 1);
  bench.offer({"b"});
  EXPECT_EQ(bench.ready, 1);
  EXPECT_THAT(bench.names(true, 2), ElementsAre("a", "b"));
  bench.offer({"c"});
  EXPECT_EQ(bench.ready, 1);  // it got all it asked for
}

TEST(PulledSubscriber, WhatIsReleasedWaitsAtItsPlaceWithItsTag) {
  Pulling bench;
  bench.offer({"a", "b"});
  const auto taken = bench.take(true, 1);
  bench.on_shard([&] { bench.subscriber->set_tag(taken[0].lease, 0x1122334455667788); });
  EXPECT_EQ(bench.settle(taken[0].lease, TRELLIS_SETTLE_RELEASE), TRELLIS_OK);
  const auto again = bench.take(true, 2);
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].payload, "a");
  EXPECT_EQ(again[0].tag, 0x1122334455667788u);
  EXPECT_EQ(again[0].lease, taken[0].lease);
  EXPECT_EQ(again[1].tag, 0u);
}

TEST(PulledSubscriber, LeasesNoMoreThanItsWindowAndHearsWhenThereIsRoom) {
  Pulling bench(2);
  bench.offer({"a", "b", "c"});
  const auto taken = bench.take(true, 3);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(bench.ready, 0);
  bench.settle(taken[0].lease, TRELLIS_SETTLE_ACCEPT);
  EXPECT_EQ(bench.ready, 1);
  EXPECT_THAT(bench.names(true, 3), ElementsAre("c"));
}

TEST(PulledSubscriber, ItsOwnJudgementsAreCountedAndNothingIsADeadLetter) {
  Pulling bench;
  bench.owner.buries = [] { return true; };
  bench.offer({"a", "b", "c", "d"});
  const auto taken = bench.take(true, 4);
  bench.settle(taken[0].lease, TRELLIS_SETTLE_EXPIRED);
  bench.settle(taken[1].lease, TRELLIS_SETTLE_EXHAUSTED);
  bench.settle(taken[2].lease, TRELLIS_SETTLE_DEAD_LETTERED);
  bench.settle(taken[3].lease, TRELLIS_SETTLE_REJECT);
  EXPECT_EQ(bench.read(bench.metrics.expired), 1);
  EXPECT_EQ(bench.dropped(DropReason::deliveries), 1);
  EXPECT_EQ(bench.read(bench.metrics.dead_lettered), 1);
  EXPECT_EQ(bench.dropped(DropReason::rejected), 1);
  EXPECT_THAT(bench.owner.buried, IsEmpty());
  bench.expect_account();
}

TEST(PulledSubscriber, GetsNothingOnceItEnded) {
  Pulling bench;
  bench.offer({"a"});
  bench.finish();
  EXPECT_THAT(bench.names(true, 1), IsEmpty());
  EXPECT_THAT(bench.names(false, 1), IsEmpty());
  bench.expect_account();
}

}  // namespace
}  // namespace trellis::kernel
