// Topic aliases in both directions.
#include <map>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class TopicAliasV5 : public MqttTest {
 protected:
  static Publish aliased(const std::string& topic, std::uint32_t alias, const std::string& payload) {
    return {.topic = topic, .payload = payload, .properties = Properties().add(Prop::topic_alias, alias)};
  }
  // A connected client and the largest alias the broker takes.
  std::pair<RawClient, std::uint32_t> publisher() {
    auto client = open();
    const auto connack = client.connect({.client_id = unique("p" + std::to_string(next_number()))});
    return {std::move(client), connack.properties.number(Prop::topic_alias_maximum).value_or(0)};
  }
};

class OutwardAliasV5 : public MqttTest {
 protected:
  RawClient subscriber(std::optional<std::uint32_t> maximum) {
    Connect connect;
    if (maximum) connect.properties.add(Prop::topic_alias_maximum, *maximum);
    auto client = connected(Version::v5, connect);
    client.subscribe({{.filter = unique("/#")}});
    return client;
  }
};

TEST_F(TopicAliasV5, StandsForItsTopic) {
  auto subscriber = subscribed(Version::v5, {.filter = unique("/#")});
  auto [client, maximum] = publisher();
  ASSERT_GE(maximum, 2u);
  client.send_publish(aliased(unique("/a"), 1, "first"));
  client.send_publish(aliased("", 1, "second"));
  for (const char* payload : {"first", "second"}) {
    const auto message = subscriber.expect_publish(payload);
    EXPECT_EQ(message.topic, unique("/a"));
    EXPECT_FALSE(message.properties.has(Prop::topic_alias));
  }
}

TEST_F(TopicAliasV5, EveryAliasUpToTheMaximumIsAccepted) {
  auto subscriber = subscribed(Version::v5, {.filter = unique("/#")});
  auto [client, maximum] = publisher();
  for (const std::uint32_t alias : {1u, maximum})
    client.send_publish(aliased(unique("/" + std::to_string(alias)), alias, "set"));
  client.send_publish(aliased("", maximum, "used"));
  subscriber.expect_publish("set");
  subscriber.expect_publish("set");
  EXPECT_EQ(subscriber.expect_publish("used").topic, unique("/" + std::to_string(maximum)));
}

TEST_F(TopicAliasV5, CanBeGivenToAnotherTopic) {
  auto subscriber = subscribed(Version::v5, {.filter = unique("/#")});
  auto [client, maximum] = publisher();
  client.send_publish(aliased(unique("/a"), 1, "a"));
  client.send_publish(aliased(unique("/b"), 1, "b"));
  client.send_publish(aliased("", 1, "b again"));
  subscriber.expect_publish("a");
  subscriber.expect_publish("b");
  EXPECT_EQ(subscriber.expect_publish("b again").topic, unique("/b"));
}

TEST_F(TopicAliasV5, WorksWithEveryQos) {
  auto subscriber = subscribed(Version::v5, {.filter = unique("/#")});
  auto [client, maximum] = publisher();
  client.send_publish(aliased(unique("/a"), 1, "set"));
  subscriber.expect_publish("set");
  for (const auto qos : kEachQos) {
    auto publish = aliased("", 1, "used");
    publish.qos = qos;
    client.publish(publish);
    EXPECT_EQ(subscriber.expect_publish("used").topic, unique("/a"));
  }
}

TEST_F(TopicAliasV5, IsTheConnectionsOwn) {
  auto [one, maximum] = publisher();
  auto [other, same] = publisher();
  auto subscriber = subscribed(Version::v5, {.filter = unique("/#")});
  one.send_publish(aliased(unique("/one"), 1, "x"));
  subscriber.expect_publish("x");
  other.send_publish(aliased("", 1, "y"));
  other.expect_disconnect({0x82, 0x94});
}

TEST_F(TopicAliasV5, IsForgottenWithTheConnection) {
  auto first = open();
  first.connect(keeping(Version::v5, unique()));
  first.send_publish(aliased(unique("/a"), 1, "x"));
  first.disconnect();
  auto second = open();
  ASSERT_TRUE(second.connect(keeping(Version::v5, unique())).session_present);
  second.send_publish(aliased("", 1, "y"));
  second.expect_disconnect({0x82, 0x94});
}

