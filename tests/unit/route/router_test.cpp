// From a publication to the queues of those it concerns, on one shard.
#include "route/router.hpp"

#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::limits;
using testing::publication;
using testing::Received;
using testing::RouterBench;
using testing::subscription;

TEST(Router, DeliversToThoseWhoMatch) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  Client& bob = bench.open("bob");
  EXPECT_EQ(bench.subscribe(ada, subscription("a/#")), TRELLIS_OK);
  EXPECT_EQ(bench.subscribe(bob, subscription("a/b")), TRELLIS_OK);
  EXPECT_EQ(bench.publish("a/b", "1"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("a/c", "2"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("b", "3"), TRELLIS_NO_MATCH);
  EXPECT_THAT(bench.payloads(ada), ElementsAre("1", "2"));
  EXPECT_THAT(bench.payloads(bob), ElementsAre("1"));
  EXPECT_EQ(bench.read(bench.space().published), 3);
  EXPECT_EQ(bench.read(bench.space().unmatched), 1);
  bench.expect_account();
}

TEST(Router, BatchesKeepTheirOrderAndAnswerEach) {
  std::vector<std::string> payloads;
  std::vector<trellis_publication> batch;
  for (int i = 0; i < 300; ++i) payloads.push_back(std::to_string(i));
  for (int i = 0; i < 300; ++i) batch.push_back(publication(i % 10 == 3 ? "other" : "a", payloads[i], 1));
  batch[7].topic = view_of("wild/+");
  RouterBench bench;
  Client& ada = bench.open("ada");
  bench.subscribe(ada, subscription("a"));
  const auto results = bench.publish(batch);
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 300; ++i) {
    const trellis_status status = i == 7 ? TRELLIS_INVALID : i % 10 == 3 ? TRELLIS_NO_MATCH : TRELLIS_OK;
    EXPECT_EQ(results[i], status) << i;
    if (status == TRELLIS_OK) expected.push_back(payloads[i]);
  }
  EXPECT_EQ(bench.payloads(ada), expected);
  EXPECT_EQ(bench.read(bench.space().published), 299);
  EXPECT_EQ(bench.read(bench.space().refused), 1);
}

TEST(Router, LowersQosToTheSubscription) {
  RouterBench bench;
  for (std::uint32_t granted = 0; granted <= 2; ++granted) {
    Client& client = bench.open("granted" + std::to_string(granted));
    bench.subscribe(client, subscription("a", granted));
  }
  for (std::uint32_t sent = 0; sent <= 2; ++sent) bench.publish("a", "x", sent);
  for (std::uint32_t granted = 0; granted <= 2; ++granted) {
    const auto received = bench.take(*bench.clients[granted]);
    ASSERT_EQ(received.size(), 3u);
    for (std::uint32_t sent = 0; sent <= 2; ++sent) EXPECT_EQ(received[sent].qos, std::min(sent, granted));
  }
}

TEST(Router, OverlappingSubscriptionsAreOneDeliveryWithAllTheyGrant) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  bench.subscribe(ada, subscription("a/+", 0, "", 7));
  bench.subscribe(ada, subscription("a/#", 2, "", 3, TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED));
  bench.subscribe(ada, subscription("#", 1));
  bench.publish("a/b", "x", 2, TRELLIS_MESSAGE_RETAIN);
  const auto received = bench.take(ada);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].qos, 2u);
  EXPECT_THAT(received[0].identifiers, ElementsAre(3, 7));
  EXPECT_NE(received[0].flags & TRELLIS_DELIVERY_RETAIN, 0u);
  bench.expect_account();
}

