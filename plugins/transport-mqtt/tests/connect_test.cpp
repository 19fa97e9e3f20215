#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;

// The one packet a refused client gets; the connection is closed behind it.
int refusal(Broker& broker, std::string_view bytes, const testing::ConnectOptions& options = {}) {
  Peer peer = broker.dial(options);
  const auto connack = peer.ask(bytes);
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(0), 0U);
  return static_cast<int>(connack.at(1));
}

TEST(Connect, Version5IsAnsweredWithTheBrokersLimits) {
  Broker broker;
  Peer peer = broker.dial();
  const auto connack = peer.ask(wire::connect());

  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(0), 0U);
  EXPECT_EQ(connack.at(1), 0U);
  EXPECT_TRUE(connack.contains(wire::bytes({0x21}) + wire::u16(1000)));
  EXPECT_TRUE(connack.contains(wire::bytes({0x27}) + wire::u32(1024 * 1024)));
  EXPECT_TRUE(connack.contains(wire::bytes({0x22}) + wire::u16(100)));
}

TEST(Connect, OlderVersionsAndBridgesGetTwoBytes) {
  Broker broker;
  for (unsigned version : {3U, 4U, 0x83U, 0x84U}) {
    Peer peer = broker.dial();
    peer.send(wire::connect({.version = version}));
    EXPECT_EQ(peer.bytes(), wire::bytes({0x20, 2, 0, 0})) << version;
    EXPECT_TRUE(peer.open());
  }
}

TEST(Connect, ArrivesInAnyCut) {
  Broker broker;
  Peer peer = broker.dial();
  const std::string bytes = wire::connect({.id = std::string(200, 'x')});
  for (char byte : bytes) peer.send(std::string_view(&byte, 1));
  EXPECT_EQ(peer.answer().at(1), 0U);
}

TEST(Connect, EverythingSwitchedOffIsAnnounced) {
  Broker broker(R"({"maximum_qos": 0, "retained": false, "wildcard_subscriptions": false, "topic_aliases": 0,
                    "shared_subscriptions": false, "subscription_identifiers": false, "receive_maximum": 65535})");
  const auto connack = broker.dial().ask(wire::connect());
  for (unsigned id : {0x24U, 0x25U, 0x28U, 0x29U, 0x2AU}) EXPECT_TRUE(connack.contains(wire::bytes({id, 0}))) << id;
  EXPECT_FALSE(connack.contains(wire::bytes({0x22, 0})));
  EXPECT_FALSE(connack.contains(wire::bytes({0x21, 0xFF})));
}

TEST(Connect, OtherProtocolsAreClosedWithoutAnAnswer) {
  Broker broker;
  for (std::string_view bytes : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "\xC0"}) {
    Peer peer = broker.dial();
    peer.send(bytes);
    EXPECT_THAT(peer.bytes(), IsEmpty());
    EXPECT_FALSE(peer.open());
  }
  Peer peer = broker.dial();
  peer.send(wire::packet(0x10, wire::text("AMQP") + wire::bytes({5, 2, 0, 0, 0, 0, 0})));
  EXPECT_THAT(peer.bytes(), IsEmpty());
  EXPECT_FALSE(peer.open());
}

TEST(Connect, UnknownVersionsAreRefusedInTheFormOfVersion311) {
  Broker broker;
  const std::string rest = wire::bytes({2, 0, 0, 0, 0});
  Peer old = broker.dial();
  old.send(wire::packet(0x10, wire::text("MQTT") + wire::bytes({2}) + rest));
  EXPECT_EQ(old.bytes(), wire::bytes({0x20, 2, 0, 1}));
  Peer future = broker.dial();
  future.send(wire::packet(0x10, wire::text("MQTT") + wire::bytes({6}) + rest));
  EXPECT_EQ(future.bytes(), wire::bytes({0x20, 2, 0, 1}));
  EXPECT_FALSE(future.open());
}

TEST(Connect, VersionsCanBeSwitchedOff) {
  Broker broker(R"({"versions": [5]})");
  EXPECT_EQ(refusal(broker, wire::connect({.version = 4})), 1);
  EXPECT_EQ(refusal(broker, wire::connect({.version = 3})), 1);
  broker.connect();
  Broker old(R"({"versions": [3, 4]})");
  EXPECT_EQ(refusal(old, wire::connect()), 0x84);
}

TEST(Connect, MalformedVersion5IsToldSoAndOlderOnesAreClosed) {
  Broker broker;
  const std::string reserved = wire::bytes({3, 0, 0, 0, 0, 1, 'c'});
  EXPECT_EQ(refusal(broker, wire::packet(0x10, wire::text("MQTT") + wire::bytes({5}) + reserved)), 0x81);
  Peer peer = broker.dial();
  peer.send(wire::packet(0x10, wire::text("MQTT") + wire::bytes({4, 3, 0, 0, 0, 1, 'c'})));
  EXPECT_THAT(peer.bytes(), IsEmpty());
  EXPECT_FALSE(peer.open());
}

