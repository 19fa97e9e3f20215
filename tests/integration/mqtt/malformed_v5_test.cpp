// What MQTT 5 added to the ways of being wrong: properties, reason codes, subscription options.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

constexpr auto kV5 = Version::v5;

class MalformedV5 : public MqttTest {
 protected:
  void expect_malformed(std::string_view bytes, const std::string& what,
                        std::initializer_list<std::uint8_t> reasons = {0x81, 0x82},
                        RawClient::Where where = RawClient::Where::current()) {
    if (HasFailure()) return;  // the rest would cost a deadline each
    auto client = connected();
    client.send(bytes);
    EXPECT_NO_THROW(client.expect_disconnect(reasons, where)) << what;
  }
  void expect_refused(const Connect& connect, const std::string& what,
                      std::initializer_list<std::uint8_t> reasons = {0x81, 0x82},
                      RawClient::Where where = RawClient::Where::current()) {
    if (HasFailure()) return;
    auto client = open();
    auto named = connect;
    named.client_id = unique();
    client.send_connect(named);
    EXPECT_NO_THROW(client.expect_refused_or_closed(reasons, where)) << what;
  }
  static std::string publish_with(const Properties& properties) {
    return Publish{.topic = "t", .payload = "p", .properties = properties}.encode(kV5);
  }
};

// One property of each kind with a legal value.
Properties sample(Prop id) {
  switch (id) {
    case Prop::user:
      return Properties().user("name", "value");
    case Prop::content_type:
    case Prop::response_topic:
    case Prop::correlation_data:
    case Prop::assigned_client_id:
    case Prop::auth_method:
    case Prop::auth_data:
    case Prop::response_info:
    case Prop::server_reference:
    case Prop::reason_string:
      return Properties().add(id, "text");
    default:
      return Properties().add(id, 1);
  }
}

Properties twice(Prop id) {
  const auto once = sample(id).encode().substr(1);
  return Properties().raw(once).raw(once);
}

TEST_F(MalformedV5, RepeatedPropertiesOfConnectAreRefused) {
  for (const auto id :
       {Prop::session_expiry, Prop::receive_maximum, Prop::maximum_packet_size, Prop::topic_alias_maximum,
        Prop::request_response_info, Prop::request_problem_info, Prop::auth_method})
    expect_refused({.properties = twice(id)}, "property " + std::to_string(static_cast<int>(id)));
  auto data = sample(Prop::auth_method);
  data.raw(twice(Prop::auth_data).encode().substr(1));
  expect_refused({.properties = data}, "authentication data", {0x81, 0x82, 0x8C});
}

TEST_F(MalformedV5, RepeatedPropertiesOfAWillAreRefused) {
  for (const auto id : {Prop::will_delay, Prop::payload_format, Prop::message_expiry, Prop::content_type,
                        Prop::response_topic, Prop::correlation_data})
    expect_refused({.will = Will{.topic = "t", .properties = twice(id)}},
                   "property " + std::to_string(static_cast<int>(id)));
}

TEST_F(MalformedV5, RepeatedPropertiesOfPublishEndTheConnection) {
  for (const auto id : {Prop::payload_format, Prop::message_expiry, Prop::topic_alias, Prop::response_topic,
                        Prop::correlation_data, Prop::content_type})
    expect_malformed(publish_with(twice(id)), "property " + std::to_string(static_cast<int>(id)));
}

TEST_F(MalformedV5, RepeatedPropertiesOfOtherPacketsEndTheConnection) {
  expect_malformed(
      Subscribe{.filters = {{"t"}}, .packet_id = 1, .properties = twice(Prop::subscription_id)}.encode(kV5),
      "SUBSCRIBE with two identifiers");
  for (const auto type : {PacketType::puback, PacketType::pubrec, PacketType::pubrel, PacketType::pubcomp}) {
    const auto body = from_hex("00 01 00") + twice(Prop::reason_string).encode();
    expect_malformed(raw_packet(static_cast<unsigned>(type) << 4 | (type == PacketType::pubrel ? 2 : 0), body),
                     name_of(type));
  }
  expect_malformed(raw_packet(0xE0, std::string(1, '\0') + twice(Prop::session_expiry).encode()), "DISCONNECT, expiry");
  expect_malformed(raw_packet(0xE0, std::string(1, '\0') + twice(Prop::reason_string).encode()), "DISCONNECT, reason");
}

