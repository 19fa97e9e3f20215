#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::nullopt_t kVersion3 = std::nullopt;

TEST(Publish, QoS0IsHandedOverAndNotAnswered) {
  Broker broker;
  Peer peer = broker.connect();
  peer.send(wire::publish({.topic = "a/b", .payload = "21"}));
  EXPECT_THAT(peer.bytes(), IsEmpty());
  ASSERT_THAT(broker.host.published(), SizeIs(1));
  EXPECT_EQ(broker.host.published()[0].message.topic, "a/b");
  EXPECT_EQ(broker.host.published()[0].message.payload, "21");
}

TEST(Publish, AllPropertiesGoOn) {
  Broker broker;
  Peer peer = broker.connect();
  const std::string block = wire::bytes({0x01, 1, 0x02}) + wire::u32(60) + wire::bytes({0x03}) +
                            wire::text("text/plain") + wire::bytes({0x08}) + wire::text("re/ply") +
                            wire::bytes({0x09}) + wire::text("42") + wire::user_property("k", "1") +
                            wire::user_property("k", "2");
  peer.send(wire::publish({.topic = "a", .payload = "x", .retain = true, .properties = block}));
  ASSERT_THAT(broker.host.published(), SizeIs(1));
  const auto& message = broker.host.published()[0].message;
  EXPECT_TRUE(message.retain);
  EXPECT_EQ(message.is_text, true);
  EXPECT_EQ(message.expiry_s, 60U);
  EXPECT_EQ(message.content_type, "text/plain");
  EXPECT_EQ(message.response_topic, "re/ply");
  EXPECT_EQ(message.correlation_data, "42");
  EXPECT_EQ(message.user_properties, (testing::TextPairs{{"k", "1"}, {"k", "2"}}));
}

TEST(Publish, ManyInOneReadKeepTheirOrderAndAreAcknowledgedInOrder) {
  Broker broker;
  Peer peer = broker.connect({.version = 4});
  std::string bytes;
  std::string acks;
  for (unsigned i = 1; i <= 200; ++i) {
    bytes += wire::publish({.topic = "t" + std::to_string(i), .qos = 1 + i % 2, .id = i, .properties = kVersion3});
    acks += wire::ack(4 + i % 2, i);
  }
  peer.send(bytes);
  EXPECT_EQ(peer.bytes(), acks);
  ASSERT_THAT(broker.host.published(), SizeIs(200));
  for (unsigned i = 1; i <= 200; ++i) EXPECT_EQ(broker.host.published()[i - 1].message.topic, "t" + std::to_string(i));
}

TEST(Publish, UserPropertiesOfABatchBelongToTheirMessages) {
  Broker broker;
  Peer peer = broker.connect();
  std::string bytes;
  for (unsigned i = 0; i < 100; ++i) {
    std::string block;
    for (unsigned k = 0; k < i % 4; ++k) block += wire::user_property("k" + std::to_string(k), std::to_string(i));
    bytes += wire::publish({.topic = "t", .properties = block});
  }
  peer.send(bytes);
  ASSERT_THAT(broker.host.published(), SizeIs(100));
  for (unsigned i = 0; i < 100; ++i) {
    const auto& pairs = broker.host.published()[i].message.user_properties;
    ASSERT_THAT(pairs, SizeIs(i % 4));
    for (const auto& [name, value] : pairs) EXPECT_EQ(value, std::to_string(i));
  }
}

TEST(Publish, NobodyListeningIsToldToVersion5Only) {
  Broker broker;
  Peer five = broker.connect({.id = "five"});
  EXPECT_EQ(five.ask(wire::publish({.topic = "a", .qos = 1, .id = 9})).body, wire::u16(9) + wire::bytes({0x10}));
  EXPECT_EQ(five.ask(wire::publish({.topic = "a", .qos = 2, .id = 9})).body, wire::u16(9) + wire::bytes({0x10}));
  Peer four = broker.connect({.id = "four", .version = 4});
  EXPECT_EQ(four.ask(wire::publish({.topic = "a", .qos = 1, .id = 9, .properties = kVersion3})).body, wire::u16(9));
}

TEST(Publish, ExactlyOnceIsPublishedOnce) {
  Broker broker;
  Peer peer = broker.connect();
  peer.send(wire::publish({.topic = "a", .qos = 2, .id = 5}));
  peer.send(wire::publish({.topic = "a", .qos = 2, .id = 5, .duplicate = true}));
  peer.send(wire::publish({.topic = "a", .qos = 2, .id = 5}));
  EXPECT_THAT(broker.host.published(), SizeIs(1));
  EXPECT_THAT(peer.answers(), SizeIs(3));
  EXPECT_EQ(peer.ask(wire::ack(6, 5)).body, wire::u16(5));
  EXPECT_EQ(peer.ask(wire::ack(6, 5)).body, wire::u16(5) + wire::bytes({0x92}));
  peer.send(wire::publish({.topic = "a", .qos = 2, .id = 5}));
  EXPECT_THAT(broker.host.published(), SizeIs(2));
}

