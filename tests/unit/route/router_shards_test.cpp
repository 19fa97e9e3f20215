// Messages between shards, and shards at work at the same time.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <latch>
#include <string>
#include <thread>
#include <trellis/runtime/kept_bytes.hpp>
#include <vector>

#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::publication;
using testing::RouterBench;
using testing::subscription;

TEST(RouterShards, HandsOverToSubscribersOfOtherShards) {
  RouterBench bench(3);
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    bench.subscribe(bench.open("c" + std::to_string(shard), shard), subscription("a/+", 1, "", shard + 1));
  }
  bench.publish({publication("a/1", "1", 1), publication("a/1", "2", 1), publication("a/2", "3", 0)}, 1);
  for (auto& client : bench.clients) {
    const auto received = bench.take(*client);
    ASSERT_EQ(received.size(), 3u);
    EXPECT_EQ(received[0].payload, "1");
    EXPECT_EQ(received[2].payload, "3");
    EXPECT_THAT(received[0].identifiers, ElementsAre(client->shard + 1));
  }
  EXPECT_EQ(bench.read(bench.space().queue_metrics.matched), 9);
  bench.expect_account();
}

TEST(RouterShards, KeepTheOrderOfOnePublisher) {
  RouterBench bench(2);
  Client& client = bench.open("c", 1);
  bench.subscribe(client, subscription("#"));
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back(std::to_string(i));
    bench.shards[0]->post([&bench, payload = expected.back(), i] {
      const trellis_publication message = publication(i % 3 == 0 ? "a" : "b", payload, 1);
      trellis_status result;
      bench.routers[0]->publish(0, testing::broker(), &message, &result, 1);
    });
  }
  EXPECT_EQ(bench.payloads(client), expected);
}

TEST(RouterShards, CarryWhatCountsForTheReceiver) {
  RouterBench bench(2);
  Client& client = bench.open("c", 1);
  bench.subscribe(client,
                  subscription("a", 1, "", 0, TRELLIS_SUBSCRIBE_NO_LOCAL | TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED));
  Publisher own = testing::broker();
  bench.on(client, [&](Subscriber& subscriber) { own.origin = subscriber.id(); });
  bench.publish({publication("a", "own", 1)}, 0, own);
  EXPECT_THAT(bench.payloads(client), IsEmpty());
  bench.publish("a", "x", 2, TRELLIS_MESSAGE_RETAIN);
  const auto received = bench.take(client);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].qos, 1u);
  EXPECT_EQ(received[0].flags, std::uint32_t{TRELLIS_DELIVERY_RETAIN});
}

// Everything a receiver can read of a message, in one line.
void write_down(void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
  auto& lines = *static_cast<std::vector<std::string>*>(user);
  for (std::uint32_t i = 0; i < count; ++i) {
    const trellis_message& facts = *deliveries[i].message;
    std::string line = std::string(text_of(facts.topic)) + "|" + std::string(text_of(facts.payload)) + "|" +
                       std::string(text_of(facts.content_type)) + "|" + std::string(text_of(facts.response_topic)) +
                       "|" + std::string(text_of(facts.correlation_data)) + "|" +
                       std::string(text_of(facts.publisher)) + "|" + std::to_string(facts.flags) + "|" +
                       std::to_string(facts.qos) + "|" + std::to_string(facts.expires_at_ms - facts.published_at_ms);
    for (std::uint32_t p = 0; p < facts.user_property_count; ++p) {
      line.append("|").append(text_of(facts.user_properties[p].name));
      line.append("=").append(text_of(facts.user_properties[p].value));
    }
    lines.push_back(line + "|" + std::to_string(Message::of(&facts).bytes()));
  }
}

TEST(RouterShards, CarryEveryFactOfEveryMessage) {
  // Few of these say the same as the one before in all but the payload, some are larger than a letter copies, and
  // together they fill more than one chunk of it.
  const std::string large(5000, 'L');
  const trellis_pair pairs[] = {{view_of("k"), view_of("v")}, {view_of("k"), view_of("w")}};
  std::vector<trellis_publication> messages;
  for (int round = 0; round < 40; ++round) {
    for (const std::string_view payload : {"", "1", "22"}) messages.push_back(publication("a/b", payload));
    messages.push_back(publication("a/b", std::string_view(large).substr(0, 900)));
    for (const std::string_view topic : {"a/b", "a/b", "a/c"}) messages.push_back(publication(topic, large));
    messages.push_back(publication("a/b", "text", 0, TRELLIS_MESSAGE_TEXT | TRELLIS_MESSAGE_HAS_FORMAT));
    messages.push_back(publication("a/c", "3", 1));
    messages.push_back(publication("a/c", "4", 2));
    messages.push_back(publication("a/c", "5", 2, TRELLIS_MESSAGE_HAS_EXPIRY));
    messages.back().expiry_s = 60;
    messages.push_back(publication("a/c", "6", 2));
    messages.back().content_type = messages.back().response_topic = view_of("t");
    messages.push_back(publication("a/c", "6", 2));
    messages.back().correlation_data = view_of("tt");
    messages.push_back(messages.back());
    messages.push_back(publication("a/c", "7", 2));
    messages.back().user_properties = pairs;
    messages.back().user_property_count = 2;
    messages.push_back(publication("a/c", "8", 2));
  }
  RouterBench bench(2);
  static constexpr trellis_receiver kWriter{sizeof(trellis_receiver), &write_down, nullptr, nullptr, nullptr};
  std::vector<std::string> lines[2];
  for (std::uint32_t shard = 0; shard < 2; ++shard) {
    Client& client = bench.open("c", shard);
    bench.on(client, [&](Subscriber& to) { to.set_receiver(&kWriter, nullptr, &lines[shard]); });
    bench.subscribe(client, subscription("a/#", 2));
  }
  Publisher publisher = testing::broker();
  publisher.name = "somebody";
  bench.publish(messages, 0, publisher);
  EXPECT_EQ(lines[0].size(), messages.size());
  EXPECT_EQ(lines[1], lines[0]) << "what came over is not what was published";
}

