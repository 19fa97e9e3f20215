// PUBLISH with each quality of service, in both directions.
#include <set>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Publishing : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Publishing);

class PublishingV5 : public MqttTest {};
class Versions : public MqttTest {};

TEST_P(Publishing, ArrivesWithTheLowerOfBothQualities) {
  for (const auto granted : kEachQos) {
    const auto topic = unique("/" + std::to_string(granted));
    auto subscriber = subscribed({.filter = topic, .qos = granted});
    auto publisher = connected();
    for (const auto qos : kEachQos) {
      publisher.publish({.topic = topic, .payload = "message", .qos = qos});
      const auto message = subscriber.expect_publish("message");
      EXPECT_EQ(message.qos, std::min(qos, granted));
      EXPECT_EQ(message.topic, topic);
      EXPECT_FALSE(message.dup);
      EXPECT_FALSE(message.retain);
      subscriber.acknowledge(message);
    }
  }
}

TEST_P(Publishing, QosZeroIsNotAcknowledged) {
  auto client = connected();
  client.send_publish({.topic = unique(), .payload = "quiet"});
  client.expect_nothing();
}

TEST_P(Publishing, QosOneIsAcknowledgedUnderItsIdentifier) {
  auto client = connected();
  for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{4711}, std::uint16_t{65535}}) {
    client.send_publish({.topic = unique(), .payload = "x", .qos = 1, .packet_id = id});
    EXPECT_EQ(client.expect(PacketType::puback).packet_id, id);
  }
}

TEST_P(Publishing, QosTwoIsAcknowledgedInTwoSteps) {
  auto client = connected();
  client.send_publish({.topic = unique(), .payload = "x", .qos = 2, .packet_id = 65535});
  EXPECT_EQ(client.expect(PacketType::pubrec).packet_id, 65535);
  client.send_ack(PacketType::pubrel, 65535);
  EXPECT_EQ(client.expect(PacketType::pubcomp).packet_id, 65535);
}

TEST_P(Publishing, QosTwoSentAgainBeforeReleaseArrivesOnce) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  publisher.send_publish({.topic = topic, .payload = "once", .qos = 2, .packet_id = 5});
  publisher.expect(PacketType::pubrec);
  publisher.send_publish({.topic = topic, .payload = "once", .qos = 2, .dup = true, .packet_id = 5});
  EXPECT_EQ(publisher.expect(PacketType::pubrec).packet_id, 5);
  publisher.send_ack(PacketType::pubrel, 5);
  publisher.expect(PacketType::pubcomp);
  subscriber.acknowledge(subscriber.expect_publish("once"));
  expect_no_more(publisher, subscriber);
}

TEST_P(Publishing, QosTwoIdentifierIsFreeAfterPubcomp) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  for (const char* payload : {"first", "second"}) {
    publisher.publish({.topic = topic, .payload = payload, .qos = 2, .packet_id = 5});
    subscriber.acknowledge(subscriber.expect_publish(payload));
  }
}

TEST_P(Publishing, QosOneUnderAnAcknowledgedIdentifierIsANewMessage) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 1});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "again", .qos = 1, .packet_id = 5});
  publisher.publish({.topic = topic, .payload = "again", .qos = 1, .dup = true, .packet_id = 5});
  for (int i = 0; i < 2; ++i) subscriber.acknowledge(subscriber.expect_publish("again"));
}

TEST_P(Publishing, DupIsNotPassedOn) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  for (const std::uint8_t qos : {std::uint8_t{1}, std::uint8_t{2}}) {
    publisher.publish({.topic = topic, .payload = "dup", .qos = qos, .dup = true});
    const auto message = subscriber.expect_publish("dup");
    EXPECT_FALSE(message.dup);
    subscriber.acknowledge(message);
  }
}

TEST_P(Publishing, PubrelForAnUnknownIdentifierIsCompleted) {
  auto client = connected();
  client.send_ack(PacketType::pubrel, 99);
  const auto complete = client.expect(PacketType::pubcomp);
  EXPECT_EQ(complete.packet_id, 99);
  EXPECT_TRUE(complete.reason == 0x92 || complete.reason == 0) << int{complete.reason};
}

TEST_P(Publishing, AcknowledgementsOfNothingDoNoHarm) {
  auto client = connected();
  client.send_ack(PacketType::puback, 77);
  client.send_ack(PacketType::pubcomp, 78);
  client.expect_nothing();
}

TEST_P(Publishing, PayloadMayBeEmpty) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic});
  auto publisher = connected();
  publisher.publish({.topic = topic});
  subscriber.expect_publish("");
}

TEST_P(Publishing, PayloadIsOpaque) {
  std::string payload;
  for (int i = 0; i < 300000; ++i) payload += static_cast<char>(i * 7 + i / 256);
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 1});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = payload, .qos = 1});
  EXPECT_TRUE(subscriber.expect(PacketType::publish).payload == payload);
}

TEST_P(Publishing, OrderIsKept) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 1});
  auto publisher = connected();
  for (const std::uint8_t qos : {std::uint8_t{0}, std::uint8_t{1}}) {
    for (int i = 0; i < 200; ++i) publisher.send_publish({.topic = topic, .payload = std::to_string(i), .qos = qos});
    for (int i = 0; i < 200; ++i) subscriber.acknowledge(subscriber.expect_publish(std::to_string(i)));
    for (int i = 0; i < (qos == 1 ? 200 : 0); ++i) publisher.expect(PacketType::puback);
  }
}

TEST_P(Publishing, QosTwoOrderIsKept) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  for (int i = 0; i < 20; ++i) publisher.publish({.topic = topic, .payload = std::to_string(i), .qos = 2});
  for (int i = 0; i < 20; ++i) subscriber.expect_publish(std::to_string(i));
}

