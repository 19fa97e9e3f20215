// The client's Maximum Packet Size.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string most(std::uint32_t bytes) { return wire::bytes({0x27}) + wire::u32(bytes); }

TEST(PacketSize, AnAliasKnownForAShortTopicIsLeftOutWhereItCostsTooMuch) {
  constexpr std::size_t limit = 50;
  Broker broker;
  Peer peer = broker.connect({.properties = most(limit) + wire::bytes({0x22, 0, 10})});
  broker.host.deliver("c1", {.topic = "a"});
  EXPECT_TRUE(peer.answer().contains("a"));
  // Header 2, topic 3, no properties 1.
  const std::string fits(limit - 6, 'x');
  broker.host.deliver("c1", {.topic = "a", .payload = fits});
  EXPECT_EQ(peer.answer().body, wire::text("a") + wire::bytes({0}) + fits);
  broker.host.deliver("c1", {.topic = "a"});
  EXPECT_TRUE(peer.answer().body.starts_with(wire::u16(0))) << "the alias still holds";
  broker.host.deliver("c1", {.topic = "a", .payload = fits + "x"});
  EXPECT_THAT(peer.bytes(), IsEmpty());
}

// Messages that did not come by MQTT may have them. Cut, the rest would be read as further properties.
TEST(PacketSize, TextsTooLongForTheirLengthAreLeftOut) {
  Broker broker;
  Peer peer = broker.connect();
  const std::string most(65'535, 'x');
  const std::string longer(65'536 + 4, 'x');
  broker.host.deliver("c1", {.topic = "a", .user_properties = {{"k", most}}});
  EXPECT_TRUE(peer.answer().contains(wire::user_property("k", most)));
  const std::string plain = wire::text("a") + wire::bytes({7}) + wire::user_property("k", "v");
  for (const testing::Sample& sample :
       {testing::Sample{.topic = "a", .content_type = longer}, testing::Sample{.topic = "a", .response_topic = longer},
        testing::Sample{.topic = "a", .correlation_data = longer},
        testing::Sample{.topic = "a", .user_properties = {{longer, "v"}}},
        testing::Sample{.topic = "a", .user_properties = {{"k", longer}}}}) {
    testing::Sample with = sample;
    with.user_properties.emplace_back("k", "v");
    broker.host.deliver("c1", with);
    EXPECT_EQ(peer.answer().body, plain);
  }
}

// The bytes of a CONNACK to a client with these properties.
std::size_t connack_bytes(Broker& broker, const std::string& properties) {
  Peer peer = broker.dial();
  peer.send(wire::connect({.id = "probe", .properties = properties}));
  return peer.bytes().size();
}

TEST(PacketSize, ConnackLosesItsResponseInformationFirst) {
  Broker broker(R"({"response_information": "replies/"})");
  const std::string asking = wire::bytes({0x19, 1});
  const std::size_t whole = connack_bytes(broker, asking);
  const std::size_t least = connack_bytes(broker, {});
  ASSERT_LT(least, whole);
  EXPECT_EQ(connack_bytes(broker, asking + most(static_cast<std::uint32_t>(whole))), whole);
  EXPECT_EQ(connack_bytes(broker, asking + most(static_cast<std::uint32_t>(whole - 1))), least);
  EXPECT_EQ(connack_bytes(broker, asking + most(static_cast<std::uint32_t>(least))), least);
}

TEST(PacketSize, WhoAcceptsNoConnackIsRefusedBeforeItsSessionIsTouched) {
  Broker broker;
  const auto least = static_cast<std::uint32_t>(connack_bytes(broker, {}));
  Peer older = broker.connect({.clean = false, .properties = wire::bytes({0x11}) + wire::u32(100)});
  for (const std::uint32_t limit : {least - 1, 5U}) {
    Peer peer = broker.dial();
    const auto connack = peer.ask(wire::connect({.properties = most(limit)}));
    EXPECT_EQ(connack.at(1), 0x83U);
    EXPECT_LE(2 + connack.body.size(), limit);
    EXPECT_FALSE(peer.open());
  }
  for (const std::uint32_t limit : {4U, 1U}) {
    Peer peer = broker.dial();
    peer.send(wire::connect({.properties = most(limit)}));
    EXPECT_THAT(peer.bytes(), IsEmpty());
    EXPECT_FALSE(peer.open());
  }
  EXPECT_TRUE(older.open());
  EXPECT_THAT(broker.host.subscriber("c1").filters, SizeIs(0));
  EXPECT_TRUE(broker.host.subscriber("c1").attached);
  EXPECT_EQ(broker.host.metric("trellis_mqtt_connect_refused_total", "reason=\"implementation_specific\""), 4);
}

}  // namespace
}  // namespace trellis::mqtt
