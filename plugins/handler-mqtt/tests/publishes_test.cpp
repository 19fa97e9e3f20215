// What is published, and who the broker says it is.
#include "fixture.hpp"

namespace mqtt_out {
namespace {

using namespace mqtt_out::testing;

TEST_F(MqttOutTest, TheGreetingSaysWhoTheBrokerIs) {
  const auto destination = open(R"(, "clientId": "plant-1", "user": "broker", "password": "sesame")");
  const auto consent = destination.check();
  peer();
  EXPECT_EQ(greeting_,
            packet(0x10, text("MQTT") + "\x05\xC2\0\x3C\0"s + text("plant-1") + text("broker") + text("sesame")));
  EXPECT_EQ(consent.outcome(), Settled::delivered);
}

TEST_F(MqttOutTest, WithoutAClientIdentifierItIsOneOfChance) {
  const auto destination = open(R"(, "version": "3.1.1")");
  destination.check();
  peer(packet(0x20, "\0\0"s));
  EXPECT_THAT(greeting_, StartsWith("\x10\x22"s + text("MQTT") + "\x04\x02\0\x3C\0\x16trellis"s));
}

TEST_F(MqttOutTest, AnEventIsAMessageThatIsAcknowledged) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = peer();
  const std::string type = "application/cloudevents+json; charset=utf-8";
  const std::string properties = "\x03" + text(type);
  const std::string body =
      text("orders") + "\0\1"s + static_cast<char>(properties.size()) + properties + event().payload;
  EXPECT_EQ(made.received(),
            "\x32"s + static_cast<char>((body.size() & 0x7FU) | 0x80U) + static_cast<char>(body.size() >> 7U) + body);
  made.send(ack(0x40, 1));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(host_.metric("trellis_handler_mqtt_deliveries_total", R"(outcome="delivered")"), 1);
}

TEST_F(MqttOutTest, OrItsAttributesAreUserProperties) {
  const auto destination = open(R"(, "mode": "binary", "retain": true)");
  destination.deliver({event("b", R"(,"count":5,"data":{"n":1})")});
  const std::string sent = peer().received();
  EXPECT_EQ(sent.front(), '\x33');
  EXPECT_THAT(sent, HasSubstr("\x26" + text("id") + text("b") + "\x26" + text("source") + text("/shop")));
  EXPECT_THAT(sent, HasSubstr("\x26" + text("count") + text("5")));
  EXPECT_THAT(sent, HasSubstr("\x03" + text("application/json")));
  EXPECT_TRUE(sent.ends_with(R"({"n":1})"));
}

TEST_F(MqttOutTest, Version3HasThePayloadAlone) {
  const auto destination = open(R"(, "version": "3.1.1")");
  destination.deliver({event()});
  const std::string sent = peer(packet(0x20, "\0\0"s)).received();
  EXPECT_THAT(sent, HasSubstr(text("orders") + "\0\1"s + event().payload));
}

TEST_F(MqttOutTest, TopicsAreNamedAfterAttributes) {
  const auto destination = open({}, "shop/{type}/{subject|none}");
  destination.deliver({event("a", R"(,"subject":"x/+#")"), event("b")});
  const std::string sent = peer().received();
  EXPECT_THAT(sent, HasSubstr(text("shop/order.created/x/__")));
  EXPECT_THAT(sent, HasSubstr(text("shop/order.created/none")));
}

TEST_F(MqttOutTest, AttributesDoNotLeadToThePeersOwnTopics) {
  const auto destination = open({}, "{subject|}");
  const auto watches = destination.deliver({event("a", R"(,"subject":"$SYS/x")"), event("b"), {.payload = "21"}});
  for (const auto& watch : watches) EXPECT_EQ(watch.outcome(), Settled::refused);
}

TEST_F(MqttOutTest, Qos2HasFourSteps) {
  const auto destination = open(R"(, "qos": 2)");
  const auto watch = destination.deliver({event()}).front();
  auto made = peer();
  EXPECT_EQ(made.received().front(), '\x34');
  made.send(ack(0x50, 1));
  EXPECT_EQ(made.received(), ack(0x62, 1));
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  made.send(ack(0x70, 1));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(MqttOutTest, Qos0IsConfirmedByAnAnswerBehindIt) {
  const auto destination = open(R"(, "qos": 0)");
  const auto watches = destination.deliver({event("a"), event("b")});
  auto made = peer();
  EXPECT_THAT(made.received(), HasSubstr("\xC0\0"s));
  made.send("\xD0\0"s);
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
  EXPECT_EQ(made.received(), "\xC0\0"s);
  made.send("\xD0\0"s);
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
}

TEST_F(MqttOutTest, ThePeersLimitsAreKept) {
  const auto destination = open();
  const auto watches =
      destination.deliver({event("a", R"(,"data":")" + std::string(500, 'x') + "\""), event("b"), event("c")});
  // Receive Maximum 1, Maximum Packet Size 300, Server Keep Alive 10.
  auto made = peer(packet(0x20, "\0\0\x0B\x21\0\1\x27\0\0\x01\x2C\x13\0\x0A"s));
  EXPECT_EQ(watches[0].outcome(), Settled::refused);
  EXPECT_EQ(watches[0].cause(), Cause::too_large);
  EXPECT_THAT(watches[0].reason(), HasSubstr("takes packets of 300 bytes"));
  const std::string sent = made.received();
  EXPECT_THAT(sent, HasSubstr(R"("id":"b")"));
  EXPECT_THAT(sent, Not(HasSubstr(R"("id":"c")")));
  made.send(ack(0x40, 2));
  EXPECT_THAT(made.received(), HasSubstr(R"("id":"c")"));
  made.send(ack(0x40, 3));
  host_.advance(6s);
  EXPECT_EQ(made.received(), "\xC0\0"s) << "after half of what the peer says";
}

TEST_F(MqttOutTest, AReleasedDestinationSaysGoodbye) {
  std::optional<ProtocolConnection> made;
  {
    const auto destination = open();
    destination.check();
    made = peer();
  }
  host_.turn();
  EXPECT_EQ(made->received(), "\xE0\0"s);
  EXPECT_FALSE(made->open());
}

TEST_F(MqttOutTest, IdentifiersGoRoundWithoutZero) {
  const auto destination = open();
  destination.check();
  auto made = peer();
  for (std::uint32_t i = 1; i <= 65'536; ++i) {
    const auto watch = destination.deliver({event("x", "")}).front();
    made.received();
    made.send(ack(0x40, i == 65'536 ? 1 : i));
    ASSERT_EQ(watch.outcome(), Settled::delivered) << i;
  }
}

}  // namespace
}  // namespace mqtt_out
