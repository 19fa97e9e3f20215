// Packets no client may send: each ends the connection, and with MQTT 5 the broker says why.
#include <functional>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

// Sends bytes on connections of their own and expects each to end the connection. After the first failure the rest is
// left out: a broker that waits for more would cost a deadline each.
template <class Base>
class Refused : public Base {
 protected:
  void expect_end(RawClient client, std::string_view bytes, std::initializer_list<std::uint8_t> reasons,
                  const std::string& what, RawClient::Where where) {
    if (Base::HasFailure()) return;
    client.send(bytes);
    EXPECT_NO_THROW(client.expect_disconnect(reasons, where)) << what;
  }
};

class Malformed : public Refused<VersionedTest> {
 protected:
  void expect_malformed(std::string_view bytes, const std::string& what,
                        std::initializer_list<std::uint8_t> reasons = {0x81, 0x82},
                        RawClient::Where where = RawClient::Where::current()) {
    expect_end(connected(), bytes, reasons, what, where);
  }
  std::string publish_on(std::string_view topic) const {
    return Publish{.topic = std::string(topic)}.encode(GetParam());
  }
  std::string subscribe_to(std::string_view filter) const {
    return Subscribe{.filters = {{.filter = std::string(filter)}}, .packet_id = 1}.encode(GetParam());
  }
  std::string unsubscribe_from(std::string_view filter) const {
    return Unsubscribe{.filters = {std::string(filter)}, .packet_id = 1}.encode(GetParam());
  }
};
TRELLIS_ALL_VERSIONS(Malformed);

class MalformedStrict : public Malformed {};
TRELLIS_STANDARD_VERSIONS(MalformedStrict);

class MalformedV311 : public Refused<MqttTest> {};

// Byte sequences that are not UTF-8, or not the UTF-8 MQTT allows.
const std::pair<const char*, std::string> kBadText[] = {
    {"continuation without start", "a\x80z"},
    {"sequence cut short by another character", "a\xE2\x82z"},
    {"sequence cut short by the end", "a\xE2\x82"},
    {"overlong slash", "a\xC0\xAF"},
    {"overlong of three bytes", "a\xE0\x80\xAF"},
    {"overlong of four bytes", "a\xF0\x80\x80\xAF"},
    {"high surrogate", "a\xED\xA0\x80"},
    {"low surrogate", "a\xED\xBF\xBF"},
    {"pair of surrogates", "a\xED\xA0\x81\xED\xB0\x80"},
    {"above U+10FFFF", "a\xF4\x90\x80\x80"},
    {"five byte form", "a\xF8\x88\x80\x80\x80"},
    {"byte FE", "a\xFE"},
    {"byte FF", "a\xFF"},
};
const std::string kNull("a\0b", 3);

TEST_P(Malformed, IllFormedTopicNamesEndTheConnection) {
  for (const auto& [what, text] : kBadText) expect_malformed(publish_on(text), what, {0x81, 0x82, 0x90});
}

TEST_P(Malformed, IllFormedTopicFiltersEndTheConnection) {
  for (const auto& [what, text] : kBadText) {
    expect_malformed(subscribe_to(text), what, {0x81, 0x82, 0x8F});
    expect_malformed(unsubscribe_from(text), what, {0x81, 0x82, 0x8F});
  }
}

TEST_P(Malformed, NullCharactersEndTheConnection) {
  expect_malformed(publish_on(kNull), "topic name", {0x81, 0x82, 0x90});
  expect_malformed(subscribe_to(kNull), "filter", {0x81, 0x82, 0x8F});
  expect_malformed(unsubscribe_from(kNull), "filter to leave", {0x81, 0x82, 0x8F});
}

TEST_P(Malformed, WildcardsInTopicNamesEndTheConnection) {
  for (const std::string topic : {"a/+", "+", "#", "a/#", "a+b", "a#"})
    expect_malformed(publish_on(topic), topic, {0x81, 0x82, 0x90});
}

TEST_P(Malformed, EmptyTopicNamesEndTheConnection) { expect_malformed(publish_on(""), "no topic", {0x81, 0x82, 0x90}); }

TEST_P(Malformed, PublishWithBothQosBitsEndsTheConnection) {
  for (const unsigned first : {0x36u, 0x37u, 0x3Eu}) {
    auto bytes = Publish{.topic = unique(), .qos = 1, .packet_id = 1}.encode(GetParam());
    bytes[0] = static_cast<char>(first);
    expect_malformed(bytes, "QoS 3");
  }
}

TEST_P(Malformed, PacketIdentifierZeroEndsTheConnection) {
  const auto version = GetParam();
  expect_malformed(Publish{.topic = "t", .qos = 1}.encode(version), "PUBLISH QoS 1");
  expect_malformed(Publish{.topic = "t", .qos = 2}.encode(version), "PUBLISH QoS 2");
  expect_malformed(Subscribe{.filters = {{"t"}}}.encode(version), "SUBSCRIBE");
  expect_malformed(Unsubscribe{.filters = {"t"}}.encode(version), "UNSUBSCRIBE");
  for (const auto type : {PacketType::puback, PacketType::pubrec, PacketType::pubrel, PacketType::pubcomp})
    expect_malformed(encode_ack(type, version, 0), name_of(type));
}

TEST_P(Malformed, RemainingLengthOfMoreThanFourBytesEndsTheConnection) {
  expect_malformed(from_hex("30 FF FF FF FF 01"), "five bytes");
  expect_malformed(from_hex("C0 80 80 80 80 00"), "five bytes of zero");
}

