// Whatever happens to a subscriber: matched = delivered + queued + expired + dead-lettered + dropped.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "queue/subscriber_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::limits;
using testing::Received;
using testing::SubscriberBench;

/// Random orders to one subscriber, all on its shard's thread.
class RandomLife {
 public:
  RandomLife(unsigned seed, const trellis_queue_limits& queue_limits) : random_(seed), bench_(queue_limits) {
    bench_.owner.takes = [this] { return one_in(2); };
    bench_.owner.buries = [this] { return one_in(2); };
    bench_.on_delivery = [this](const Received& one) {
      if (one.lease == 0) return;
      if (one_in(4)) {
        bench_.subscriber->settle(one.lease, TRELLIS_SETTLE_ACCEPT);
      } else {
        out_.push_back(one.lease);
        if (one_in(3)) bench_.subscriber->set_tag(one.lease, 7);
      }
    };
  }

  void step() {
    switch (random_() % 12) {
      case 0:
      case 1:
      case 2:
        offer();
        break;
      case 3:
        bench_.subscriber->replay(*message(), grant());
        break;
      case 4:
        attach();
        break;
      case 5:
        detach();
        break;
      case 6:
        complete();
        break;
      case 7:
        if (one_in(3)) bench_.subscriber->hold(random_() % 3);
        break;
      default:
        settle();
        break;
    }
  }
  SubscriberBench& bench() { return bench_; }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  MessagePtr message() {
    const auto qos = static_cast<std::uint32_t>(random_() % 3);
    const std::int64_t now = bench_.shards[0]->wall_ms();
    if (one_in(6)) return testing::expiring("t", "x", qos, now - 10'000, one_in(2) ? 1 : 3600);
    return testing::message("t", std::string(random_() % 30, 'x'), qos, 0, one_in(5) ? SubscriberBench::kId : 0);
  }
  Grant grant() {
    static const std::uint32_t identifiers[] = {1, 2, 3};
    return {.identifiers = identifiers,
            .identifier_count = static_cast<std::uint32_t>(random_() % 4),
            .group = one_in(3) ? 9u : 0u,
            .qos = static_cast<std::uint8_t>(random_() % 3),
            .no_local = one_in(3)};
  }
  void offer() {
    std::vector<MessagePtr> messages(1 + random_() % (one_in(10) ? 150 : 6));
    std::vector<const Message*> pointers;
    for (MessagePtr& made : messages) pointers.push_back((made = message()).get());
    KeptBodies bodies;
    bench_.subscriber->offer(pointers.data(), static_cast<std::uint32_t>(pointers.size()), grant(), bodies);
  }
  void attach() { bench_.subscriber->attach(nullptr, static_cast<std::uint32_t>(random_() % 20)); }
  void detach() {
    bench_.subscriber->detach(UINT64_MAX);
    out_.clear();
  }
  std::uint64_t take_lease() {
    if (out_.empty()) return 12345678;  // never given out
    const std::size_t at = random_() % out_.size();
    const std::uint64_t lease = out_[at];
    out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(at));
    return lease;
  }
  void settle() {
    constexpr std::uint32_t kOutcomes[] = {TRELLIS_SETTLE_ACCEPT, TRELLIS_SETTLE_ACCEPT, TRELLIS_SETTLE_RELEASE,
                                           TRELLIS_SETTLE_REJECT, TRELLIS_SETTLE_DISCARD};
    bench_.subscriber->settle(take_lease(), kOutcomes[random_() % std::size(kOutcomes)]);
  }
  // Exactly once: received, then completed, perhaps much later or after another attachment.
  void complete() {
    const std::uint64_t lease = take_lease();
    if (bench_.subscriber->settle(lease, TRELLIS_SETTLE_RECEIVED) != TRELLIS_OK) return;
    if (one_in(2)) {
      out_.push_back(lease);
    } else {
      bench_.subscriber->settle(lease, TRELLIS_SETTLE_ACCEPT);
    }
  }

  std::mt19937 random_;
  SubscriberBench bench_;
  std::vector<std::uint64_t> out_;
};

void live(unsigned seed, const trellis_queue_limits& queue_limits) {
  RandomLife life(seed, queue_limits);
  SubscriberBench& bench = life.bench();
  for (int turn = 0; turn < 150; ++turn) {
    bench.on_shard([&] {
      for (int i = 0; i < 8; ++i) life.step();
    });
    bench.shards[0].turn();
    bench.on_shard([&] { bench.expect_account(); });  // there, since a hold may end at any moment
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << " turn " << turn;
  }
  bench.finish();
  bench.expect_account();
  EXPECT_EQ(bench.read(bench.metrics.queued), 0);
  EXPECT_EQ(bench.read(bench.metrics.queued_bytes), 0);
}

TEST(SubscriberAccount, HoldsWhenTheNewestIsDropped) {
  for (unsigned seed = 1; seed <= 5; ++seed) ASSERT_NO_FATAL_FAILURE(live(seed, limits(20)));
}

TEST(SubscriberAccount, HoldsWhenTheOldestIsDropped) {
  for (unsigned seed = 11; seed <= 15; ++seed) {
    ASSERT_NO_FATAL_FAILURE(live(seed, limits(20, TRELLIS_OVERFLOW_DROP_OLDEST)));
  }
}

TEST(SubscriberAccount, HoldsWithinALimitOfBytes) {
  trellis_queue_limits bytes = limits(1000, TRELLIS_OVERFLOW_DROP_OLDEST);
  bytes.bytes = 200;
  bytes.queue_qos0 = 1;
  for (unsigned seed = 21; seed <= 25; ++seed) ASSERT_NO_FATAL_FAILURE(live(seed, bytes));
}

TEST(SubscriberAccount, HoldsWhenTheSubscriberIsEnded) {
  for (unsigned seed = 31; seed <= 40; ++seed) {
    ASSERT_NO_FATAL_FAILURE(live(seed, limits(60, TRELLIS_OVERFLOW_TERMINATE)));
  }
}

TEST(SubscriberAccount, HoldsWithALimitOfDeliveries) {
  trellis_queue_limits twice = limits(50);
  twice.maximum_deliveries = 2;
  twice.queue_qos0 = 1;
  for (unsigned seed = 41; seed <= 45; ++seed) ASSERT_NO_FATAL_FAILURE(live(seed, twice));
}

}  // namespace
}  // namespace trellis::kernel