TEST(Router, NoLocalKeepsOnesOwnMessagesAway) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  Client& bob = bench.open("bob");
  for (Client* client : {&ada, &bob}) bench.subscribe(*client, subscription("a", 1, "", 0, TRELLIS_SUBSCRIBE_NO_LOCAL));
  Publisher as_ada{.name = "ada", .broker = true};
  bench.on(ada, [&](Subscriber& subscriber) { as_ada.origin = subscriber.id(); });
  bench.publish({publication("a", "x", 1)}, 0, as_ada);
  EXPECT_THAT(bench.payloads(ada), IsEmpty());
  EXPECT_THAT(bench.payloads(bob), ElementsAre("x"));
  EXPECT_EQ(bench.read(bench.space().queue_metrics.matched), 1);
}

TEST(Router, SubscribingAgainReplacesAndUnsubscribingEnds) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  EXPECT_EQ(bench.subscribe(ada, subscription("a", 0)), TRELLIS_OK);
  EXPECT_EQ(bench.subscribe(ada, subscription("a", 1)), TRELLIS_EXISTED);
  EXPECT_EQ(bench.read(bench.space().subscription_count), 1);
  bench.publish("a", "x");
  EXPECT_EQ(bench.take(ada).at(0).qos, 1u);
  EXPECT_EQ(bench.unsubscribe(ada, "a"), TRELLIS_OK);
  EXPECT_EQ(bench.unsubscribe(ada, "a"), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.publish("a", "x"), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.read(bench.space().subscription_count), 0);
}

TEST(Router, RefusesWhatIsNoFilterOrTopic) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  for (const char* filter : {"", "a/#/b", "a+", "##"}) {
    EXPECT_EQ(bench.subscribe(ada, subscription(filter)), TRELLIS_INVALID) << filter;
    EXPECT_EQ(bench.unsubscribe(ada, filter), TRELLIS_INVALID) << filter;
  }
  for (const char* topic : {"", "a/#", "+"}) EXPECT_EQ(bench.publish(topic, "x"), TRELLIS_INVALID) << topic;
}

TEST(Router, SendsRetainedMessagesOnSubscribing) {
  RouterBench bench;
  EXPECT_EQ(bench.publish("a/1", "one", 1, TRELLIS_MESSAGE_RETAIN), TRELLIS_NO_MATCH);
  bench.publish("a/2", "two", 0, TRELLIS_MESSAGE_RETAIN);
  Client& ada = bench.open("ada");
  bench.subscribe(ada, subscription("a/+", 1, "", 5, TRELLIS_SUBSCRIBE_RETAINED));
  const auto received = bench.take(ada);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].payload, "one");
  EXPECT_EQ(received[0].qos, 1u);
  EXPECT_EQ(received[1].qos, 0u);
  EXPECT_THAT(received[0].identifiers, ElementsAre(5));
  EXPECT_EQ(received[0].flags, std::uint32_t{TRELLIS_DELIVERY_RETAIN});
  bench.expect_account();
}

TEST(Router, SendsRetainedMessagesAsOftenAsAsked) {
  RouterBench bench;
  bench.publish("a", "kept", 1, TRELLIS_MESSAGE_RETAIN);
  Client& ada = bench.open("ada");
  const auto got = [&](std::uint32_t flags, std::string_view group = "") {
    bench.subscribe(ada, subscription("a", 1, group, 0, flags));
    return bench.take(ada).size();
  };
  EXPECT_EQ(got(0), 0u);
  EXPECT_EQ(got(TRELLIS_SUBSCRIBE_RETAINED_IF_NEW), 0u) << "it existed";
  EXPECT_EQ(got(TRELLIS_SUBSCRIBE_RETAINED), 1u);
  EXPECT_EQ(got(TRELLIS_SUBSCRIBE_RETAINED), 1u);
  bench.unsubscribe(ada, "a");
  EXPECT_EQ(got(TRELLIS_SUBSCRIBE_RETAINED_IF_NEW), 1u);
  EXPECT_EQ(got(TRELLIS_SUBSCRIBE_RETAINED, "g"), 0u) << "not for shared subscriptions";
}

