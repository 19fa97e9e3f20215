// Properties of a message reach its subscribers as the publisher wrote them.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class ForwardingV5 : public MqttTest {
 protected:
  // Publishes once with these properties and returns what a subscriber gets.
  Packet forwarded(const Properties& properties) {
    auto subscriber = subscribed(Version::v5, {.filter = topic_, .qos = 1});
    connected().publish({.topic = topic_, .payload = "x", .qos = 1, .properties = properties});
    return subscriber.expect_publish("x");
  }
  const std::string topic_ = unique("/topic");
};

Properties everything() {
  return Properties()
      .add(Prop::payload_format, 1)
      .add(Prop::response_topic, "answers/to/me")
      .add(Prop::correlation_data, std::string("\0\xFF id", 5))
      .add(Prop::content_type, "application/json; charset=utf-8")
      .user("b", "1")
      .user("a", "2")
      .user("b", "3");
}

void expect_everything(const Packet& message) {
  const auto sent = everything();
  const auto& found = message.properties;
  EXPECT_EQ(found.number(Prop::payload_format), 1u);
  for (const auto id : {Prop::response_topic, Prop::correlation_data, Prop::content_type})
    EXPECT_EQ(found.text(id), sent.text(id));
  EXPECT_EQ(found.user_properties(), sent.user_properties());
}

TEST_F(ForwardingV5, PayloadFormatIsUnaltered) {
  EXPECT_EQ(forwarded(Properties().add(Prop::payload_format, 1)).properties.number(Prop::payload_format), 1u);
  EXPECT_EQ(forwarded(Properties().add(Prop::payload_format, 0)).properties.number(Prop::payload_format).value_or(0),
            0u);
}

TEST_F(ForwardingV5, PayloadThatIsNotWhatItsFormatSaysIsRefused) {
  auto client = connected();
  const auto text = Properties().add(Prop::payload_format, 1);
  const auto ack = client.publish({.topic = topic_, .payload = "\xFF\xFE", .qos = 1, .properties = text});
  EXPECT_EQ(ack->reason, 0x99);
  EXPECT_EQ(client.publish({.topic = topic_, .payload = "\xE2\x82\xAC", .qos = 1, .properties = text})->reason, 0x10);
}

TEST_F(ForwardingV5, ContentTypeIsUnaltered) {
  for (const std::string type : {"text/plain", "", "\xE2\x82\xAC uro"})
    EXPECT_EQ(forwarded(Properties().add(Prop::content_type, type)).properties.text(Prop::content_type), type);
}

TEST_F(ForwardingV5, ResponseTopicIsUnaltered) {
  EXPECT_EQ(forwarded(Properties().add(Prop::response_topic, "a//b ")).properties.text(Prop::response_topic), "a//b ");
}

TEST_F(ForwardingV5, CorrelationDataIsUnaltered) {
  const std::string binary("\x00\x01\xFF\xFE", 4);
  EXPECT_EQ(forwarded(Properties().add(Prop::correlation_data, binary)).properties.text(Prop::correlation_data),
            binary);
}

TEST_F(ForwardingV5, UserPropertiesKeepOrderAndRepetition) {
  Properties sent;
  for (int i = 0; i < 50; ++i) sent.user("name" + std::to_string(i * 7 % 5), "value" + std::to_string(i % 3));
  sent.user("", "").user("name", "");
  EXPECT_EQ(forwarded(sent).properties.user_properties(), sent.user_properties());
}

TEST_F(ForwardingV5, EverySubscriberGetsThem) {
  auto one = subscribed(Version::v5, {.filter = topic_});
  auto two = subscribed(Version::v5, {.filter = topic_});
  connected().publish({.topic = topic_, .payload = "x", .qos = 1, .properties = everything()});
  expect_everything(one.expect_publish("x"));
  expect_everything(two.expect_publish("x"));
}

TEST_F(ForwardingV5, SurviveTheQueueOfAnAbsentClient) {
  auto first = open();
  first.connect(keeping(Version::v5, unique()));
  first.subscribe({{.filter = topic_, .qos = 1}});
  first.disconnect();
  connected().publish({.topic = topic_, .payload = "x", .qos = 1, .properties = everything()});
  auto second = open();
  second.connect(keeping(Version::v5, unique()));
  expect_everything(second.expect_publish("x"));
}

TEST_F(ForwardingV5, SurviveRedelivery) {
  auto first = open();
  first.connect(keeping(Version::v5, unique()));
  first.subscribe({{.filter = topic_, .qos = 1}});
  connected().publish({.topic = topic_, .payload = "x", .qos = 1, .properties = everything()});
  expect_everything(first.expect_publish("x"));
  first.reset();
  auto second = open();
  second.connect(keeping(Version::v5, unique()));
  expect_everything(second.expect_publish("x"));
}

TEST_F(ForwardingV5, NothingIsAddedToAMessageWithoutProperties) { EXPECT_TRUE(forwarded({}).properties.ids().empty()); }

TEST_F(ForwardingV5, OlderSubscribersGetTheMessageWithout) {
  for (const auto version : {Version::v31, Version::v311}) {
    auto subscriber = subscribed(version, {.filter = topic_});
    connected().publish({.topic = topic_, .payload = "x", .qos = 1, .properties = everything()});
    subscriber.expect_publish("x");
    subscriber.expect_nothing();
  }
}

TEST_F(ForwardingV5, AliasOfThePublisherIsNotForwarded) {
  EXPECT_FALSE(forwarded(Properties().add(Prop::topic_alias, 1)).properties.has(Prop::topic_alias));
}

TEST_F(ForwardingV5, ReasonStringsOfAcknowledgementsAreAccepted) {
  auto subscriber = subscribed(Version::v5, {.filter = topic_, .qos = 2});
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "1", .qos = 1});
  const auto properties = Properties().add(Prop::reason_string, "thanks").user("a", "b");
  subscriber.send_ack(PacketType::puback, subscriber.expect_publish("1").packet_id, 0, properties);
  publisher.publish({.topic = topic_, .payload = "2", .qos = 2});
  const auto second = subscriber.expect_publish("2");
  subscriber.send_ack(PacketType::pubrec, second.packet_id, 0, properties);
  subscriber.expect(PacketType::pubrel);
  subscriber.send_ack(PacketType::pubcomp, second.packet_id, 0, properties);
  subscriber.expect_nothing();
}

}  // namespace
}  // namespace trellis::testing
