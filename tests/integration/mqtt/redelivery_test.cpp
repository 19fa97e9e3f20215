// What is sent again when a session is resumed, what is not, and what waited meanwhile.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Redelivery : public VersionedTest {
 protected:
  // A client with a kept session, subscribed to topic_.
  RawClient subscriber() {
    auto client = open();
    client.connect(keeping(unique()));
    client.subscribe({{.filter = topic_, .qos = 2}});
    return client;
  }
  RawClient resumed() {
    auto client = open();
    EXPECT_TRUE(client.connect(keeping(unique())).session_present);
    return client;
  }
  const std::string topic_ = unique("/topic");
};
TRELLIS_STANDARD_VERSIONS(Redelivery);

class RedeliveryV5 : public MqttTest {};

TEST_P(Redelivery, UnacknowledgedMessagesComeAgainUnderTheirIdentifierWithDup) {
  for (const std::uint8_t qos : {std::uint8_t{1}, std::uint8_t{2}}) {
    auto client = subscriber();
    auto publisher = connected();
    publisher.publish({.topic = topic_, .payload = "again", .qos = qos});
    const auto first = client.expect_publish("again");
    EXPECT_FALSE(first.dup);
    client.reset();

    auto again = resumed();
    const auto second = again.expect_publish("again");
    EXPECT_TRUE(second.dup);
    EXPECT_EQ(second.qos, qos);
    EXPECT_EQ(second.packet_id, first.packet_id);
    again.acknowledge(second);
    again.disconnect();
    auto last = resumed();
    last.expect_nothing();
    last.disconnect();
  }
}

TEST_P(Redelivery, ReleaseIsSentAgainInsteadOfThePublish) {
  auto client = subscriber();
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "two", .qos = 2});
  const auto message = client.expect_publish("two");
  client.send_ack(PacketType::pubrec, message.packet_id);
  client.expect(PacketType::pubrel);
  client.reset();

  auto again = resumed();
  EXPECT_EQ(again.expect(PacketType::pubrel).packet_id, message.packet_id);
  again.send_ack(PacketType::pubcomp, message.packet_id);
  again.expect_nothing();
}

TEST_P(Redelivery, KeepsTheOrderOfTheFirstSending) {
  auto client = subscriber();
  auto publisher = connected();
  for (int i = 0; i < 8; ++i)
    publisher.publish({.topic = topic_, .payload = std::to_string(i), .qos = static_cast<std::uint8_t>(1 + i % 2)});
  for (int i = 0; i < 8; ++i) client.expect_publish(std::to_string(i));
  client.reset();
  auto again = resumed();
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(again.expect_publish(std::to_string(i)).dup);
}

TEST_P(Redelivery, NothingIsSentAgainOnALivingConnection) {
  auto client = subscriber();
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "patience", .qos = 1});
  client.expect_publish("patience");
  pass_a_second();
  client.expect_nothing();
}

TEST_P(Redelivery, MessagesOfAnAbsentClientWaitForIt) {
  subscriber().disconnect();
  auto publisher = connected();
  for (int i = 0; i < 10; ++i)
    publisher.publish({.topic = topic_, .payload = std::to_string(i), .qos = static_cast<std::uint8_t>(1 + i % 2)});
  auto client = resumed();
  for (int i = 0; i < 10; ++i) {
    const auto message = client.expect_publish(std::to_string(i));
    EXPECT_FALSE(message.dup);
    EXPECT_EQ(message.qos, 1 + i % 2);
  }
}

TEST_P(Redelivery, QosTwoReceivedBeforeTheBreakIsNotDeliveredTwice) {
  auto watcher = subscribed({.filter = topic_, .qos = 2});
  auto client = open();
  client.connect(keeping(unique()));
  client.send_publish({.topic = topic_, .payload = "once", .qos = 2, .packet_id = 9});
  client.expect(PacketType::pubrec);
  client.reset();

  auto again = resumed();
  again.send_publish({.topic = topic_, .payload = "once", .qos = 2, .dup = true, .packet_id = 9});
  EXPECT_EQ(again.expect(PacketType::pubrec).packet_id, 9);
  again.send_ack(PacketType::pubrel, 9);
  EXPECT_EQ(again.expect(PacketType::pubcomp).packet_id, 9);
  watcher.acknowledge(watcher.expect_publish("once"));
  expect_no_more(again, watcher);
}

TEST_P(Redelivery, ReleaseOfTheClientIsCompletedAfterResuming) {
  auto client = open();
  client.connect(keeping(unique()));
  client.send_publish({.topic = topic_, .payload = "x", .qos = 2, .packet_id = 9});
  client.expect(PacketType::pubrec);
  client.reset();
  auto again = resumed();
  again.send_ack(PacketType::pubrel, 9);
  const auto complete = again.expect(PacketType::pubcomp);
  EXPECT_EQ(complete.packet_id, 9);
  EXPECT_EQ(complete.reason, 0);
}

TEST_P(Redelivery, CleanStartForgetsWhatWaited) {
  subscriber().disconnect();
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "lost", .qos = 1});
  auto fresh = open();
  EXPECT_FALSE(fresh.connect(keeping(unique(), true)).session_present);
  expect_no_more(publisher, fresh);
}

TEST_P(Redelivery, StateOfACleanSessionIsNotUsedAgain) {
  auto first = connected({.client_id = unique()});
  first.subscribe({{.filter = topic_, .qos = 1}});
  first.disconnect();
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "while away", .qos = 1});
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique())).session_present);
  publisher.publish({.topic = topic_, .payload = "now", .qos = 1});
  expect_no_more(publisher, second);
}

TEST_F(RedeliveryV5, MessagesRefusedByTheClientAreNotSentAgain) {
  const auto topic = unique("/topic");
  auto client = open();
  client.connect(keeping(Version::v5, unique()));
  client.subscribe({{.filter = topic, .qos = 2}});
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "one", .qos = 1});
  publisher.publish({.topic = topic, .payload = "two", .qos = 2});
  client.send_ack(PacketType::puback, client.expect_publish("one").packet_id, 0x83);
  client.send_ack(PacketType::pubrec, client.expect_publish("two").packet_id, 0x83);
  client.expect_nothing();
  client.reset();

  auto again = open();
  EXPECT_TRUE(again.connect(keeping(Version::v5, unique())).session_present);
  again.expect_nothing();
}

}  // namespace
}  // namespace trellis::testing
