// Receive Maximum in both directions.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class FlowControlV5 : public MqttTest {
 protected:
  // A client that takes so many unacknowledged messages, subscribed to topic_ with QoS 2.
  RawClient receiving(std::uint32_t maximum) {
    auto client = connected(Version::v5, {.properties = Properties().add(Prop::receive_maximum, maximum)});
    client.subscribe({{.filter = topic_, .qos = 2}});
    return client;
  }
  void send(RawClient& publisher, std::uint8_t qos, int count) {
    for (int i = 0; i < count; ++i) publisher.publish({.topic = topic_, .payload = std::to_string(i), .qos = qos});
  }
  const std::string topic_ = unique("/topic");
};

class InboundFlowV5 : public MqttTest {
 protected:
  static void SetUpTestSuite() { limited_ = std::make_unique<Broker>(BrokerOptions{.receive_maximum = 5}); }
  static void TearDownTestSuite() { limited_.reset(); }
  Broker& broker() override { return *limited_; }
  static std::unique_ptr<Broker> limited_;
};
std::unique_ptr<Broker> InboundFlowV5::limited_;

TEST_F(FlowControlV5, NoMoreIsSentThanTheClientTakes) {
  auto client = receiving(3);
  auto publisher = connected();
  send(publisher, 1, 10);
  std::vector<Packet> open;
  for (int i = 0; i < 3; ++i) open.push_back(client.expect_publish(std::to_string(i)));
  client.expect_nothing();
  for (int i = 3; i < 10; ++i) {
    client.acknowledge(open[static_cast<std::size_t>(i - 3)]);
    open.push_back(client.expect_publish(std::to_string(i)));
    client.expect_nothing();
  }
}

TEST_F(FlowControlV5, QosTwoCountsUntilPubcomp) {
  auto client = receiving(1);
  auto publisher = connected();
  send(publisher, 2, 2);
  const auto first = client.expect_publish("0");
  client.send_ack(PacketType::pubrec, first.packet_id);
  client.expect(PacketType::pubrel);
  client.expect_nothing();
  client.send_ack(PacketType::pubcomp, first.packet_id);
  client.expect_publish("1");
}

TEST_F(FlowControlV5, PubrecWithAnErrorFreesAPlace) {
  auto client = receiving(1);
  auto publisher = connected();
  send(publisher, 2, 2);
  client.send_ack(PacketType::pubrec, client.expect_publish("0").packet_id, 0x80);
  client.expect_publish("1");
}

TEST_F(FlowControlV5, QosZeroKeepsItsPlaceBehindWhatWaits) {
  // 4.9 allows to send it at once; we keep the order of publishing whatever the QoS.
  auto client = receiving(1);
  auto publisher = connected();
  send(publisher, 1, 2);
  const auto first = client.expect_publish("0");
  publisher.publish({.topic = topic_, .payload = "free"});
  client.expect_nothing();
  client.acknowledge(first);
  client.acknowledge(client.expect_publish("1"));
  client.expect_publish("free");
}

TEST_F(FlowControlV5, OtherPacketsAreNotHeldBack) {
  auto client = receiving(1);
  auto publisher = connected();
  send(publisher, 1, 3);
  client.expect_publish("0");
  client.expect_nothing();
  client.subscribe({{.filter = unique("/other")}});
  client.unsubscribe({unique("/other")});
  EXPECT_EQ(client.publish({.topic = unique("/else"), .qos = 1})->reason, 0x10);
  EXPECT_EQ(client.publish({.topic = unique("/else"), .qos = 2})->reason, 0);
}

TEST_F(FlowControlV5, HoldsForAResumedSessionToo) {
  auto connect = keeping(Version::v5, unique());
  auto first = open();
  first.connect(connect);
  first.subscribe({{.filter = topic_, .qos = 2}});
  auto publisher = connected();
  send(publisher, 1, 5);
  for (int i = 0; i < 5; ++i) first.expect_publish(std::to_string(i));
  first.reset();
  connect.properties.add(Prop::receive_maximum, 2);
  auto second = open();
  second.connect(connect);
  const auto again = second.expect_publish("0");
  second.expect_publish("1");
  second.expect_nothing();
  second.acknowledge(again);
  second.expect_publish("2");
}

