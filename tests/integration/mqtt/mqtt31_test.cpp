// What is particular to MQTT 3.1 (MQIsdp), and to bridges that mark their protocol level.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Mqtt31 : public MqttTest {};

TEST_F(Mqtt31, NameAndLevelBelongTogether) {
  const Connect wrong[] = {{.client_id = unique("a"), .protocol_name = "MQIsdp"},
                           {.client_id = unique("b"), .level = std::uint8_t{3}}};
  for (const auto& connect : wrong) {
    auto client = open(Version::v311);
    client.send_connect(connect);
    const auto answer = client.receive();
    if (!answer) continue;
    EXPECT_EQ(answer->reason, 1);
    EXPECT_EQ(client.receive(), std::nullopt);
  }
}

TEST_F(Mqtt31, EmptyClientIdIsRejected) {
  auto client = open(Version::v31);
  client.send_connect({});
  client.expect_refused({2});
}

TEST_F(Mqtt31, UserNameFlagMayStandWithoutUserName) {
  // MQTT 3.1 lets the remaining length decide, for the sake of clients older than the field.
  auto client = open(Version::v31);
  client.send_connect({.client_id = unique(), .flags = std::uint8_t{0x82}});
  EXPECT_EQ(client.expect(PacketType::connack).reason, 0);
}

TEST_F(Mqtt31, SubscribeMayBeMarkedAsRepeated) {
  auto client = connected(Version::v31);
  auto bytes = Subscribe{.filters = {{.filter = unique()}}, .packet_id = 3}.encode(Version::v31);
  bytes[0] = static_cast<char>(0x8A);
  client.send(bytes);
  EXPECT_EQ(client.expect(PacketType::suback).packet_id, 3);
}

TEST_F(Mqtt31, SessionIsKeptWithoutCleanSession) {
  const auto topic = unique("/topic");
  auto first = open(Version::v31);
  first.connect(keeping(Version::v31, unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  first.disconnect();
  connected().publish({.topic = topic, .payload = "waiting", .qos = 1});
  auto second = open(Version::v31);
  second.connect(keeping(Version::v31, unique()));
  second.expect_publish("waiting");
}

TEST_F(Mqtt31, ReleaseIsSentAgainWhenTheSessionResumes) {
  const auto topic = unique("/topic");
  auto first = open(Version::v31);
  first.connect(keeping(Version::v31, unique()));
  first.subscribe({{.filter = topic, .qos = 2}});
  connected().publish({.topic = topic, .payload = "two", .qos = 2});
  const auto message = first.expect_publish("two");
  first.send_ack(PacketType::pubrec, message.packet_id);
  first.expect(PacketType::pubrel);
  first.reset();
  auto second = open(Version::v31);
  second.connect(keeping(Version::v31, unique()));
  EXPECT_EQ(second.expect(PacketType::pubrel).packet_id, message.packet_id);
}

TEST_F(Mqtt31, BridgesMayMarkTheirLevel) {
  for (const auto version : {Version::v31, Version::v311}) {
    auto bridge = open(version);
    bridge.send_connect({.client_id = unique(std::to_string(next_number())),
                         .level = static_cast<std::uint8_t>(0x80 | static_cast<unsigned>(version))});
    EXPECT_EQ(bridge.expect(PacketType::connack).reason, 0);
  }
}

}  // namespace
}  // namespace trellis::testing