TEST_F(MalformedV5, PropertiesOfOtherPacketsInConnectAreRefused) {
  for (const auto id :
       {Prop::payload_format, Prop::message_expiry, Prop::content_type, Prop::response_topic, Prop::correlation_data,
        Prop::subscription_id, Prop::assigned_client_id, Prop::server_keep_alive, Prop::will_delay, Prop::response_info,
        Prop::server_reference, Prop::reason_string, Prop::topic_alias, Prop::maximum_qos, Prop::retain_available,
        Prop::wildcard_available, Prop::subscription_ids_available, Prop::shared_available})
    expect_refused({.properties = sample(id)}, "property " + std::to_string(static_cast<int>(id)));
}

TEST_F(MalformedV5, PropertiesOfOtherPacketsInAWillAreRefused) {
  for (const auto id : {Prop::session_expiry, Prop::receive_maximum, Prop::topic_alias, Prop::subscription_id,
                        Prop::reason_string, Prop::auth_method, Prop::maximum_packet_size})
    expect_refused({.will = Will{.topic = "t", .properties = sample(id)}},
                   "property " + std::to_string(static_cast<int>(id)));
}

TEST_F(MalformedV5, PropertiesOfOtherPacketsInPublishEndTheConnection) {
  for (const auto id : {Prop::session_expiry, Prop::assigned_client_id, Prop::server_keep_alive, Prop::auth_method,
                        Prop::auth_data, Prop::request_problem_info, Prop::will_delay, Prop::request_response_info,
                        Prop::response_info, Prop::server_reference, Prop::reason_string, Prop::receive_maximum,
                        Prop::topic_alias_maximum, Prop::maximum_qos, Prop::retain_available, Prop::maximum_packet_size,
                        Prop::wildcard_available, Prop::subscription_ids_available, Prop::shared_available})
    expect_malformed(publish_with(sample(id)), "property " + std::to_string(static_cast<int>(id)));
}

TEST_F(MalformedV5, PropertiesOfOtherPacketsElsewhereEndTheConnection) {
  const auto wrong = sample(Prop::content_type);
  expect_malformed(Subscribe{.filters = {{"t"}}, .packet_id = 1, .properties = wrong}.encode(kV5), "SUBSCRIBE");
  expect_malformed(Unsubscribe{.filters = {"t"}, .packet_id = 1, .properties = wrong}.encode(kV5), "UNSUBSCRIBE");
  expect_malformed(
      Unsubscribe{.filters = {"t"}, .packet_id = 1, .properties = sample(Prop::subscription_id)}.encode(kV5),
      "UNSUBSCRIBE with an identifier");
  for (const auto type : {PacketType::puback, PacketType::pubrec, PacketType::pubrel, PacketType::pubcomp})
    expect_malformed(encode_ack(type, kV5, 1, 0, wrong), name_of(type));
  expect_malformed(encode_disconnect(kV5, 0, wrong), "DISCONNECT");
  expect_malformed(encode_disconnect(kV5, 0, sample(Prop::server_reference)), "DISCONNECT with a server reference");
}

TEST_F(MalformedV5, UnknownPropertiesEndTheConnection) {
  for (const char* id : {"00 00", "04 00", "2B 00", "7F 00", "FF 01 00"})
    expect_malformed(publish_with(Properties().raw(from_hex(id))), id);
}

TEST_F(MalformedV5, PropertyLengthsThatLieEndTheConnection) {
  expect_malformed(from_hex("30 04 00 01 61 05"), "longer than the packet");
  expect_malformed(from_hex("30 05 00 01 61 01 02"), "cuts an expiry interval");
  expect_malformed(from_hex("30 08 00 01 61 02 03 00 05 78"), "cuts a content type");
  expect_malformed(from_hex("30 03 00 01 61"), "missing");
  expect_malformed(from_hex("82 02 00 01"), "SUBSCRIBE that ends behind its identifier");
}

TEST_F(MalformedV5, LengthsLongerThanNeedBeEndTheConnection) {
  expect_malformed(from_hex("C0 80 00"), "remaining length");
  expect_malformed(from_hex("30 05 00 01 61 80 00"), "property length");
  expect_malformed(from_hex("82 0A 00 01 03 0B 81 00 00 01 61 00"), "subscription identifier");
}

