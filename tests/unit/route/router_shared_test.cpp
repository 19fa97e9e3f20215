// Shared subscriptions: one of the group gets each message.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <latch>
#include <string>

#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::publication;
using testing::RouterBench;
using testing::subscription;

std::size_t share(RouterBench& bench, Client& client) { return bench.take(client).size(); }

TEST(SharedSubscription, SpreadsMessagesEvenly) {
  RouterBench bench;
  for (const char* name : {"a", "b", "c"}) bench.subscribe(bench.open(name), subscription("t", 1, "g"));
  for (int i = 0; i < 30; ++i) bench.publish("t", std::to_string(i));
  for (auto& client : bench.clients) EXPECT_EQ(share(bench, *client), 10u);
  EXPECT_EQ(bench.read(bench.space().queue_metrics.matched), 30);
  bench.expect_account();
}

TEST(SharedSubscription, SpreadsWithinABatchToo) {
  RouterBench bench;
  for (const char* name : {"a", "b"}) bench.subscribe(bench.open(name), subscription("t", 1, "g"));
  bench.publish(std::vector<trellis_publication>(100, publication("t", "x", 1)));
  EXPECT_EQ(share(bench, *bench.clients[0]), 50u);
  EXPECT_EQ(share(bench, *bench.clients[1]), 50u);
}

TEST(SharedSubscription, PrefersWhoHasLeastToDo) {
  RouterBench bench;
  Client& busy = bench.open("busy");
  Client& idle = bench.open("idle");
  busy.settles = false;
  bench.subscribe(busy, subscription("own"));
  for (Client* client : {&busy, &idle}) bench.subscribe(*client, subscription("t", 1, "g"));
  for (int i = 0; i < 10; ++i) bench.publish("own", "x");
  bench.take(busy);
  for (int i = 0; i < 10; ++i) bench.publish("t", "x");
  EXPECT_EQ(share(bench, idle), 10u);
  EXPECT_EQ(share(bench, busy), 0u);
}

TEST(SharedSubscription, CountsWhatIsUnderWayToAnotherShard) {
  RouterBench bench(2);
  Client& slow = bench.open("slow", 1);
  Client& idle = bench.open("idle");
  slow.settles = false;
  bench.on(slow, [](Subscriber& subscriber) { subscriber.attach(nullptr, 1); });
  for (Client* client : {&slow, &idle}) bench.subscribe(*client, subscription("t", 1, "g"));
  std::latch go(1);
  bench.shards[1]->post([&] { go.wait(); });  // it takes nothing meanwhile
  for (int i = 0; i < 10; ++i) {
    bench.shards[0].call([&] {
      const trellis_publication message = publication("t", "x", 1);
      trellis_status result;
      bench.routers[0]->publish(0, testing::broker(), &message, &result, 1);
    });
  }
  go.count_down();
  EXPECT_EQ(share(bench, slow), 1u);
  EXPECT_EQ(share(bench, idle), 9u);
  bench.on(slow, [](Subscriber& subscriber) { EXPECT_EQ(subscriber.load(), 1u); });
  bench.expect_account();
}

