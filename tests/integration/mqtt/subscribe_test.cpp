// SUBSCRIBE and UNSUBSCRIBE with their answers.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Subscribing : public VersionedTest {
 protected:
  // A filter that cannot be: a failure code for it, or the end of the connection.
  void expect_filter_refused(const std::string& filter) {
    auto client = connected();
    client.send_subscribe({.filters = {{.filter = filter}}});
    const auto answer = client.receive();
    if (!answer || answer->type == PacketType::disconnect) return;
    ASSERT_EQ(answer->type, PacketType::suback) << filter;
    EXPECT_GE(answer->reasons.at(0), 0x80) << filter;
  }
};
TRELLIS_ALL_VERSIONS(Subscribing);

class Unsubscribing : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Unsubscribing);

class SubscribingV5 : public MqttTest {};

TEST_P(Subscribing, IsAnsweredWithOneCodeForEachFilterInOrder) {
  auto client = connected();
  const auto suback = client.subscribe({{.filter = unique("/a"), .qos = 2},
                                        {.filter = unique("/b"), .qos = 0},
                                        {.filter = unique("/c/#"), .qos = 1},
                                        {.filter = unique("/d/+"), .qos = 2}});
  EXPECT_EQ(suback.reasons, (std::vector<std::uint8_t>{2, 0, 1, 2}));
}

TEST_P(Subscribing, IsAnsweredUnderItsIdentifier) {
  auto client = connected();
  for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{65535}}) {
    client.send_subscribe({.filters = {{.filter = unique()}}, .packet_id = id});
    EXPECT_EQ(client.expect(PacketType::suback).packet_id, id);
  }
}

TEST_P(Subscribing, SeveralFiltersWorkLikeSeveralPackets) {
  auto client = connected();
  client.subscribe({{.filter = unique("/a")}, {.filter = unique("/b")}});
  auto publisher = connected();
  publisher.publish({.topic = unique("/a"), .payload = "a"});
  publisher.publish({.topic = unique("/b"), .payload = "b"});
  client.expect_publish("a");
  client.expect_publish("b");
}

TEST_P(Subscribing, AgainReplacesTheSubscription) {
  const auto topic = unique();
  auto client = subscribed({.filter = topic, .qos = 2});
  client.subscribe({{.filter = topic, .qos = 0}});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "single", .qos = 2});
  EXPECT_EQ(client.expect_publish("single").qos, 0);
  expect_no_more(publisher, client);
}

TEST_P(Subscribing, AgainLosesNoMessage) {
  const auto topic = unique();
  auto client = subscribed({.filter = topic, .qos = 1});
  auto publisher = connected();
  for (int i = 0; i < 100; ++i) {
    publisher.send_publish({.topic = topic, .payload = std::to_string(i)});
    if (i % 10 == 0) client.send_subscribe({.filters = {{.filter = topic, .qos = 1}}});
  }
  for (int expected = 0; expected < 100;) {
    const auto packet = client.receive();
    ASSERT_TRUE(packet.has_value());
    if (packet->type != PacketType::publish) continue;
    EXPECT_EQ(packet->payload, std::to_string(expected++));
  }
}

TEST_P(Subscribing, OverlappingFiltersGiveTheHighestQos) {
  auto client = connected();
  client.subscribe(
      {{.filter = unique("/+"), .qos = 2}, {.filter = unique("/a"), .qos = 0}, {.filter = unique("/#"), .qos = 1}});
  auto publisher = connected();
  publisher.publish({.topic = unique("/a"), .payload = "overlap", .qos = 2});
  const auto message = client.expect_publish("overlap");
  EXPECT_EQ(message.qos, 2);
  client.acknowledge(message);
  expect_no_more(publisher, client);
}

TEST_P(Subscribing, ImpossibleFiltersAreRefused) {
  for (const std::string filter : {"a/#/b", "a#", "#a", "#/a", "a/b#", "+a", "a+", "a/+b", "a/b+/c", "++", ""})
    expect_filter_refused(filter);
}

TEST_P(Subscribing, MayBeRepeatedEndlesslyByTheSameClient) {
  auto client = connected();
  for (int i = 0; i < 300; ++i) client.subscribe({{.filter = unique("/" + std::to_string(i % 7)), .qos = 1}});
}

TEST_P(Unsubscribing, IsAnsweredUnderItsIdentifier) {
  auto client = subscribed({.filter = unique()});
  client.send_unsubscribe({.filters = {unique()}, .packet_id = 65535});
  EXPECT_EQ(client.expect(PacketType::unsuback).packet_id, 65535);
}

TEST_P(Unsubscribing, StopsTheMessages) {
  const auto topic = unique();
  auto client = subscribed({.filter = topic, .qos = 1});
  client.unsubscribe({topic});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "too late", .qos = 1});
  expect_no_more(publisher, client);
}