TEST_F(TopicAliasV5, ZeroIsInvalid) {
  auto client = connected();
  client.send_publish(aliased(unique(), 0, "x"));
  client.expect_disconnect({0x94});
}

TEST_F(TopicAliasV5, AboveTheMaximumIsInvalid) {
  auto [client, maximum] = publisher();
  ASSERT_LT(maximum, 65535u) << "there is no alias above";
  client.send_publish(aliased(unique(), maximum + 1, "x"));
  client.expect_disconnect({0x94});
}

TEST_F(TopicAliasV5, UnknownAliasWithoutTopicIsAProtocolError) {
  auto client = connected();
  client.send_publish(aliased("", 1, "x"));
  client.expect_disconnect({0x82, 0x94});
}

TEST_F(OutwardAliasV5, NoneIsSentToAClientThatTakesNone) {
  for (const auto maximum : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(0)}) {
    auto client = subscriber(maximum);
    auto publisher = connected();
    for (int i = 0; i < 5; ++i) {
      publisher.publish({.topic = unique("/a"), .payload = "x"});
      EXPECT_FALSE(client.expect_publish("x").properties.has(Prop::topic_alias));
    }
  }
}

TEST_F(OutwardAliasV5, StayWithinTheMaximumAndName) {
  auto client = subscriber(2);
  auto publisher = connected();
  std::map<std::uint32_t, std::string> topics;
  for (int i = 0; i < 12; ++i) {
    const auto topic = unique("/" + std::to_string(i % 4));
    publisher.publish({.topic = topic, .payload = "x"});
    const auto message = client.expect_publish("x");
    const auto alias = message.properties.number(Prop::topic_alias);
    if (alias) {
      EXPECT_GE(*alias, 1u);
      EXPECT_LE(*alias, 2u);
      if (!message.topic.empty()) topics[*alias] = message.topic;
    }
    EXPECT_EQ(message.topic.empty() ? topics[alias.value_or(0)] : message.topic, topic);
  }
}

TEST_F(OutwardAliasV5, SaveTheTopicOfLaterMessages) {
  auto client = subscriber(10);
  auto publisher = connected();
  publisher.publish({.topic = unique("/long/topic"), .payload = "first"});
  const auto first = client.expect_publish("first");
  EXPECT_EQ(first.topic, unique("/long/topic"));
  publisher.publish({.topic = unique("/long/topic"), .payload = "later"});
  const auto later = client.expect_publish("later");
  EXPECT_EQ(later.topic, "");
  EXPECT_EQ(later.properties.number(Prop::topic_alias), first.properties.number(Prop::topic_alias));
}

TEST_F(OutwardAliasV5, AreSetAnewOnTheNextConnection) {
  auto connect = keeping(Version::v5, unique());
  connect.properties.add(Prop::topic_alias_maximum, 5);
  for (int round = 0; round < 2; ++round) {
    auto client = open();
    client.connect(connect);
    client.subscribe({{.filter = unique("/#")}});
    auto publisher = connected();
    publisher.publish({.topic = unique("/a"), .payload = "x"});
    EXPECT_EQ(client.expect_publish("x").topic, unique("/a"));
    client.disconnect();
  }
}

TEST_F(OutwardAliasV5, AreNotUsedWhereThePacketWouldBeTooLargeForThem) {
  constexpr std::uint32_t kLimit = 100;
  const auto take = Properties().add(Prop::topic_alias_maximum, 10).add(Prop::maximum_packet_size, kLimit);
  auto client = connected(Version::v5, {.properties = take});
  client.subscribe({{.filter = unique("/#")}});
  auto publisher = connected();
  for (std::uint32_t room = 0; room < 6; ++room) {
    const auto topic = unique("/") + std::to_string(room);
    // Header 2, length of the topic 2, no properties 1.
    const std::string payload(kLimit - 5 - topic.size() - room, 'x');
    publisher.publish({.topic = topic, .payload = payload});
    const auto message = client.expect_publish(payload);
    EXPECT_EQ(message.topic, topic);
    EXPECT_EQ(message.properties.has(Prop::topic_alias), room >= 3);
    publisher.publish({.topic = topic, .payload = "y"});
    EXPECT_EQ(client.expect_publish("y").topic.empty(), room >= 3) << "what was not introduced is not known";
  }
}

}  // namespace
}  // namespace trellis::testing
