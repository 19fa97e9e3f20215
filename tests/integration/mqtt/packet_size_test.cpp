// Maximum Packet Size in both directions.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class PacketSizeV5 : public MqttTest {
 protected:
  RawClient limited(std::uint32_t bytes, std::uint8_t qos = 1) {
    auto client = connected(Version::v5, {.properties = Properties().add(Prop::maximum_packet_size, bytes)});
    client.subscribe({{.filter = topic_, .qos = qos}});
    return client;
  }
  const std::string topic_ = unique("/topic");
};

constexpr std::uint32_t kLimit = 2000;

class InboundSize : public VersionedTest {
 protected:
  static void SetUpTestSuite() { limited_ = std::make_unique<Broker>(BrokerOptions{.max_packet_bytes = kLimit}); }
  static void TearDownTestSuite() { limited_.reset(); }
  Broker& broker() override { return *limited_; }
  static std::unique_ptr<Broker> limited_;
};
std::unique_ptr<Broker> InboundSize::limited_;
TRELLIS_ALL_VERSIONS(InboundSize);

TEST_F(PacketSizeV5, LargerPacketsAreNotSent) {
  for (const auto qos : kEachQos) {
    auto client = limited(100, 2);
    auto publisher = connected();
    publisher.publish({.topic = topic_, .payload = std::string(200, 'x'), .qos = qos});
    publisher.publish({.topic = topic_, .payload = "small", .qos = qos});
    const auto message = client.expect_publish("small");
    EXPECT_LE(message.size, 100u);
    client.acknowledge(message);
  }
}

TEST_F(PacketSizeV5, TheLimitItselfIsStillSent) {
  auto client = limited(200, 0);
  auto publisher = connected();
  // Header 2, length of the topic 2, no properties 1.
  const std::string fits(200 - 2 - 2 - 1 - topic_.size() - 1,
                         'x');  // remaining length of 128 and more takes one byte more
  publisher.publish({.topic = topic_, .payload = fits + "x"});
  publisher.publish({.topic = topic_, .payload = fits});
  EXPECT_EQ(client.expect_publish(fits).size, 200u);
}

TEST_F(PacketSizeV5, WhatIsTooLargeCountsAsDelivered) {
  auto client = connected(
      Version::v5, {.properties = Properties().add(Prop::maximum_packet_size, 100).add(Prop::receive_maximum, 1)});
  client.subscribe({{.filter = topic_, .qos = 1}});
  auto publisher = connected();
  for (int i = 0; i < 5; ++i) publisher.publish({.topic = topic_, .payload = std::string(300, 'x'), .qos = 1});
  publisher.publish({.topic = topic_, .payload = "next", .qos = 1});
  client.expect_publish("next");
}

TEST_F(PacketSizeV5, OtherSubscribersGetThem) {
  auto client = limited(100);
  auto other = subscribed(Version::v5, {.filter = topic_});
  auto publisher = connected();
  const std::string large(300, 'x');
  publisher.publish({.topic = topic_, .payload = large});
  other.expect_publish(large);
  expect_no_more(publisher, client);
}

TEST_F(PacketSizeV5, PropertiesCountToo) {
  auto client = limited(100);
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "x", .properties = Properties().user("name", std::string(100, 'v'))});
  publisher.publish({.topic = topic_, .payload = "y"});
  client.expect_publish("y");
}

TEST_F(PacketSizeV5, AnswersStayWithinTheLimit) {
  auto client = connected(Version::v5, {.properties = Properties().add(Prop::maximum_packet_size, 24)});
  EXPECT_LE(client.subscribe({{.filter = unique()}}).size, 24u);
  EXPECT_LE(client.publish({.topic = unique("/x"), .qos = 1})->size, 24u);
  EXPECT_LE(client.publish({.topic = unique("/x"), .qos = 2})->size, 24u);
  client.send_ack(PacketType::pubrec, 999);
  EXPECT_LE(client.expect(PacketType::pubrel).size, 24u);
  client.send_ack(PacketType::pubrel, 998);
  EXPECT_LE(client.expect(PacketType::pubcomp).size, 24u);
  EXPECT_LE(client.unsubscribe({unique("/none")}).size, 24u);
  client.send_hex("00 00");
  const auto farewell = client.expect_disconnect({0x81, 0x82});
  EXPECT_LE(farewell ? farewell->size : 0, 24u);
}

TEST_F(PacketSizeV5, RefusalsStayWithinTheLimit) {
  const auto refused = [&](const Properties& properties) {
    auto client = open();
    client.send_connect({.client_id = unique(), .properties = properties});
    return client.expect_refused({0x8C});
  };
  auto properties = Properties().add(Prop::auth_method, "none");
  const auto whole = refused(properties);
  EXPECT_TRUE(whole.properties.has(Prop::reason_string));
  properties.add(Prop::maximum_packet_size, static_cast<std::uint32_t>(whole.size - 1));
  const auto cut = refused(properties);
  EXPECT_LT(cut.size, whole.size);
  EXPECT_FALSE(cut.properties.has(Prop::reason_string));
  EXPECT_FALSE(whole.properties.has(Prop::user));
}

TEST_F(PacketSizeV5, WhoAcceptsNoConnackIsNotLetIn) {
  const auto connect = keeping(Version::v5, unique());
  auto older = open();
  older.connect(connect);
  for (const std::uint32_t limit : {10u, 5u, 4u, 1u}) {
    auto client = open();
    auto cramped = connect;
    cramped.properties.add(Prop::maximum_packet_size, limit);
    client.send_connect(cramped);
    const auto connack = client.receive();
    EXPECT_EQ(connack.has_value(), limit >= 5);
    if (connack) {
      EXPECT_EQ(connack->reason, 0x83);
      EXPECT_LE(connack->size, limit);
    }
    if (connack) client.expect_closed();
  }
  older.expect_nothing();
}

TEST_P(InboundSize, IsAnnounced) {
  if (!v5()) GTEST_SKIP() << "only MQTT 5 can say it";
  auto client = open();
  EXPECT_EQ(client.connect({.client_id = unique()}).properties.number(Prop::maximum_packet_size), kLimit);
}

TEST_P(InboundSize, LargerPacketsEndTheConnection) {
  auto client = connected();
  client.send_publish({.topic = unique(), .payload = std::string(kLimit, 'x')});
  client.expect_disconnect({0x95});
}

TEST_P(InboundSize, LargerPacketsAreJudgedByTheirHeader) {
  auto client = connected();
  client.send_hex("30 FF FF FF 7F");  // 268,435,455 bytes to come; none of them is awaited
  client.expect_disconnect({0x95});
}

TEST_P(InboundSize, TheLimitItselfIsAccepted) {
  const auto topic = unique();
  auto client = subscribed({.filter = topic});
  auto bytes = Publish{.topic = topic}.encode(GetParam());
  // Three bytes of header once the remaining length takes two.
  const std::string payload(kLimit - (bytes.size() + 1), 'x');
  client.send_publish({.topic = topic, .payload = payload});
  EXPECT_EQ(client.expect_publish(payload).topic, topic);
}

TEST_P(InboundSize, LargeConnectIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(), .username = std::string(3 * kLimit, 'u')});
  client.expect_refused_or_closed({0x95, 0x81, 0x82});
}

}  // namespace
}  // namespace trellis::testing
