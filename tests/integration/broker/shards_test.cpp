// The scenarios in which clients of different shards meet.
#include <atomic>
#include <thread>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Shards : public SiteTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override { start({.shards = GetParam()}); }
  /// Enough clients that every shard has some, whichever way the system spreads connections.
  static constexpr int kMany = 12;
  std::vector<RawClient> many_subscribed(const Filter& filter) {
    std::vector<RawClient> clients;
    for (int i = 0; i < kMany; ++i) clients.push_back(subscribed(i % 2 == 0 ? Version::v5 : Version::v311, filter));
    return clients;
  }
};

TEST_P(Shards, EveryoneGetsEverythingInOrder) {
  for (const auto qos : kEachQos) {
    const auto topic = unique("/" + std::to_string(qos));
    auto clients = many_subscribed({.filter = topic, .qos = qos});
    auto publisher = connected();
    for (int i = 0; i < 50; ++i) publisher.publish({.topic = topic, .payload = std::to_string(i), .qos = qos});
    for (auto& client : clients) {
      std::vector<Packet> received;
      for (int i = 0; i < 50; ++i) received.push_back(client.expect_publish(std::to_string(i)));
      for (const auto& message : received) client.acknowledge(message);
    }
  }
}

TEST_P(Shards, PublishersOnAllShardsAtOnceLoseNothing) {
  const auto topic = unique();
  auto subscriber = subscribed(Version::v5, {.filter = topic, .qos = 1});
  subscriber.set_deadline(kPatience);
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < kMany; ++i) {
    threads.emplace_back([&, publisher = connected()]() mutable {
      try {
        for (int n = 0; n < 30; ++n) publisher.publish({.topic = topic, .payload = "x", .qos = 1});
      } catch (const std::exception&) {
        ++failed;
      }
    });
  }
  for (int i = 0; i < kMany * 30; ++i) subscriber.acknowledge(subscriber.expect(PacketType::publish));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  subscriber.expect_nothing();
}

TEST_P(Shards, SharedSubscriptionGivesEachMessageToOneMember) {
  const auto topic = unique();
  auto members = many_subscribed({.filter = "$share/g/" + topic, .qos = 1});
  auto publisher = connected();
  for (int i = 0; i < 10 * kMany; ++i) publisher.publish({.topic = topic, .payload = std::to_string(i), .qos = 1});
  std::vector<bool> seen(10 * kMany);
  std::size_t total = 0;
  for (auto& member : members) {
    for (const auto& message : drain(publisher, member)) {
      const auto number = std::stoul(message.payload);
      EXPECT_FALSE(seen.at(number)) << number << " came twice";
      seen.at(number) = true;
      ++total;
    }
  }
  EXPECT_EQ(total, seen.size());
}

TEST_P(Shards, SharedSubscriptionHandsOnWhatADeadMemberHad) {
  const auto topic = unique();
  auto dead = subscribed(Version::v5, {.filter = "$share/g/" + topic, .qos = 1});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "unacknowledged", .qos = 1});
  dead.expect_publish("unacknowledged");
  auto heir = subscribed(Version::v5, {.filter = "$share/g/" + topic, .qos = 1});
  dead.reset();
  heir.acknowledge(heir.expect_publish("unacknowledged"));
}

TEST_P(Shards, SessionMovesWithItsClientFromShardToShard) {
  const auto topic = unique();
  auto publisher = connected();
  std::vector<RawClient> taken;
  for (int i = 0; i < kMany; ++i) {
    auto client = open();
    EXPECT_EQ(client.connect(keeping(Version::v5, unique("roamer"))).session_present, i > 0);
    if (i == 0) client.subscribe({{.filter = topic, .qos = 1}});
    if (i > 0) {
      EXPECT_EQ(taken.back().expect(PacketType::disconnect).reason, 0x8E);
    }
    publisher.publish({.topic = topic, .payload = std::to_string(i), .qos = 1});
    client.acknowledge(client.expect_publish(std::to_string(i)));
    client.expect_nothing();
    taken.push_back(std::move(client));
  }
}

TEST_P(Shards, UnacknowledgedMessagesFollowTheSession) {
  const auto topic = unique();
  auto first = connected(Version::v5, keeping(Version::v5, unique("roamer")));
  first.subscribe({{.filter = topic, .qos = 2}});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "one", .qos = 1});
  publisher.publish({.topic = topic, .payload = "two", .qos = 2});
  first.expect_publish("one");
  first.expect_publish("two");
  for (int i = 0; i < kMany; ++i) {
    auto next = open();
    EXPECT_TRUE(next.connect(keeping(Version::v5, unique("roamer"))).session_present);
    const auto one = next.expect_publish("one");
    EXPECT_TRUE(one.dup);
    const auto two = next.expect_publish("two");
    if (i + 1 < kMany) continue;
    next.acknowledge(one);
    next.acknowledge(two);
    next.expect_nothing();
  }
}

TEST_P(Shards, ManyTakeoversAtOnceLeaveOneClient) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 20; ++n) {
        try {
          RawClient client(broker().port());
          client.connect(keeping(Version::v5, unique("contested")));
          client.receive();  // until another takes over, or nobody is left to
        } catch (const std::exception&) {
          return;  // the last one waits in vain
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  auto last = open();
  last.connect(keeping(Version::v5, unique("contested")));
  last.expect_nothing();
  expect_metric("trellis_mqtt_connections", "", 1);
  expect_metric("trellis_subscribers", "", 1);
}

TEST_P(Shards, RetainedMessageIsSeenFromEveryShard) {
  auto publisher = connected();
  publisher.publish({.topic = unique(), .payload = "first", .qos = 1, .retain = true});
  publisher.publish({.topic = unique(), .payload = "kept", .qos = 1, .retain = true});
  for (auto& client : many_subscribed({.filter = unique("") + "/#", .qos = 1})) {
    const auto message = client.expect_publish("kept");
    EXPECT_TRUE(message.retain);
    client.acknowledge(message);
    client.expect_nothing();
  }
}

TEST_P(Shards, WillReachesEveryShard) {
  auto clients = many_subscribed({.filter = unique(), .qos = 1});
  auto dying = connected(Version::v5, {.will = Will{.topic = unique(), .payload = "gone", .qos = 1}});
  dying.reset();
  for (auto& client : clients) client.acknowledge(client.expect_publish("gone"));
}

TEST_P(Shards, SubscribingWhileOthersPublishMissesNothingAfterwards) {
  const auto topic = unique();
  std::atomic<bool> stop{false};
  std::thread noise([&, publisher = connected()]() mutable {
    while (!stop) publisher.publish({.topic = unique("/noise"), .payload = "x", .qos = 1});
  });
  auto publisher = connected();
  for (int i = 0; i < 20; ++i) {
    auto client = subscribed(Version::v5, {.filter = topic + "/" + std::to_string(i) + "/+", .qos = 1});
    publisher.publish({.topic = topic + "/" + std::to_string(i) + "/a", .payload = "x", .qos = 1});
    client.acknowledge(client.expect_publish("x"));
  }
  stop = true;
  noise.join();
}

INSTANTIATE_TEST_SUITE_P(Of, Shards, ::testing::Values(1u, 2u, 4u),
                         [](const auto& shards) { return std::to_string(shards.param); });

}  // namespace
}  // namespace trellis::testing