TEST(RouterShards, SeeSubscriptionsOfOthersAtOnce) {
  RouterBench bench(2);
  Client& client = bench.open("c", 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(bench.publish("a", "lost"), TRELLIS_NO_MATCH);
    bench.subscribe(client, subscription("a"));
    EXPECT_EQ(bench.publish("a", "x"), TRELLIS_OK);
    bench.unsubscribe(client, "a");
  }
  EXPECT_EQ(bench.take(client).size(), 20u);
}

// All shards publish, subscribe, unsubscribe, open and close at once; in the end the account must be right.
TEST(RouterShards, AccountIsRightAfterEverythingAtOnce) {
  constexpr std::uint32_t kShards = 3;
  constexpr int kRounds = 150;
  RouterBench bench(kShards);
  Client& steady = bench.open("steady", 0);
  bench.subscribe(steady, subscription("#"));
  std::vector<std::unique_ptr<Client>> passing;
  for (std::uint32_t shard = 0; shard < kShards; ++shard) {
    passing.push_back(std::make_unique<Client>());
    Client& client = *passing.back();
    client.shard = shard;
    for (int round = 0; round < kRounds; ++round) {
      bench.shards[shard]->post([&bench, &client, shard, round] {
        Router& router = *bench.routers[shard];
        if (client.subscriber == nullptr) {
          client.subscriber = &router.open(0, "p" + std::to_string(shard), testing::limits(5));
          client.subscriber->set_receiver(&Client::receiver(), nullptr, &client);
          if (round % 3 != 0) client.subscriber->attach(nullptr, 3);
          router.subscribe(*client.subscriber, subscription("t/+"));
          router.subscribe(*client.subscriber, subscription("t/1", 1, "g"));
        } else if (round % 5 == 0) {
          router.close(*client.subscriber);
          client.subscriber = nullptr;
        }
        const std::string topic = "t/" + std::to_string(round % 4);
        const std::vector<trellis_publication> batch(4, publication(topic, "x", round % 2));
        trellis_status results[4];
        router.publish(0, testing::broker(), batch.data(), results, 4);
        bench.shards.epochs.collect();
      });
    }
  }
  bench.shards.settle();
  EXPECT_EQ(bench.take(steady).size(), std::size_t{kShards} * kRounds * 4);
  bench.expect_account();
}

// A shard that cannot follow: what waits for it is memory, and memory slows publishers.
TEST(RouterShards, WhatIsUnderWayCountsAsKept) {
  RouterBench bench(2);
  Client& client = bench.open("c", 1);
  bench.subscribe(client, subscription("t"));
  const std::int64_t before = kept_bytes();
  std::latch go(1);
  bench.shards[1]->post([&] { go.wait(); });
  for (int i = 0; i < 100; ++i) {
    bench.shards[0].call([&] {
      const trellis_publication message = publication("t", "x", 0);
      trellis_status result;
      bench.routers[0]->publish(0, testing::broker(), &message, &result, 1);
    });
    bench.shards[0].turn();
  }
  EXPECT_GE(kept_bytes() - before, 100 * 1024);
  go.count_down();
  EXPECT_EQ(bench.take(client).size(), 100u);
  EXPECT_EQ(kept_bytes(), before);
}

TEST(RouterShards, WhoIsToldThatItEndsMayCloseAnother) {
  RouterBench bench;
  Client& first = bench.open("first");
  Client& second = bench.open("second");
  struct Pair {
    Router& router;
    Client& first;
    Client& second;
    int told = 0;
  } pair{*bench.routers[0], first, second};
  static const trellis_receiver kCloses{sizeof kCloses, nullptr, nullptr,
                                        [](void*, void* user, std::uint32_t) {
                                          auto& both = *static_cast<Pair*>(user);
                                          if (++both.told > 1) return;
                                          // Whichever is told first takes the other with it.
                                          for (Subscriber* one : both.router.subscribers().all())
                                            both.router.close(*one);
                                        },
                                        nullptr};
  for (Client* client : {&first, &second}) {
    bench.on(*client, [&](Subscriber& subscriber) { subscriber.set_receiver(&kCloses, nullptr, &pair); });
  }
  bench.shards[0].call([&] { bench.routers[0]->end_all(TRELLIS_ENDED_SHUTDOWN); });
  EXPECT_EQ(pair.told, 1);
  EXPECT_EQ(bench.read(bench.space().subscriber_count), 0);
}

}  // namespace
}  // namespace trellis::kernel
