// DISCONNECT from the client, and the end of service.
#include <signal.h>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Disconnecting : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Disconnecting);

class Shutdown : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Shutdown);

class DisconnectingV5 : public MqttTest {};

TEST_P(Disconnecting, IsAnsweredByClosing) {
  auto client = connected();
  client.send_disconnect();
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_P(Disconnecting, NothingBehindItIsProcessed) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = connected();
  client.send(encode_disconnect(GetParam()) + Publish{.topic = topic, .payload = "too late"}.encode(GetParam()));
  client.expect_closed();
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_P(Disconnecting, AClientThatStillReadsGetsItsAnswers) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = open();
  client.send(Connect{.client_id = unique("half")}.encode(GetParam()) +
              Publish{.topic = topic, .payload = "x", .qos = 1, .packet_id = 1}.encode(GetParam()));
  client.half_close();
  client.expect(PacketType::connack);
  client.expect(PacketType::puback);
  EXPECT_EQ(client.receive(), std::nullopt);
  watcher.expect_publish("x");
}

TEST_P(Disconnecting, WhatWasSentBeforeItIsProcessed) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = connected();
  client.send(Publish{.topic = topic, .payload = "in time"}.encode(GetParam()) + encode_disconnect(GetParam()));
  client.expect_closed();
  watcher.expect_publish("in time");
}

TEST_F(DisconnectingV5, MayBeSpelledInEveryLength) {
  for (const char* form : {"E0 00", "E0 01 00", "E0 02 00 00", "E0 01 04"}) {
    auto client = connected();
    client.send_hex(form);
    EXPECT_EQ(client.receive(), std::nullopt) << form;
  }
}

TEST_F(DisconnectingV5, MayCarryAReasonAndUserProperties) {
  auto client = connected();
  client.disconnect(0, Properties().add(Prop::reason_string, "done").user("a", "1").user("a", "2"));
}

TEST_F(DisconnectingV5, OfTheServerHasNoSessionExpiryAndNothingBehind) {
  auto client = connected(Version::v5, {.properties = Properties().add(Prop::session_expiry, 10)});
  client.send_hex("00 00");
  const auto farewell = client.expect_disconnect({0x81, 0x82});
  EXPECT_FALSE(farewell && farewell->properties.has(Prop::session_expiry));
}

TEST_F(DisconnectingV5, IsNotSentBeforeConnack) {
  auto client = open();
  client.send_hex("00 00");
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_P(Shutdown, TellsClientsAndFlushesWhatIsOnItsWay) {
  Broker ending;
  RawClient subscriber(ending.port(), GetParam());
  subscriber.connect({.client_id = "subscriber"});
  subscriber.subscribe({{.filter = "t", .qos = 1}});
  RawClient publisher(ending.port(), GetParam());
  publisher.connect({.client_id = "publisher"});
  for (int i = 0; i < 100; ++i) publisher.publish({.topic = "t", .payload = std::to_string(i), .qos = 1});
  ending.process().signal(SIGTERM);
  for (int i = 0; i < 100; ++i) subscriber.expect_publish(std::to_string(i));
  subscriber.expect_disconnect({0x8B});
  publisher.expect_disconnect({0x8B});
  const auto status = ending.process().wait(std::chrono::seconds(10));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(*status, 0);
}

}  // namespace
}  // namespace trellis::testing