TEST_P(Unsubscribing, WhatIsNotSubscribedIsAnsweredToo) {
  auto client = connected();
  const auto unsuback = client.unsubscribe({unique()});
  EXPECT_EQ(unsuback.reasons, v5() ? std::vector<std::uint8_t>{0x11} : std::vector<std::uint8_t>{});
}

TEST_P(Unsubscribing, SeveralFiltersGetOneAnswer) {
  auto client = connected();
  client.subscribe({{.filter = unique("/a")}, {.filter = unique("/b")}});
  const auto unsuback = client.unsubscribe({unique("/a"), unique("/none"), unique("/b")});
  EXPECT_EQ(unsuback.reasons, v5() ? (std::vector<std::uint8_t>{0, 0x11, 0}) : std::vector<std::uint8_t>{});
  auto publisher = connected();
  publisher.publish({.topic = unique("/a"), .payload = "a"});
  publisher.publish({.topic = unique("/b"), .payload = "b"});
  expect_no_more(publisher, client);
}

TEST_P(Unsubscribing, ComparesFiltersCharacterByCharacter) {
  auto client = connected();
  client.subscribe({{.filter = unique("/+")}});
  client.unsubscribe({unique("/a"), unique("/#"), unique("/+/"), unique("/+").substr(1)});
  auto publisher = connected();
  publisher.publish({.topic = unique("/a"), .payload = "still"});
  client.expect_publish("still");
  client.unsubscribe({unique("/+")});
  publisher.publish({.topic = unique("/a"), .payload = "no more"});
  expect_no_more(publisher, client);
}

TEST_P(Unsubscribing, LetsStartedDeliveriesFinish) {
  const auto topic = unique();
  auto client = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "started", .qos = 2});
  const auto message = client.expect_publish("started");
  client.unsubscribe({topic});
  client.acknowledge(message);
  client.expect_nothing();
}

TEST_F(SubscribingV5, SubackUsesItsReasonCodes) {
  auto client = connected();
  for (const auto qos : kEachQos)
    EXPECT_EQ(client.subscribe({{.filter = unique(), .qos = qos}}).reasons, std::vector<std::uint8_t>{qos});
}

TEST_F(SubscribingV5, UnsubackUsesItsReasonCodes) {
  auto client = subscribed(Version::v5, {.filter = unique()});
  EXPECT_EQ(client.unsubscribe({unique()}).reasons, std::vector<std::uint8_t>{0});
  EXPECT_EQ(client.unsubscribe({unique()}).reasons, std::vector<std::uint8_t>{0x11});
}

TEST_F(SubscribingV5, UserPropertiesAreAccepted) {
  auto client = connected();
  client.subscribe({{.filter = unique()}}, Properties().user("a", "1").user("a", "2"));
  client.send_unsubscribe({.filters = {unique()}, .properties = Properties().user("b", "3")});
  client.expect(PacketType::unsuback);
}

TEST_F(SubscribingV5, NoLocalKeepsAClientsOwnMessagesAway) {
  const auto topic = unique();
  auto client = subscribed(Version::v5, {.filter = topic, .no_local = true});
  auto other = connected();
  client.send_publish({.topic = topic, .payload = "mine"});
  client.expect_nothing();
  expect_no_more(client, client);
  other.send_publish({.topic = topic, .payload = "yours"});
  client.expect_publish("yours");
}

TEST_F(SubscribingV5, NoLocalHoldsForTheClientIdentifierNotTheConnection) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(Version::v5, unique()));
  first.subscribe({{.filter = topic, .qos = 1, .no_local = true}});
  first.disconnect();
  auto second = open();
  second.connect(keeping(Version::v5, unique()));
  second.publish({.topic = topic, .payload = "mine", .qos = 1});
  expect_no_more(second, second);
}

TEST_F(SubscribingV5, NoLocalIsReplacedWithTheSubscription) {
  const auto topic = unique();
  auto client = subscribed(Version::v5, {.filter = topic, .no_local = true});
  client.subscribe({{.filter = topic}});
  client.send_publish({.topic = topic, .payload = "mine"});
  client.expect_publish("mine");
}

TEST_F(SubscribingV5, NoLocalHoldsForRetainedMessagesToo) {
  const auto topic = unique();
  auto client = connected(Version::v5, {.client_id = unique("own")});
  auto other = connected(Version::v5, {.client_id = unique("other")});
  client.publish({.topic = topic + "/mine", .payload = "mine", .qos = 1, .retain = true});
  other.publish({.topic = topic + "/yours", .payload = "yours", .qos = 1, .retain = true});
  client.subscribe({{.filter = topic + "/#", .no_local = true}});
  client.expect_publish("yours");
  expect_no_more(other, client);
}

}  // namespace
}  // namespace trellis::testing