TEST(Publish, RepetitionInTheSameReadIsPublishedOnce) {
  Broker broker;
  Peer peer = broker.connect({.version = 4});
  const std::string once = wire::publish({.topic = "a", .qos = 2, .id = 5, .properties = kVersion3});
  peer.send(once + once);
  EXPECT_THAT(broker.host.published(), SizeIs(1));
  EXPECT_EQ(peer.bytes(), wire::ack(5, 5) + wire::ack(5, 5));
}

TEST(Publish, PacketIdOfAnUnreleasedMessageIsInUse) {
  Broker broker;
  Peer peer = broker.connect();
  peer.send(wire::publish({.topic = "a", .qos = 2, .id = 5}));
  peer.answers();
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .qos = 1, .id = 5})).at(2), 0x91U);
}

TEST(Publish, UnauthorizedIsToldWhereItCanBe) {
  Broker broker;
  broker.host.on_publish([](const testing::Sample&) { return Status::not_authorized; });
  Peer five = broker.connect({.id = "five"});
  EXPECT_EQ(five.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).at(2), 0x87U);
  EXPECT_EQ(five.ask(wire::publish({.topic = "a", .qos = 2, .id = 2})).at(2), 0x87U);
  EXPECT_EQ(five.ask(wire::ack(6, 2)).at(2), 0x92U) << "a refused message is not kept";
  EXPECT_EQ(disconnect_reason(five.ask(wire::publish({.topic = "a"}))), 0x87);
  for (unsigned qos : {0U, 1U, 2U}) {
    Peer four = broker.connect({.id = "four", .version = 4});
    four.send(wire::publish({.topic = "a", .qos = qos, .id = 1, .properties = kVersion3}));
    EXPECT_FALSE(four.open());
    EXPECT_THAT(four.bytes(), IsEmpty());
  }
}

TEST(Publish, QuotaIsToldOrTheMessageDropped) {
  Broker broker;
  broker.host.on_publish([](const testing::Sample&) { return Status::quota; });
  Peer peer = broker.connect();
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).at(2), 0x97U);
  peer.send(wire::publish({.topic = "a"}));
  EXPECT_TRUE(peer.open());
  EXPECT_EQ(broker.host.metric("trellis_mqtt_dropped_publications_total"), 1);
}

TEST(Publish, WhatAStageDroppedIsASuccess) {
  Broker broker;
  broker.host.on_publish([](const testing::Sample&) { return Status::dropped; });
  Peer peer = broker.connect();
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).body, wire::u16(1));
}

TEST(Publish, ReasonStringsAreLeftOutOnRequest) {
  Broker broker;
  broker.host.on_publish([](const testing::Sample&) { return Status::quota; });
  Peer quiet = broker.connect({.id = "quiet", .properties = wire::bytes({0x17, 0})});
  EXPECT_THAT(quiet.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).body, SizeIs(3));
  Peer small = broker.connect({.id = "small", .properties = wire::bytes({0x27, 0, 0, 0, 30})});
  EXPECT_THAT(small.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).body, SizeIs(3));
  Peer curious = broker.connect({.id = "curious"});
  EXPECT_TRUE(curious.ask(wire::publish({.topic = "a", .qos = 1, .id = 1})).contains("limit"));
}