TEST_P(Publishing, AcknowledgementsKeepTheOrderOfMessages) {
  auto publisher = connected();
  const auto topic = unique();
  for (std::uint16_t id = 1; id <= 15; ++id) publisher.send_publish({.topic = topic, .qos = 1, .packet_id = id});
  for (std::uint16_t id = 1; id <= 15; ++id) EXPECT_EQ(publisher.expect(PacketType::puback).packet_id, id);
  for (std::uint16_t id = 1; id <= 15; ++id) publisher.send_publish({.topic = topic, .qos = 2, .packet_id = id});
  for (std::uint16_t id = 1; id <= 15; ++id) EXPECT_EQ(publisher.expect(PacketType::pubrec).packet_id, id);
  for (std::uint16_t id = 1; id <= 15; ++id) publisher.send_ack(PacketType::pubrel, id);
  for (std::uint16_t id = 1; id <= 15; ++id) EXPECT_EQ(publisher.expect(PacketType::pubcomp).packet_id, id);
}

TEST_P(Publishing, UnacknowledgedMessagesHaveDifferentIdentifiers) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  for (int i = 0; i < 10; ++i) {
    publisher.publish({.topic = topic, .payload = "one", .qos = 1});
    publisher.publish({.topic = topic, .payload = "two", .qos = 2});
  }
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 20; ++i) ids.insert(subscriber.expect(PacketType::publish).packet_id);
  EXPECT_EQ(ids.size(), 20u);
}

TEST_P(Publishing, ServerReleasesAndCompletesUnderTheSameIdentifier) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "x", .qos = 2});
  const auto message = subscriber.expect_publish("x");
  subscriber.send_ack(PacketType::pubrec, message.packet_id);
  EXPECT_EQ(subscriber.expect(PacketType::pubrel).packet_id, message.packet_id);
  subscriber.send_ack(PacketType::pubcomp, message.packet_id);
  subscriber.expect_nothing();
}

TEST_P(Publishing, PubrelKeepsTheOrderOfPubrec) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  auto publisher = connected();
  std::vector<std::uint16_t> ids;
  for (int i = 0; i < 10; ++i) {
    publisher.publish({.topic = topic, .payload = "x", .qos = 2});
    ids.push_back(subscriber.expect_publish("x").packet_id);
  }
  for (const auto id : ids) subscriber.send_ack(PacketType::pubrec, id);
  for (const auto id : ids) EXPECT_EQ(subscriber.expect(PacketType::pubrel).packet_id, id);
}

TEST_P(Publishing, EverySubscriberGetsItsCopy) {
  const auto topic = unique();
  auto one = subscribed({.filter = topic, .qos = 1});
  auto two = subscribed({.filter = topic});
  auto sender = subscribed({.filter = topic});
  sender.send_publish({.topic = topic, .payload = "for all"});
  one.expect_publish("for all");
  two.expect_publish("for all");
  sender.expect_publish("for all");
}

TEST_P(Publishing, NobodyListeningIsNoFailure) {
  auto publisher = connected();
  const auto topic = unique();
  const auto ack = publisher.publish({.topic = topic, .qos = 1});
  EXPECT_EQ(ack->reason, v5() ? 0x10 : 0);
  publisher.send_publish({.topic = topic, .qos = 2, .packet_id = 9});
  const auto received = publisher.expect(PacketType::pubrec).reason;
  EXPECT_TRUE(received == 0 || (v5() && received == 0x10)) << int{received};
}

TEST_F(PublishingV5, PubrecWithAnErrorEndsTheDelivery) {
  const auto topic = unique();
  auto subscriber = subscribed(Version::v5, {.filter = topic, .qos = 2});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "unwanted", .qos = 2});
  subscriber.send_ack(PacketType::pubrec, subscriber.expect_publish("unwanted").packet_id, 0x80);
  subscriber.expect_nothing();
}

TEST_F(PublishingV5, PubrecForAnUnknownIdentifierIsAnsweredSo) {
  auto client = connected();
  client.send_ack(PacketType::pubrec, 321);
  const auto release = client.expect(PacketType::pubrel);
  EXPECT_EQ(release.packet_id, 321);
  EXPECT_EQ(release.reason, 0x92);
}

TEST_F(PublishingV5, AcknowledgementsUseTheirReasonCodes) {
  auto publisher = connected();
  const auto topic = unique();
  auto subscriber = subscribed(Version::v5, {.filter = topic, .qos = 2});
  EXPECT_EQ(publisher.publish({.topic = topic, .payload = "1", .qos = 1})->reason, 0);
  EXPECT_EQ(publisher.publish({.topic = topic, .payload = "2", .qos = 2})->reason, 0);
  subscriber.acknowledge(subscriber.expect_publish("1"));
  const auto second = subscriber.expect_publish("2");
  subscriber.send_ack(PacketType::pubrec, second.packet_id);
  EXPECT_EQ(subscriber.expect(PacketType::pubrel).reason, 0);
}

TEST_F(Versions, SpeakToEachOther) {
  const Version all[] = {Version::v31, Version::v311, Version::v5};
  for (const auto from : all)
    for (const auto to : all)
      for (const auto qos : kEachQos) {
        const auto topic = unique("/" + std::to_string(next_number()));
        auto subscriber = subscribed(to, {.filter = topic, .qos = 2});
        auto publisher = connected(from);
        publisher.publish({.topic = topic, .payload = "hello", .qos = qos});
        const auto message = subscriber.expect_publish("hello");
        EXPECT_EQ(message.qos, qos);
        EXPECT_TRUE(message.properties.ids().empty());
        subscriber.acknowledge(message);
      }
}

}  // namespace
}  // namespace trellis::testing
