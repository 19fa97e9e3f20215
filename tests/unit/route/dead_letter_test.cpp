// What nobody takes goes to the dead-letter topic, whoever subscribes to that.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using testing::limits;
using testing::publication;
using testing::RouterBench;
using testing::subscription;

class DeadLetters : public ::testing::Test {
 protected:
  DeadLetters() {
    bench_.set_policies([](Policies& policies) { policies.dead_letter_topic = "dead"; });
  }
  /// A subscriber that leaves its deliveries unsettled.
  Client& open(std::string_view name, std::string_view filter, const trellis_queue_limits& queue_limits = limits(100)) {
    Client& made = bench_.open(name, 0, queue_limits);
    made.settles = false;
    bench_.subscribe(made, subscription(filter, 2));
    return made;
  }
  void reject(Client& client, std::uint64_t lease) {
    bench_.on(client, [&](Subscriber& subscriber) { subscriber.settle(lease, TRELLIS_SETTLE_REJECT); });
    bench_.shards.settle();
  }
  std::int64_t buried() { return bench_.read(bench_.space().queue_metrics.dead_lettered); }
  std::int64_t queued() { return bench_.read(bench_.space().queue_metrics.queued); }

  RouterBench bench_;
};

TEST_F(DeadLetters, GoToWhoeverSubscribesToTheirTopic) {
  Client& client = open("c", "a");
  Client& undertaker = bench_.open("undertaker");
  bench_.subscribe(undertaker, subscription("dead", 2));
  bench_.publish("a", "poison", 2);
  reject(client, bench_.take(client).at(0).lease);
  EXPECT_THAT(bench_.payloads(undertaker), ElementsAre("poison"));
  EXPECT_EQ(buried(), 1);
  EXPECT_EQ(bench_.dropped(DropReason::rejected), 0);
  bench_.expect_account();
}

TEST_F(DeadLetters, NameTheSubscriberAsPeopleKnowIt) {
  for (const auto& [name, shown] : {std::pair("client-7", "client-7"), std::pair("\x01push/orders", "push/orders")}) {
    Client& client = open(name, "a/" + std::string(shown));
    Client& undertaker = bench_.open("undertaker of " + std::string(shown));
    bench_.subscribe(undertaker, subscription("dead", 2));
    bench_.publish("a/" + std::string(shown), "poison", 2);
    reject(client, bench_.take(client).at(0).lease);
    const auto properties = bench_.take(undertaker).at(0).properties;
    EXPECT_THAT(properties, ::testing::Contains(std::pair<std::string, std::string>("dead-letter-subscriber", shown)));
  }
}

TEST_F(DeadLetters, ThatAreRejectedAreNotBuriedTwice) {
  Client& client = open("c", "#");
  bench_.publish("a", "poison");
  reject(client, bench_.take(client).at(0).lease);
  reject(client, bench_.take(client).at(0).lease);
  EXPECT_EQ(buried(), 1);
  EXPECT_EQ(bench_.dropped(DropReason::rejected), 1);
  EXPECT_EQ(queued(), 0);
  bench_.expect_account();
}

TEST_F(DeadLetters, OfAFullQueueThatReceivesThemTooEndSomewhere) {
  Client& client = open("c", "#", limits(1, TRELLIS_OVERFLOW_DROP_OLDEST));
  bench_.on(client, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  for (int i = 0; i < 10; ++i) bench_.publish("a", std::to_string(i));
  EXPECT_EQ(queued(), 1);
  bench_.expect_account();
}

TEST_F(DeadLetters, ToOneselfLeaveTheQueueWhole) {
  Client& client = open("c", "#");
  for (int i = 0; i < 8; ++i) bench_.publish("a", std::to_string(i));  // the queue's ring is full now
  reject(client, bench_.take(client).at(3).lease);
  EXPECT_THAT(bench_.payloads(client), ElementsAre("3"));
  EXPECT_EQ(queued(), 8);
  bench_.expect_account();
}

TEST_F(DeadLetters, OfAGroupMayGoToAnotherGroup) {
  for (const char* name : {"m1", "m2", "m3", "m4"}) {
    Client& member = bench_.open(name, 0, limits(1, TRELLIS_OVERFLOW_DROP_OLDEST));
    bench_.subscribe(member, subscription("t", 1, "g"));
    bench_.on(member, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  }
  Client& undertaker = bench_.open("undertaker");
  bench_.subscribe(undertaker, subscription("dead", 1, "h"));
  bench_.publish(std::vector<trellis_publication>(12, publication("t", "x", 1)));
  EXPECT_EQ(bench_.take(undertaker).size(), 8u);
  EXPECT_EQ(queued(), 4);
  bench_.expect_account();
}

TEST_F(DeadLetters, WithoutATopicTheyAreDropped) {
  bench_.set_policies([](Policies&) {});
  Client& client = open("c", "a");
  bench_.publish("a", "poison");
  reject(client, bench_.take(client).at(0).lease);
  EXPECT_EQ(buried(), 0);
  EXPECT_EQ(bench_.dropped(DropReason::rejected), 1);
  bench_.expect_account();
}

}  // namespace
}  // namespace trellis::kernel