TEST_P(Malformed, ReservedPacketTypeEndsTheConnection) { expect_malformed(from_hex("00 00"), "type 0"); }

TEST_P(Malformed, PacketsOfServersEndTheConnection) {
  expect_malformed(from_hex(v5() ? "20 03 00 00 00" : "20 02 00 00"), "CONNACK");
  expect_malformed(from_hex(v5() ? "90 04 00 01 00 00" : "90 03 00 01 00"), "SUBACK");
  expect_malformed(from_hex(v5() ? "B0 04 00 01 00 00" : "B0 02 00 01"), "UNSUBACK");
  expect_malformed(from_hex("D0 00"), "PINGRESP");
}

TEST_P(Malformed, FieldsThatReachBeyondTheirPacketEndTheConnection) {
  expect_malformed(from_hex("30 03 00 05 61"), "topic name");
  expect_malformed(from_hex("32 04 00 01 61 00"), "half a packet identifier");
  expect_malformed(from_hex("30 01 00"), "half a length");
  expect_malformed(from_hex("30 00"), "no topic at all");
  expect_malformed(from_hex("40 01 00"), "PUBACK");
  expect_malformed(from_hex("40 00"), "empty PUBACK");
  expect_malformed(from_hex("50 01 00"), "PUBREC");
  expect_malformed(from_hex("62 01 00"), "PUBREL");
  expect_malformed(from_hex("70 01 00"), "PUBCOMP");
  expect_malformed(from_hex("82 01 00"), "SUBSCRIBE");
  expect_malformed(from_hex(v5() ? "82 07 00 01 00 00 09 61 00" : "82 06 00 01 00 09 61 00"), "filter");
  expect_malformed(from_hex(v5() ? "82 06 00 01 00 00 01 61" : "82 05 00 01 00 01 61"), "filter without options");
  expect_malformed(from_hex("A2 01 00"), "UNSUBSCRIBE");
  expect_malformed(from_hex(v5() ? "A2 06 00 01 00 00 09 61" : "A2 05 00 01 00 09 61"), "filter to leave");
}

TEST_P(Malformed, SubscribeWithoutFilterEndsTheConnection) {
  expect_malformed(Subscribe{.packet_id = 1}.encode(GetParam()), "no filter");
}

TEST_P(Malformed, UnsubscribeWithoutFilterEndsTheConnection) {
  expect_malformed(Unsubscribe{.packet_id = 1}.encode(GetParam()), "no filter");
}

TEST_P(MalformedStrict, ReservedHeaderFlagsEndTheConnection) {
  const auto version = GetParam();
  const std::string packets[] = {encode_ack(PacketType::puback, version, 1),
                                 encode_ack(PacketType::pubrec, version, 1),
                                 encode_ack(PacketType::pubrel, version, 1),
                                 encode_ack(PacketType::pubcomp, version, 1),
                                 Subscribe{.filters = {{"t"}}, .packet_id = 1}.encode(version),
                                 Unsubscribe{.filters = {"t"}, .packet_id = 1}.encode(version),
                                 encode_pingreq(),
                                 encode_disconnect(version)};
  for (auto packet : packets)
    for (const unsigned bit : {1u, 2u, 4u, 8u}) {
      auto turned = packet;
      turned[0] = static_cast<char>(static_cast<unsigned char>(packet[0]) ^ bit);
      expect_malformed(turned, "first byte " + std::to_string(static_cast<unsigned char>(turned[0])), {0x81});
    }
}

TEST_P(MalformedStrict, DupWithQosZeroEndsTheConnection) {
  expect_malformed(Publish{.topic = "t", .dup = true}.encode(GetParam()), "DUP with QoS 0");
}

TEST_P(MalformedStrict, ReservedSubscriptionBitsEndTheConnection) {
  const unsigned first_reserved = v5() ? 0x40 : 0x04;
  for (unsigned bit = first_reserved; bit <= 0x80; bit <<= 1) {
    const Filter filter{.filter = "t", .reserved = static_cast<std::uint8_t>(bit)};
    expect_malformed(Subscribe{.filters = {filter}, .packet_id = 1}.encode(GetParam()), "bit " + std::to_string(bit));
  }
}

TEST_P(MalformedStrict, SubscriptionWithQosThreeEndsTheConnection) {
  expect_malformed(Subscribe{.filters = {{.filter = "t", .qos = 3}}, .packet_id = 1}.encode(GetParam()), "QoS 3");
}

TEST_P(MalformedStrict, PingWithABodyEndsTheConnection) {
  expect_malformed(from_hex("C0 01 00"), "PINGREQ with a body");
}

TEST_F(MalformedV311, PacketType15EndsTheConnection) {
  expect_end(connected(Version::v311), from_hex("F0 00"), {}, "type 15", RawClient::Where::current());
}

TEST_F(MalformedV311, DisconnectWithABodyEndsTheConnection) {
  const auto topic = unique();
  auto client = connected(Version::v311, {.will = Will{.topic = topic}});
  expect_end(std::move(client), from_hex("E0 01 00"), {}, "DISCONNECT with a body", RawClient::Where::current());
}

TEST_F(MalformedV311, AcknowledgementsWithABodyOfMqtt5EndTheConnection) {
  expect_end(connected(Version::v311), from_hex("40 03 00 01 00"), {}, "PUBACK of three bytes",
             RawClient::Where::current());
}

}  // namespace
}  // namespace trellis::testing