TEST(Connect, PropertiesAreChecked) {
  Broker broker;
  const auto with = [](std::string block) { return wire::connect({.properties = std::move(block)}); };
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x21, 0, 0}))), 0x82) << "Receive Maximum 0";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x27, 0, 0, 0, 0}))), 0x82) << "Maximum Packet Size 0";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x17, 2}))), 0x82) << "a flag that is 2";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x17, 1, 0x17, 1}))), 0x82) << "twice";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x23, 0, 1}))), 0x81) << "of PUBLISH";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x16}) + wire::text("data"))), 0x82) << "data without method";
  EXPECT_EQ(refusal(broker, with(wire::bytes({0x7F}))), 0x81) << "unknown";
}

TEST(Connect, SecondOneIsAProtocolError) {
  Broker broker;
  Peer peer = broker.connect();
  EXPECT_EQ(disconnect_reason(peer.ask(wire::connect())), 0x82);
  EXPECT_FALSE(peer.open());
}

TEST(Connect, EmptyClientIdIsAssigned) {
  Broker broker(R"({"client_id_prefix": "dev-"})");
  Peer peer = broker.dial();
  const auto connack = peer.ask(wire::connect({.id = ""}));
  EXPECT_EQ(connack.at(1), 0U);
  EXPECT_TRUE(connack.contains(wire::bytes({0x12, 0, 28}) + "dev-"));
  broker.connect({.id = "", .version = 4});
}

TEST(Connect, EmptyClientIdOfVersion3NeedsACleanSession) {
  Broker broker;
  EXPECT_EQ(refusal(broker, wire::connect({.id = "", .version = 4, .clean = false})), 2);
  EXPECT_EQ(refusal(broker, wire::connect({.id = "", .version = 3})), 2);
}

TEST(Connect, EmptyClientIdsCanBeSwitchedOff) {
  Broker broker(R"({"empty_client_ids": false})");
  EXPECT_EQ(refusal(broker, wire::connect({.id = ""})), 0x85);
  EXPECT_EQ(refusal(broker, wire::connect({.id = "", .version = 4})), 2);
}

TEST(Connect, MovesToTheShardOfItsSession) {
  Broker broker("{}", {.shards = 4});
  for (unsigned shard = 0; shard < 4; ++shard) {
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      Peer peer = broker.dial({.shard = shard});
      EXPECT_EQ(peer.ask(wire::connect({.id = id})).at(1), 0U);
      const unsigned home = peer.connection().shard();
      Peer again = broker.dial({.shard = (shard + 1) % 4});
      EXPECT_EQ(again.ask(wire::connect({.id = id})).at(1), 0U);
      EXPECT_EQ(again.connection().shard(), home);
    }
  }
}

TEST(Connect, AssignedIdsLiveWhereTheConnectionIs) {
  Broker broker("{}", {.shards = 4});
  for (unsigned shard = 0; shard < 4; ++shard) {
    Peer peer = broker.dial({.shard = shard});
    EXPECT_EQ(peer.ask(wire::connect({.id = ""})).at(1), 0U);
    EXPECT_EQ(peer.connection().shard(), shard);
  }
}

TEST(Connect, MustComeInTime) {
  Broker broker(R"({"connect_timeout": "2s"})");
  Peer peer = broker.dial();
  peer.send(wire::connect().substr(0, 5));
  broker.host.advance(milliseconds(1900));
  EXPECT_TRUE(peer.open());
  broker.host.advance(milliseconds(200));
  EXPECT_FALSE(peer.open());
  EXPECT_THAT(peer.bytes(), IsEmpty());
}

TEST(Connect, ThatIsTooLargeIsNotWaitedFor) {
  Broker broker(R"({"connect_packet_bytes": "1KiB"})");
  Peer peer = broker.dial();
  peer.send(wire::bytes({0x10, 0x80, 0x10}));
  EXPECT_FALSE(peer.open());
}

