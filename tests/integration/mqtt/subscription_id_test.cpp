// Subscription Identifiers.
#include <algorithm>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class SubscriptionIdV5 : public MqttTest {
 protected:
  static Properties id(std::uint32_t value) { return Properties().add(Prop::subscription_id, value); }
  static std::vector<std::uint32_t> ids_of(const Packet& message) {
    auto ids = message.properties.numbers(Prop::subscription_id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  using Ids = std::vector<std::uint32_t>;
  void publish(const std::string& topic) { connected().publish({.topic = topic, .payload = "x", .qos = 1}); }
  const std::string topic_ = unique("/topic");
};

TEST_F(SubscriptionIdV5, ComesWithEachMessage) {
  auto client = connected();
  client.subscribe({{.filter = topic_}}, id(42));
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{42});
}

TEST_F(SubscriptionIdV5, IsAbsentWhereNoneWasGiven) {
  auto client = subscribed(Version::v5, {.filter = topic_});
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{});
}

TEST_F(SubscriptionIdV5, MayHaveAnyLength) {
  auto client = connected();
  for (const std::uint32_t value : {1u, 127u, 128u, 16383u, 16384u, 2097151u, 2097152u, 268435455u}) {
    client.subscribe({{.filter = topic_}}, id(value));
    publish(topic_);
    EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{value});
  }
}

TEST_F(SubscriptionIdV5, OfAllOverlappingSubscriptionsComeTogether) {
  auto client = connected();
  client.subscribe({{.filter = unique("/#")}}, id(1));
  client.subscribe({{.filter = topic_}}, id(2));
  client.subscribe({{.filter = unique("/+")}});
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), (Ids{1, 2}));
  expect_no_more(client, client);
}

TEST_F(SubscriptionIdV5, SharedByTheFiltersOfOnePacket) {
  auto client = connected();
  client.subscribe({{.filter = unique("/a")}, {.filter = unique("/b")}}, id(7));
  publish(unique("/a"));
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{7});
  publish(unique("/b"));
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{7});
}

TEST_F(SubscriptionIdV5, IsReplacedWithTheSubscription) {
  auto client = connected();
  client.subscribe({{.filter = topic_}}, id(1));
  client.subscribe({{.filter = topic_}}, id(2));
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{2});
  client.subscribe({{.filter = topic_}});
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{});
}

TEST_F(SubscriptionIdV5, IsPartOfTheSession) {
  auto first = open();
  first.connect(keeping(Version::v5, unique()));
  first.subscribe({{.filter = topic_, .qos = 1}}, id(9));
  first.disconnect();
  publish(topic_);
  auto second = open();
  second.connect(keeping(Version::v5, unique()));
  EXPECT_EQ(ids_of(second.expect_publish("x")), Ids{9});
}

TEST_F(SubscriptionIdV5, ComesWithRetainedMessages) {
  connected().publish({.topic = topic_, .payload = "kept", .qos = 1, .retain = true});
  auto client = connected();
  client.subscribe({{.filter = topic_}}, id(5));
  EXPECT_EQ(ids_of(client.expect_publish("kept")), Ids{5});
}

TEST_F(SubscriptionIdV5, ComesWithSharedSubscriptions) {
  auto client = connected();
  client.subscribe({{.filter = "$share/" + unique() + "/" + topic_}}, id(3));
  publish(topic_);
  EXPECT_EQ(ids_of(client.expect_publish("x")), Ids{3});
}

TEST_F(SubscriptionIdV5, DiffersBetweenSubscribers) {
  auto one = connected();
  auto two = connected();
  one.subscribe({{.filter = topic_}}, id(1));
  two.subscribe({{.filter = topic_}}, id(2));
  publish(topic_);
  EXPECT_EQ(ids_of(one.expect_publish("x")), Ids{1});
  EXPECT_EQ(ids_of(two.expect_publish("x")), Ids{2});
}

}  // namespace
}  // namespace trellis::testing
