// Message Expiry Interval: counted down, passed on, and obeyed.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class MessageExpiryV5 : public MqttTest {
 protected:
  Publish expiring(std::uint32_t seconds, const std::string& payload, std::uint8_t qos = 1, bool retain = false) {
    return {.topic = topic_,
            .payload = payload,
            .qos = qos,
            .retain = retain,
            .properties = Properties().add(Prop::message_expiry, seconds)};
  }
  // Leaves a session behind that is subscribed to topic_.
  void leave_session() {
    auto client = open();
    client.connect(keeping(Version::v5, unique()));
    client.subscribe({{.filter = topic_, .qos = 2}});
    client.disconnect();
  }
  RawClient resumed() {
    auto client = open();
    EXPECT_TRUE(client.connect(keeping(Version::v5, unique())).session_present);
    return client;
  }
  static std::uint32_t remaining(const Packet& message) {
    return message.properties.number(Prop::message_expiry).value_or(0xFFFFFFFF);
  }
  const std::string topic_ = unique("/topic");
};

TEST_F(MessageExpiryV5, IsPassedOn) {
  auto subscriber = subscribed(Version::v5, {.filter = topic_});
  connected().publish(expiring(100, "x"));
  const auto left = remaining(subscriber.expect_publish("x"));
  EXPECT_LE(left, 100u);
  EXPECT_GE(left, 98u);
}

TEST_F(MessageExpiryV5, IsNotInventedWhereThereWasNone) {
  auto subscriber = subscribed(Version::v5, {.filter = topic_});
  connected().publish({.topic = topic_, .payload = "x", .qos = 1});
  EXPECT_FALSE(subscriber.expect_publish("x").properties.has(Prop::message_expiry));
}

TEST_F(MessageExpiryV5, IsReducedByTheTimeAMessageWaited) {
  leave_session();
  connected().publish(expiring(100, "x"));
  pass_a_second();
  auto client = resumed();
  const auto left = remaining(client.expect_publish("x"));
  EXPECT_LE(left, 99u);
  EXPECT_GE(left, 90u);
}

TEST_F(MessageExpiryV5, ExpiredMessagesAreNotDelivered) {
  leave_session();
  auto publisher = connected();
  publisher.publish(expiring(1, "one", 1));
  publisher.publish(expiring(1, "two", 2));
  publisher.publish(expiring(100, "lasting", 1));
  pass_a_second();
  pass_a_second();
  auto client = resumed();
  client.expect_publish("lasting");
  expect_no_more(publisher, client);
}

TEST_F(MessageExpiryV5, DoesNotStopADeliveryThatHasBegun) {
  auto client = open();
  client.connect(keeping(Version::v5, unique()));
  client.subscribe({{.filter = topic_, .qos = 2}});
  connected().publish(expiring(1, "begun", 2));
  const auto first = client.expect_publish("begun");
  client.reset();
  pass_a_second();
  pass_a_second();
  auto again = resumed();
  const auto second = again.expect_publish("begun");
  EXPECT_EQ(second.packet_id, first.packet_id);
  again.acknowledge(second);
}

TEST_F(MessageExpiryV5, DoesNotStopTheHandshakeWithThePublisher) {
  leave_session();
  auto publisher = connected();
  auto message = expiring(1, "x", 2);
  message.packet_id = 7;
  publisher.send_publish(message);
  publisher.expect(PacketType::pubrec);
  pass_a_second();
  pass_a_second();
  publisher.send_ack(PacketType::pubrel, 7);
  EXPECT_EQ(publisher.expect(PacketType::pubcomp).reason, 0);
}

TEST_F(MessageExpiryV5, RetainedMessagesExpire) {
  auto publisher = connected();
  publisher.publish(expiring(1, "kept", 1, true));
  auto early = subscribed(Version::v5, {.filter = topic_});
  early.expect_publish("kept");
  pass_a_second();
  pass_a_second();
  auto late = subscribed(Version::v5, {.filter = topic_});
  expect_no_more(publisher, late);
}

TEST_F(MessageExpiryV5, RetainedMessagesPassOnWhatIsLeft) {
  connected().publish(expiring(100, "kept", 1, true));
  pass_a_second();
  auto late = subscribed(Version::v5, {.filter = topic_});
  const auto left = remaining(late.expect_publish("kept"));
  EXPECT_LE(left, 99u);
  EXPECT_GE(left, 90u);
}

TEST_F(MessageExpiryV5, HoldsForOlderSubscribersToo) {
  auto first = open(Version::v311);
  first.connect(keeping(Version::v311, unique()));
  first.subscribe({{.filter = topic_, .qos = 1}});
  first.disconnect();
  auto publisher = connected();
  publisher.publish(expiring(1, "expired"));
  pass_a_second();
  pass_a_second();
  auto second = open(Version::v311);
  second.connect(keeping(Version::v311, unique()));
  expect_no_more(publisher, second);
}

}  // namespace
}  // namespace trellis::testing