TEST(Connect, KeepAliveIsOneAndAHalfTimes) {
  Broker broker;
  Peer peer = broker.connect({.keep_alive = 10});
  broker.host.advance(milliseconds(14'000));
  peer.send(wire::pingreq());
  EXPECT_EQ(peer.bytes(), wire::bytes({0xD0, 0}));
  broker.host.advance(milliseconds(14'900));
  EXPECT_TRUE(peer.open());
  broker.host.advance(milliseconds(200));
  EXPECT_EQ(disconnect_reason(peer.answer()), 0x8D);
  EXPECT_FALSE(peer.open());
}

TEST(Connect, WithoutKeepAliveNothingTimesOut) {
  Broker broker;
  Peer peer = broker.connect();
  broker.host.advance(std::chrono::hours(1000));
  EXPECT_TRUE(peer.open());
}

TEST(Connect, KeepAliveHasAMaximum) {
  Broker broker(R"({"keep_alive": "60s"})");
  for (unsigned wanted : {0U, 61U, 65535U}) {
    Peer peer = broker.dial();
    EXPECT_TRUE(peer.ask(wire::connect({.keep_alive = wanted})).contains(wire::bytes({0x13, 0, 60}))) << wanted;
    broker.host.advance(milliseconds(90'100));
    EXPECT_FALSE(peer.open());
  }
  Peer modest = broker.dial();
  EXPECT_FALSE(modest.ask(wire::connect({.keep_alive = 60})).contains(wire::bytes({0x13, 0, 60})));
}

TEST(Connect, PacketsBehindItInOneReadAreHandled) {
  Broker broker;
  Peer peer = broker.dial();
  peer.send(wire::connect() + wire::pingreq() + wire::subscribe(7, {{"a", 0}}));
  const auto answers = peer.answers();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].type(), 2U);
  EXPECT_EQ(answers[1].type(), 13U);
  EXPECT_EQ(answers[2].type(), 9U);
}

TEST(Connect, StrangersMayMakeTheBrokerHold64KiB) {
  const auto announced = [](std::size_t bytes) { return wire::bytes({0x10}) + wire::varint(bytes); };
  Broker broker;
  EXPECT_TRUE(broker.dial().send(announced(64 * 1024 - 4)).open());
  EXPECT_FALSE(broker.dial().send(announced(64 * 1024 - 3)).open());
  Broker generous(R"({"connect_packet_bytes": "384KiB"})");
  const wire::Will will{.topic = "t", .payload = std::string(65'535, 'w')};
  EXPECT_EQ(generous.dial().ask(wire::connect({.will = will, .password = std::string(65'535, 'p')})).at(1), 0U);
}

TEST(Connect, ResponseInformationIsGivenToWhoAsks) {
  Broker broker(R"({"response_information": "replies/"})");
  EXPECT_TRUE(broker.dial()
                  .ask(wire::connect({.id = "me", .properties = wire::bytes({0x19, 1})}))
                  .contains(wire::bytes({0x1A}) + wire::text("replies/me")));
  EXPECT_FALSE(broker.dial().ask(wire::connect()).contains("replies/"));
}

TEST(Connect, ResponseInformationIsLeftOutWhereItDoesNotFit) {
  Broker broker(R"({"response_information": "replies/", "connect_packet_bytes": "384KiB"})");
  const auto connack =
      broker.dial().ask(wire::connect({.id = std::string(65'535, 'c'), .properties = wire::bytes({0x19, 1})}));
  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(1), 0U);
  EXPECT_FALSE(connack.contains("replies/"));
}

TEST(Connect, AuthenticationDataThatDoesNotFitRefuses) {
  for (const AuthVerdict verdict : {AuthVerdict::allow, AuthVerdict::challenge}) {
    Broker broker;
    broker.host.on_authenticate([verdict](const testing::Client&) {
      return testing::AuthOutcome{.verdict = verdict, .name = "n", .data = std::string(65'536, 'd')};
    });
    EXPECT_EQ(refusal(broker, wire::connect({.properties = wire::bytes({0x15}) + wire::text("m")})), 0x88);
  }
}

TEST(Connect, NoTopicHasMoreLevelsThanTheKernelTakes) {
  EXPECT_THROW(Broker(R"({"topic_levels": 257})"), std::invalid_argument);
  Broker broker;
  EXPECT_EQ(refusal(broker, wire::connect({.will = wire::Will{.topic = std::string(256, '/')}})), 0x90);
  EXPECT_EQ(broker.dial().ask(wire::connect({.will = wire::Will{.topic = std::string(255, '/')}})).at(1), 0U);
}

TEST(Connect, RefusalTextIsLeftOutWhereItDoesNotFit) {
  Broker broker(R"({"empty_client_ids": false})");
  Peer peer = broker.dial();
  peer.send(wire::connect({.id = "", .properties = wire::bytes({0x27, 0, 0, 0, 8})}));
  EXPECT_EQ(peer.bytes(), wire::bytes({0x20, 3, 0, 0x85, 0}));
}

TEST(Connect, DrainSaysGoodbye) {
  Broker broker;
  Peer five = broker.connect({.id = "five"});
  Peer four = broker.connect({.id = "four", .version = 4});
  Peer fresh = broker.dial();
  for (Peer* peer : {&five, &four, &fresh}) peer->connection().drain();
  EXPECT_EQ(disconnect_reason(five.answer()), 0x8B);
  EXPECT_THAT(four.bytes(), IsEmpty());
  for (Peer* peer : {&five, &four, &fresh}) EXPECT_FALSE(peer->open());
}

TEST(Connect, MetricsCountClientsByVersion) {
  Broker broker;
  Peer five = broker.connect({.id = "a"});
  Peer four = broker.connect({.id = "b", .version = 4});
  EXPECT_EQ(broker.host.metric("trellis_mqtt_connections", "version=\"5.0\""), 1);
  EXPECT_EQ(broker.host.metric("trellis_mqtt_connections", "version=\"3.1.1\""), 1);
  five.connection().disconnect();
  EXPECT_EQ(broker.host.metric("trellis_mqtt_connections", "version=\"5.0\""), 0);
  EXPECT_EQ(broker.host.metric("trellis_mqtt_connections_lost_total"), 1);
  EXPECT_EQ(broker.host.metric("trellis_mqtt_packets_received_total", "type=\"connect\""), 2);
}

}  // namespace
}  // namespace trellis::mqtt