TEST(Router, RetainedAboveTheLimitIsRefused) {
  RouterBench bench;
  bench.space().retained.set_limits({.messages = 1, .bytes = 1000});
  bench.publish("a", "x", 1, TRELLIS_MESSAGE_RETAIN);
  EXPECT_EQ(bench.publish("b", "x", 1, TRELLIS_MESSAGE_RETAIN), TRELLIS_QUOTA);
  EXPECT_EQ(bench.publish("b", "x", 1), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.read(bench.space().refused), 1);
}

TEST(Router, ClosingASubscriberEndsItsSubscriptionsAndCountsWhatWaits) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  bench.subscribe(ada, subscription("a"));
  bench.subscribe(ada, subscription("b", 1, "g"));
  bench.on(ada, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  bench.publish("a", "x");
  bench.close(ada);
  EXPECT_EQ(bench.publish("a", "x"), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.publish("b", "x"), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.dropped(DropReason::ended), 1);
  EXPECT_EQ(bench.read(bench.space().subscriber_count), 0);
  EXPECT_EQ(bench.read(bench.space().subscription_count), 0);
  bench.expect_account();
}

TEST(Router, ASubscriberThatOverflowsIsEndedAndForgotten) {
  RouterBench bench;
  Client& ada = bench.open("ada", 0, limits(2, TRELLIS_OVERFLOW_TERMINATE));
  bench.subscribe(ada, subscription("a"));
  bench.on(ada, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  for (int i = 0; i < 3; ++i) bench.publish("a", "x");
  EXPECT_THAT(ada.ended, ElementsAre(std::uint32_t{TRELLIS_ENDED_OVERFLOW}));
  EXPECT_EQ(bench.read(bench.space().ended[TRELLIS_ENDED_OVERFLOW]), 1);
  EXPECT_EQ(bench.publish("a", "x"), TRELLIS_NO_MATCH);
  EXPECT_EQ(bench.shards[0].call([&] { return bench.routers[0]->subscribers().size(); }), 0u);
  bench.expect_account();
}

TEST(Router, EndsEverybodyWhenTheBrokerStops) {
  RouterBench bench;
  Client& ada = bench.open("ada");
  Client& bob = bench.open("bob");
  bench.subscribe(ada, subscription("#"));
  bench.shards[0].call([&] { bench.routers[0]->end_all(TRELLIS_ENDED_SHUTDOWN); });
  for (Client* client : {&ada, &bob}) EXPECT_THAT(client->ended, ElementsAre(std::uint32_t{TRELLIS_ENDED_SHUTDOWN}));
  EXPECT_EQ(bench.read(bench.space().subscriber_count), 0);
}

TEST(Router, FindsNamespacesByName) {
  RouterBench bench;
  EXPECT_EQ(bench.routers[0]->namespace_index("n"), 0);
  EXPECT_EQ(bench.routers[0]->namespace_index("m"), -1);
}

TEST(Router, SubscriberClosedWhileItsEndIsPendingIsNotToldOfIt) {
  RouterBench bench;
  Client& client = bench.open("overfull", 0, limits(1, TRELLIS_OVERFLOW_TERMINATE));
  bench.subscribe(client, subscription("a"));
  bench.on(client, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  bench.shards[0].call([&] {
    const trellis_publication two[] = {publication("a", "1", 1, 0), publication("a", "2", 1, 0)};
    trellis_status results[2];
    bench.routers[0]->publish(0, testing::broker(), two, results, 2);
    EXPECT_TRUE(client.subscriber->ended());
    bench.routers[0]->close(*client.subscriber);
    client.subscriber = nullptr;
  });
  bench.shards.settle();
  EXPECT_THAT(client.ended, IsEmpty());
}

struct ManyRetained : ::testing::Test {
  static constexpr int kMany = 1000;
  RouterBench bench;
  Client& ada = bench.open("ada");
  ManyRetained() {
    bench.space().retained.set_limits({.messages = 10'000, .bytes = 1 << 20});
    for (int i = 0; i < kMany; ++i) bench.publish("a/" + std::to_string(10'000 + i), "old", 1, TRELLIS_MESSAGE_RETAIN);
    bench.on(ada, [](Subscriber& subscriber) { subscriber.attach(nullptr, 10); });
    ada.settles = false;
  }
  std::size_t queued() {
    std::size_t live = 0;
    bench.on(ada, [&](Subscriber& subscriber) { live = subscriber.queue().live(); });
    return live;
  }
  std::vector<Received> take_all() {
    const auto waits = [&] {
      bool some = true;
      bench.on(ada, [&](Subscriber& subscriber) { some = subscriber.replaying != nullptr; });
      return some;
    };
    while (waits()) std::this_thread::yield();
    return bench.take(ada);
  }
  void settle_all() {
    bench.on(ada, [&](Subscriber& subscriber) {
      ada.settles = true;
      for (const Received& one : ada.received) subscriber.settle(one.lease, TRELLIS_SETTLE_ACCEPT);
    });
  }
};

TEST_F(ManyRetained, ComeAFewAtATimeAndOnlyAsTheyWere) {
  bench.subscribe(ada, subscription("a/#", 1, "", 0, TRELLIS_SUBSCRIBE_RETAINED));
  bench.shards.settle();
  EXPECT_LE(queued(), 300u) << "the rest waits where it is";
  const std::string last = "a/" + std::to_string(10'000 + kMany - 1);
  bench.publish(last, "newer", 1, TRELLIS_MESSAGE_RETAIN);
  settle_all();
  const auto received = take_all();
  EXPECT_EQ(received.size(), static_cast<std::size_t>(kMany)) << "what came since is not sent a second time";
  EXPECT_EQ(std::ranges::count(received, "newer", &Received::payload), 1);
}

TEST_F(ManyRetained, ThatChangedWhileNobodyWasAttachedAreSentAsTheyAreNow) {
  bench.subscribe(ada, subscription("a/#", 1, "", 0, TRELLIS_SUBSCRIBE_RETAINED));
  bench.shards.settle();
  bench.on(ada, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  bench.publish("a/" + std::to_string(10'000 + kMany - 1), "newer", 0, TRELLIS_MESSAGE_RETAIN);
  bench.on(ada, [&](Subscriber& subscriber) {
    ada.received.clear();
    ada.settles = true;
    subscriber.attach(nullptr, 10);
  });
  const auto received = take_all();
  EXPECT_EQ(received.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(std::ranges::count(received, "newer", &Received::payload), 1) << "at QoS 0 it was not queued";
}

TEST_F(ManyRetained, OfManySubscriptionsComeWithoutOneWaitingForATurnEach) {
  settle_all();
  for (int i = 0; i < kMany; ++i) {
    bench.subscribe(ada, subscription("a/" + std::to_string(10'000 + i), 1, "", 0, TRELLIS_SUBSCRIBE_RETAINED));
  }
  EXPECT_EQ(take_all().size(), static_cast<std::size_t>(kMany));
}

TEST_F(ManyRetained, OfASubscriptionOutliveASharedOneToTheSame) {
  bench.subscribe(ada, subscription("a/#", 1, "", 0, TRELLIS_SUBSCRIBE_RETAINED));
  bench.subscribe(ada, subscription("a/#", 1, "g"));
  bench.shards.settle();
  bench.unsubscribe(ada, "a/#", "g");
  settle_all();
  EXPECT_EQ(take_all().size(), static_cast<std::size_t>(kMany));
}

TEST_F(ManyRetained, StopWithTheirSubscription) {
  bench.subscribe(ada, subscription("a/#", 1, "", 0, TRELLIS_SUBSCRIBE_RETAINED));
  bench.shards.settle();
  bench.unsubscribe(ada, "a/#");
  bench.on(ada, [](Subscriber& subscriber) { EXPECT_EQ(subscriber.replaying, nullptr); });
  settle_all();
  EXPECT_LE(bench.take(ada).size(), 300u);
}

}  // namespace
}  // namespace trellis::kernel