TEST(Publish, FaultsEndTheConnectionAfterWhatCameBefore) {
  struct Case {
    std::string bytes;
    int reason;
  };
  const std::vector<Case> cases = {
      {wire::publish({.topic = "a/+"}), 0x90},
      {wire::publish({.topic = "#"}), 0x90},
      {wire::publish({.topic = ""}), 0x82},
      {wire::publish({.topic = std::string("a\0b", 3)}), 0x81},
      {wire::publish({.topic = "\xC0\x80"}), 0x81},
      {wire::publish({.topic = "\xED\xA0\x80"}), 0x81},
      {wire::publish({.topic = "a", .qos = 3, .id = 1}), 0x81},
      {wire::publish({.topic = "a", .duplicate = true}), 0x81},
      {wire::publish({.topic = "a", .qos = 1, .id = 0}), 0x82},
      {wire::publish({.topic = "a", .properties = wire::bytes({0x0B, 1})}), 0x82},
      {wire::publish({.topic = "a", .properties = wire::bytes({0x23, 0, 0})}), 0x94},
      {wire::publish({.topic = "a", .properties = wire::bytes({0x23, 0, 101})}), 0x94},
      {wire::publish({.topic = "", .properties = wire::bytes({0x23, 0, 7})}), 0x82},
      {wire::publish({.topic = "a", .properties = wire::bytes({0x01, 2})}), 0x82},
      {wire::publish({.topic = "a", .properties = wire::bytes({0x08}) + wire::text("a/#")}), 0x82},
      {wire::packet(0x30, wire::bytes({0, 9, 'a'})), 0x81},
      {wire::packet(0x30, wire::text("a") + wire::bytes({200, 1})), 0x81},
      {wire::packet(0x30, wire::text("a")), 0x81},
      {wire::bytes({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), 0x81},
      {wire::bytes({0x30, 0x80, 0}), 0x81},
      {wire::bytes({0x30, 0xFF, 0xFF, 0xFF, 0x7F}), 0x95},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Broker broker;
    Peer peer = broker.connect();
    peer.send(wire::publish({.topic = "good", .qos = 1, .id = 77}) + cases[i].bytes + wire::pingreq());
    const auto answers = peer.answers();
    ASSERT_THAT(answers, SizeIs(2)) << i;
    EXPECT_EQ(answers[0].type(), 4U) << i;
    EXPECT_EQ(disconnect_reason(answers[1]), cases[i].reason) << i;
    EXPECT_FALSE(peer.open());
    EXPECT_THAT(broker.host.published(), SizeIs(1)) << i;
  }
}

TEST(Publish, MalformedHeaderDoesNotTakeTheMessageBeforeItAlong) {
  const wire::Connect lasting{.clean = false, .properties = wire::bytes({0x11}) + wire::u32(100)};
  for (const std::string& bad : {wire::bytes({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), wire::bytes({0x30, 0x80, 0})}) {
    Broker broker;
    broker.connect(lasting).send(wire::publish({.topic = "at-most-once"}) +
                                 wire::publish({.topic = "exactly-once", .qos = 2, .id = 1}) + bad);
    EXPECT_THAT(broker.host.published(), SizeIs(2));
    Peer again = broker.connect(lasting);
    again.send(wire::publish({.topic = "exactly-once", .qos = 2, .id = 1, .duplicate = true}));
    EXPECT_THAT(broker.host.published(), SizeIs(2)) << "a repetition";
  }
}

TEST(Publish, RefusedBehindTheEndOfTheConnectionIsNotTakenForPublished) {
  Broker broker;
  broker.host.on_publish([](const testing::Sample&) { return Status::not_authorized; });
  const wire::Connect lasting{.clean = false, .properties = wire::bytes({0x11}) + wire::u32(100)};
  broker.connect(lasting).send(wire::publish({.topic = "a"}) + wire::publish({.topic = "b", .qos = 2, .id = 1}));
  Peer again = broker.connect(lasting);
  EXPECT_EQ(again.ask(wire::publish({.topic = "b", .qos = 2, .id = 1, .duplicate = true})).at(2), 0x87U);
}

TEST(Publish, PayloadFormatIsChecked) {
  Broker broker;
  Peer peer = broker.connect();
  const std::string text = wire::bytes({0x01, 1});
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .payload = "\xFF", .qos = 1, .id = 1, .properties = text})).at(2),
            0x99U);
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .payload = "\xC3\xA4", .qos = 1, .id = 1, .properties = text})).at(2),
            0x10U);
  EXPECT_EQ(disconnect_reason(peer.ask(wire::publish({.topic = "a", .payload = "\xFF", .properties = text}))), 0x99);
  Broker lenient(R"({"payload_format_checked": false})");
  Peer sloppy = lenient.connect();
  sloppy.send(wire::publish({.topic = "a", .payload = "\xFF", .properties = text}));
  EXPECT_TRUE(sloppy.open());
}

TEST(Publish, ReceiveMaximumIsEnforced) {
  Broker broker(R"({"receive_maximum": 2})");
  Peer peer = broker.connect();
  for (unsigned id : {1U, 2U}) EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .qos = 2, .id = id})).type(), 5U);
  EXPECT_EQ(peer.ask(wire::publish({.topic = "a", .qos = 2, .id = 2, .duplicate = true})).type(), 5U) << "no new one";
  EXPECT_EQ(disconnect_reason(peer.ask(wire::publish({.topic = "a", .qos = 1, .id = 3}))), 0x93);
}

TEST(Publish, ReceiveMaximumCountsWhatWasNotAcknowledgedYet) {
  Broker broker(R"({"receive_maximum": 2})");
  Peer peer = broker.connect();
  const auto two = wire::publish({.topic = "a", .qos = 1, .id = 1}) + wire::publish({.topic = "a", .qos = 1, .id = 2});
  peer.send(two);
  EXPECT_THAT(peer.answers(), SizeIs(2));
  peer.send(two + wire::publish({.topic = "a", .qos = 1, .id = 3}));
  const auto answers = peer.answers();
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_EQ(disconnect_reason(answers[2]), 0x93);
  // MQTT 3 knows no such limit.
  Peer old = broker.connect({.id = "old", .version = 4});
  std::string many;
  for (unsigned id = 1; id < 9; ++id) {
    many += wire::publish({.topic = "a", .qos = 1, .id = id, .properties = kVersion3});
  }
  old.send(many);
  EXPECT_TRUE(old.open());
}