TEST_F(MalformedV5, IllegalValuesInConnectAreRefused) {
  expect_refused({.properties = Properties().add(Prop::receive_maximum, 0)}, "receive maximum 0");
  expect_refused({.properties = Properties().add(Prop::maximum_packet_size, 0)}, "maximum packet size 0");
  expect_refused({.properties = Properties().add(Prop::request_problem_info, 2)}, "request problem information 2");
  expect_refused({.properties = Properties().add(Prop::request_response_info, 2)}, "request response information 2");
  expect_refused({.properties = Properties().add(Prop::auth_data, "data")}, "authentication data without method");
  expect_refused({.will = Will{.topic = "t", .properties = Properties().add(Prop::payload_format, 2)}},
                 "will's payload format");
  expect_refused({.will = Will{.topic = "t", .properties = Properties().add(Prop::response_topic, "a/#")}},
                 "will's response topic", {0x81, 0x82, 0x90});
}

TEST_F(MalformedV5, PayloadFormatAboveOneEndsTheConnection) {
  expect_malformed(publish_with(Properties().add(Prop::payload_format, 2)), "payload format 2");
}

TEST_F(MalformedV5, SubscriptionIdentifierZeroEndsTheConnection) {
  const auto zero = Properties().add(Prop::subscription_id, 0);
  expect_malformed(Subscribe{.filters = {{"t"}}, .packet_id = 1, .properties = zero}.encode(kV5), "identifier 0");
}

TEST_F(MalformedV5, PublishWithASubscriptionIdentifierEndsTheConnection) {
  expect_malformed(publish_with(Properties().add(Prop::subscription_id, 1)), "identifier in PUBLISH");
}

TEST_F(MalformedV5, WildcardInResponseTopicEndsTheConnection) {
  for (const char* topic : {"a/+", "#", "+/b"})
    expect_malformed(publish_with(Properties().add(Prop::response_topic, topic)), topic, {0x81, 0x82, 0x90});
}

TEST_F(MalformedV5, IllFormedTextInPropertiesEndsTheConnection) {
  for (const auto& bad :
       {std::string("a\xED\xA0\x80"), std::string("a\0b", 3), std::string("\xC0\x80"), std::string("\xFF")}) {
    expect_malformed(publish_with(Properties().add(Prop::content_type, bad)), "content type");
    expect_malformed(publish_with(Properties().add(Prop::response_topic, bad)), "response topic", {0x81, 0x82, 0x90});
    expect_malformed(publish_with(Properties().user(bad, "value")), "name of a user property");
    expect_malformed(publish_with(Properties().user("name", bad)), "value of a user property");
    expect_malformed(encode_ack(PacketType::puback, kV5, 1, 0, Properties().add(Prop::reason_string, bad)),
                     "reason string");
    expect_refused({.properties = Properties().user("name", bad)}, "user property of CONNECT");
    expect_refused({.will = Will{.topic = "t", .properties = Properties().add(Prop::content_type, bad)}},
                   "will's content type");
    expect_refused({.properties = Properties().add(Prop::auth_method, bad)}, "authentication method",
                   {0x81, 0x82, 0x8C});
  }
}

TEST_F(MalformedV5, RetainHandlingThreeEndsTheConnection) {
  expect_malformed(Subscribe{.filters = {{.filter = "t", .retain_handling = 3}}, .packet_id = 1}.encode(kV5),
                   "retain handling 3");
}

TEST_F(MalformedV5, NoLocalOnASharedSubscriptionEndsTheConnection) {
  const Filter shared{.filter = "$share/group/" + unique(), .no_local = true};
  expect_malformed(Subscribe{.filters = {shared}, .packet_id = 1}.encode(kV5), "no local", {0x82});
}

TEST_F(MalformedV5, ReasonCodesThatDoNotExistEndTheConnection) {
  for (const auto type : {PacketType::puback, PacketType::pubrec, PacketType::pubrel, PacketType::pubcomp})
    expect_malformed(encode_ack(type, kV5, 1, 0x55), name_of(type));
  expect_malformed(encode_disconnect(kV5, 0x01), "DISCONNECT");
}

TEST_F(MalformedV5, SessionExpiryAtTheEndWhereThereWasNoneIsAProtocolError) {
  expect_malformed(encode_disconnect(kV5, 0, Properties().add(Prop::session_expiry, 10)), "session expiry", {0x82});
}

TEST_F(MalformedV5, BytesBehindTheLastFieldEndTheConnection) {
  expect_malformed(from_hex("40 05 00 01 00 00 FF"), "PUBACK");
  expect_malformed(from_hex("E0 03 00 00 FF"), "DISCONNECT");
}

TEST_F(MalformedV5, AuthWithWrongFlagsIsMalformed) {
  expect_malformed(from_hex("F1 00"), "AUTH with a flag", {0x81, 0x82});
}

}  // namespace
}  // namespace trellis::testing