TEST_F(FlowControlV5, MessagesHeldBackKeepTheirOrder) {
  auto client = receiving(2);
  auto publisher = connected();
  send(publisher, 1, 50);
  for (int i = 0; i < 50; ++i) client.acknowledge(client.expect_publish(std::to_string(i)));
}

TEST_F(InboundFlowV5, ConnackAnnouncesTheMaximum) {
  auto client = open();
  EXPECT_EQ(client.connect({.client_id = unique()}).properties.number(Prop::receive_maximum), 5u);
}

TEST_F(InboundFlowV5, MoreThanTheMaximumEndsTheConnection) {
  auto client = connected();
  for (std::uint16_t id = 1; id <= 5; ++id) {
    client.send_publish({.topic = unique(), .qos = 2, .packet_id = id});
    client.expect(PacketType::pubrec);
  }
  client.send_publish({.topic = unique(), .qos = 2, .packet_id = 6});
  client.expect_disconnect({0x93});
}

TEST_F(InboundFlowV5, PlacesAreFreedByPubcomp) {
  auto client = connected();
  for (int i = 0; i < 20; ++i) client.publish({.topic = unique(), .qos = 2});
  for (int i = 0; i < 20; ++i) client.publish({.topic = unique(), .qos = 1});
  client.expect_nothing();
}

TEST_F(InboundFlowV5, EachConnectionHasAQuotaOfItsOwn) {
  const auto connect = keeping(Version::v5, unique());
  std::uint16_t id = 1;
  for (int round = 0; round < 3; ++round) {
    auto client = open();
    client.connect(connect);
    for (int i = 0; i < 5; ++i) {
      client.send_publish({.topic = unique(), .qos = 2, .packet_id = id++});
      client.expect(PacketType::pubrec);
    }
    client.reset();
  }
  auto client = open();
  client.connect(connect);
  client.send_publish({.topic = unique(), .qos = 2, .dup = true, .packet_id = 1});
  EXPECT_EQ(client.expect(PacketType::pubrec).reason, 0);
  client.send_ack(PacketType::pubrel, 1);
  EXPECT_EQ(client.expect(PacketType::pubcomp).reason, 0) << "what is older is still known";
  for (int i = 0; i < 5; ++i) {
    client.send_publish({.topic = unique(), .qos = 2, .packet_id = id++});
    client.expect(PacketType::pubrec);
  }
  client.send_publish({.topic = unique(), .qos = 2, .packet_id = id++});
  client.expect_disconnect({0x93});
}

TEST_F(InboundFlowV5, QosZeroDoesNotCount) {
  auto client = connected();
  for (int i = 0; i < 50; ++i) client.send_publish({.topic = unique()});
  client.expect_nothing();
}

TEST_F(FlowControlV5, ReleasesAreNotHeldBackOnResuming) {
  auto connect = keeping(Version::v5, unique());
  auto first = open();
  first.connect(connect);
  first.subscribe({{.filter = topic_, .qos = 2}});
  auto publisher = connected();
  send(publisher, 1, 2);
  first.expect_publish("0");
  first.expect_publish("1");
  publisher.publish({.topic = topic_, .payload = "two", .qos = 2});
  const auto two = first.expect_publish("two");
  first.send_ack(PacketType::pubrec, two.packet_id);
  first.expect(PacketType::pubrel);
  first.reset();
  connect.properties.add(Prop::receive_maximum, 1);
  auto second = open();
  second.connect(connect);
  EXPECT_EQ(second.expect(PacketType::pubrel).packet_id, two.packet_id);
  second.send_ack(PacketType::pubcomp, two.packet_id);
  second.expect_publish("0");
}

}  // namespace
}  // namespace trellis::testing