TEST(Publish, AliasesStandForTheirLastTopic) {
  Broker broker;
  Peer peer = broker.connect();
  const std::string one = wire::bytes({0x23, 0, 1});
  const std::string two = wire::bytes({0x23, 0, 100});
  peer.send(wire::publish({.topic = "first", .properties = one}) + wire::publish({.topic = "", .properties = one}) +
            wire::publish({.topic = "other", .properties = two}) +
            wire::publish({.topic = "second", .properties = one}) + wire::publish({.topic = "", .properties = one}));
  peer.send(wire::publish({.topic = "", .properties = two}));
  std::vector<std::string> topics;
  for (const auto& published : broker.host.published()) topics.push_back(published.message.topic);
  EXPECT_THAT(topics, ::testing::ElementsAre("first", "first", "other", "second", "second", "other"));
}

TEST(Publish, AliasesEndWithTheConnection) {
  Broker broker;
  const wire::Connect lasting{.clean = false, .properties = wire::bytes({0x11}) + wire::u32(100)};
  Peer peer = broker.connect(lasting);
  peer.send(wire::publish({.topic = "first", .properties = wire::bytes({0x23, 0, 1})}));
  peer.connection().disconnect();
  Peer again = broker.dial();
  EXPECT_EQ(again.ask(wire::connect(lasting)).at(0), 1U);
  EXPECT_EQ(disconnect_reason(again.ask(wire::publish({.topic = "", .properties = wire::bytes({0x23, 0, 1})}))), 0x82);
}

TEST(Publish, LimitsOfTheNamespace) {
  Broker broker(R"({"topic_bytes": "10B", "topic_levels": 3, "payload_bytes": "4B", "user_property_bytes": "5B",
                    "property_bytes": "3B"})");
  Peer peer = broker.connect();
  const auto reason = [&](const wire::Publish& publish) {
    wire::Publish sent = publish;
    sent.qos = 1;
    sent.id = 1;
    return peer.ask(wire::publish(sent)).at(2);
  };
  EXPECT_EQ(reason({.topic = "1234567890"}), 0x10U);
  EXPECT_EQ(reason({.topic = "12345678901"}), 0x90U);
  EXPECT_EQ(reason({.topic = "a/b/c"}), 0x10U);
  EXPECT_EQ(reason({.topic = "a/b/c/"}), 0x90U);
  EXPECT_EQ(reason({.topic = "a", .payload = "1234"}), 0x10U);
  EXPECT_EQ(reason({.topic = "a", .payload = "12345"}), 0x97U);
  EXPECT_EQ(reason({.topic = "a", .properties = wire::user_property("ab", "cde")}), 0x10U);
  EXPECT_EQ(reason({.topic = "a", .properties = wire::user_property("abc", "def")}), 0x97U);
  EXPECT_EQ(reason({.topic = "a", .properties = wire::bytes({0x03}) + wire::text("abcd")}), 0x97U);
}

TEST(Publish, MaximumQoSAndRetain) {
  Broker broker(R"({"maximum_qos": 1, "retained": false})");
  Peer one = broker.connect({.id = "one"});
  EXPECT_EQ(disconnect_reason(one.ask(wire::publish({.topic = "a", .qos = 2, .id = 1}))), 0x9B);
  Peer two = broker.connect({.id = "two"});
  EXPECT_EQ(disconnect_reason(two.ask(wire::publish({.topic = "a", .retain = true}))), 0x9A);
}

TEST(Publish, TooLargePacketsAreNotWaitedFor) {
  Broker broker(R"({"packet_bytes": "1KiB"})");
  Peer peer = broker.connect();
  peer.send(wire::publish({.topic = "a", .payload = std::string(1000, 'x')}));
  EXPECT_TRUE(peer.open());
  EXPECT_EQ(disconnect_reason(peer.ask(wire::bytes({0x30, 0xFE, 7}))), 0x95);
}

TEST(Publish, ZeroExpiryMayMeanNever) {
  const std::string zero = wire::bytes({0x02, 0, 0, 0, 0});
  Broker standard;
  standard.connect().send(wire::publish({.topic = "a", .properties = zero}));
  EXPECT_EQ(standard.host.published()[0].message.expiry_s, 0U);
  Broker other(R"({"zero_message_expiry": "never"})");
  other.connect().send(wire::publish({.topic = "a", .properties = zero}));
  EXPECT_EQ(other.host.published()[0].message.expiry_s, std::nullopt);
}

}  // namespace
}  // namespace trellis::mqtt