TEST(SharedSubscription, PassesOverWhoIsAway) {
  RouterBench bench;
  Client& away = bench.open("away");
  Client& here = bench.open("here");
  for (Client* client : {&away, &here}) bench.subscribe(*client, subscription("t", 1, "g"));
  bench.on(away, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  for (int i = 0; i < 6; ++i) bench.publish("t", "x");
  EXPECT_EQ(share(bench, here), 6u);
  bench.on(here, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  EXPECT_EQ(bench.publish("t", "x"), TRELLIS_OK) << "with everybody away somebody's queue takes it";
  EXPECT_EQ(bench.read(bench.space().queue_metrics.queued), 1);
  bench.expect_account();
}

TEST(SharedSubscription, IsApartFromOnesOwnSubscription) {
  RouterBench bench;
  Client& client = bench.open("c");
  bench.subscribe(client, subscription("t", 1, "", 1));
  bench.subscribe(client, subscription("t", 1, "g", 2));
  bench.publish("t", "x");
  const auto received = bench.take(client);
  ASSERT_EQ(received.size(), 2u) << "once as itself, once for the group";
  EXPECT_NE(received[0].identifiers, received[1].identifiers);
}

TEST(SharedSubscription, EveryGroupGetsEveryMessage) {
  RouterBench bench;
  Client& first = bench.open("first");
  Client& second = bench.open("second");
  bench.subscribe(first, subscription("t", 1, "g"));
  bench.subscribe(second, subscription("t", 1, "h"));
  bench.publish("t", "x");
  EXPECT_EQ(share(bench, first), 1u);
  EXPECT_EQ(share(bench, second), 1u);
}

TEST(SharedSubscription, WhatALeavingMemberHadGoesToAnother) {
  RouterBench bench;
  Client& leaving = bench.open("leaving");
  Client& staying = bench.open("staying");
  leaving.settles = false;
  bench.subscribe(leaving, subscription("t", 1, "g"));
  bench.publish("t", "x");
  EXPECT_THAT(bench.payloads(leaving), ElementsAre("x"));
  bench.subscribe(staying, subscription("t", 1, "g"));
  bench.on(leaving, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  EXPECT_THAT(bench.payloads(staying), ElementsAre("x"));
  EXPECT_EQ(bench.read(bench.space().queue_metrics.matched), 1);
  bench.expect_account();
}

TEST(SharedSubscription, WhatAMemberThatIsAwayHadWaitsWithAnotherWhenItEnds) {
  RouterBench bench;
  Client& ending = bench.open("ending");
  Client& away = bench.open("away");
  bench.subscribe(ending, subscription("t", 1, "g"));
  const auto leave = [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); };
  bench.on(ending, leave);
  bench.publish({publication("t", "1", 1), publication("t", "2", 1)});
  bench.subscribe(away, subscription("t", 1, "g"));
  bench.on(away, leave);
  EXPECT_EQ(bench.read(bench.space().queue_metrics.queued), 2);
  bench.close(ending);
  EXPECT_EQ(bench.dropped(DropReason::ended), 0);
  bench.on(away, [](Subscriber& subscriber) { subscriber.attach(nullptr, 0); });
  EXPECT_THAT(bench.payloads(away), ElementsAre("1", "2"));
  bench.expect_account();
}

TEST(SharedSubscription, WhoOnlyLeavesKeepsItsMessagesWhenEverybodyIsAway) {
  RouterBench bench;
  Client& first = bench.open("first");
  Client& second = bench.open("second");
  for (Client* client : {&first, &second}) bench.subscribe(*client, subscription("t", 1, "g"));
  bench.on(second, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  first.settles = false;
  bench.publish("t", "x");
  EXPECT_THAT(bench.payloads(first), ElementsAre("x"));
  bench.on(first, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  bench.on(first, [](Subscriber& subscriber) { subscriber.attach(nullptr, 0); });
  EXPECT_THAT(bench.payloads(first), ElementsAre("x"));
  bench.expect_account();
}

TEST(SharedSubscription, AfterTheLastMemberLeftNobodyMatches) {
  RouterBench bench;
  Client& client = bench.open("c");
  bench.subscribe(client, subscription("t", 1, "g"));
  EXPECT_EQ(bench.publish("t", "x"), TRELLIS_OK);
  EXPECT_EQ(bench.unsubscribe(client, "t", "g"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("t", "x"), TRELLIS_NO_MATCH);
  EXPECT_EQ(share(bench, client), 1u);
}

TEST(SharedSubscription, SpreadsOverShards) {
  RouterBench bench(2);
  Client& here = bench.open("here", 0);
  Client& there = bench.open("there", 1);
  for (Client* client : {&here, &there}) bench.subscribe(*client, subscription("t", 1, "g"));
  for (int i = 0; i < 20; ++i) bench.publish("t", "x");
  EXPECT_EQ(share(bench, here), 10u);
  EXPECT_EQ(share(bench, there), 10u);
  bench.close(there);
  for (int i = 0; i < 5; ++i) bench.publish("t", "x");
  EXPECT_EQ(share(bench, here), 5u);
  bench.expect_account();
}

TEST(SharedSubscription, AMemberOnAnotherShardTakesOver) {
  RouterBench bench(2);
  Client& leaving = bench.open("leaving", 0);
  leaving.settles = false;
  bench.subscribe(leaving, subscription("t", 1, "g"));
  bench.publish({publication("t", "1", 1), publication("t", "2", 1)});
  Client& staying = bench.open("staying", 1);
  bench.subscribe(staying, subscription("t", 1, "g"));
  bench.close(leaving);
  EXPECT_THAT(bench.payloads(staying), ElementsAre("1", "2"));
  EXPECT_THAT(bench.payloads(staying), IsEmpty());
  bench.expect_account();
}

TEST(SharedSubscription, WhoOnlyLeavesKeepsWhatNobodyElseHasSpaceFor) {
  RouterBench bench;
  Client& full = bench.open("full", 0, testing::limits(3, TRELLIS_OVERFLOW_DROP_OLDEST));
  Client& leaving = bench.open("leaving", 0, testing::limits(10, TRELLIS_OVERFLOW_DROP_OLDEST));
  for (Client* client : {&full, &leaving}) {
    client->settles = false;
    bench.on(*client, [](Subscriber& subscriber) { subscriber.attach(nullptr, 1); });
    bench.subscribe(*client, subscription("t", 1, "g"));
    // One goes out, the others wait; the second member has least to do.
    for (int i = 0; i < (client == &full ? 4 : 3); ++i) bench.publish("t", "x");
  }
  EXPECT_EQ(share(bench, full), 1u);
  EXPECT_EQ(share(bench, leaving), 1u);
  bench.on(leaving, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 0);
  EXPECT_EQ(bench.read(bench.space().queue_metrics.queued), 7);
  bench.on(leaving, [](Subscriber& subscriber) { EXPECT_EQ(subscriber.queue().live(), 3u); });
  bench.expect_account();
}

// Whoever is connected and idle is not passed over for somebody away because a burst is larger than its queue.
TEST(SharedSubscription, ABurstLargerThanTheQueueGoesToWhoIsConnected) {
  RouterBench bench(2);
  Client& away = bench.open("away", 0, testing::limits(100));
  Client& here = bench.open("here", 1, testing::limits(100));
  for (Client* client : {&away, &here}) bench.subscribe(*client, subscription("t", 0, "g"));
  bench.on(away, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  std::vector<trellis_publication> burst(300, publication("t", "x", 0));
  bench.publish(burst);
  EXPECT_EQ(share(bench, here), 300u);
  EXPECT_EQ(bench.dropped(DropReason::offline), 0);
  bench.expect_account();
}

TEST(SharedSubscription, WhatNobodyIsLeftForIsCountedAsDropped) {
  RouterBench bench(2);
  Client& member = bench.open("m", 1);
  bench.subscribe(member, subscription("t", 1, "g"));
  std::latch go(1);
  std::latch closed(1);
  bench.shards[1]->post([&] {
    go.wait();
    bench.routers[1]->close(*member.subscriber);  // the letter is behind this
    closed.count_down();
  });
  bench.shards[0].call([&] {
    const trellis_publication message = publication("t", "x", 1);
    trellis_status result;
    bench.routers[0]->publish(0, testing::broker(), &message, &result, 1);
    EXPECT_EQ(result, TRELLIS_OK);
  });
  bench.shards[0].turn();
  go.count_down();
  closed.wait();
  bench.shards.settle();
  EXPECT_EQ(bench.read(bench.space().queue_metrics.matched), 1);
  EXPECT_EQ(bench.dropped(DropReason::ended), 1);
  bench.expect_account();
}

// Whoever gets the message of a leaving member may end itself at once; with a full queue what comes back takes the
// place of what is still to be handed on.
TEST(SharedSubscription, AMemberMayEndWhileItIsHandedSomething) {
  static const trellis_receiver kEnds{sizeof kEnds,
                                      [](void*, void* user, const trellis_delivery*, std::uint32_t) {
                                        auto& router = *static_cast<Router*>(user);
                                        for (Subscriber* one : router.subscribers().all()) {
                                          if (one->name() == "ending") return router.close(*one);
                                        }
                                      },
                                      nullptr, nullptr, nullptr};
  for (const std::uint64_t most : {1000u, 40u}) {
    RouterBench bench;
    Client& leaving = bench.open("leaving", 0, testing::limits(most, TRELLIS_OVERFLOW_DROP_OLDEST));
    leaving.settles = false;
    bench.subscribe(leaving, subscription("t", 1, "g"));
    for (int i = 0; i < 40; ++i) bench.publish("t", std::to_string(i));
    Client& ending = bench.open("ending");
    bench.on(ending, [&](Subscriber& subscriber) { subscriber.set_receiver(&kEnds, nullptr, bench.routers[0].get()); });
    bench.subscribe(ending, subscription("t", 1, "g"));
    bench.on(leaving, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
    bench.on(leaving, [](Subscriber& subscriber) { subscriber.attach(nullptr, 0); });
    EXPECT_EQ(bench.take(leaving).size(), 80u) << "40 before, all of them again";
    bench.expect_account();
  }
}

}  // namespace
}  // namespace trellis::kernel
