// CONNECT: what is accepted, what is refused, and how.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Connecting : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Connecting);

class ConnectRules : public VersionedTest {
 protected:
  // A CONNECT whose byte of flags says something else than its fields.
  void expect_bad_flags(std::uint8_t flags, const Connect& fields = {}) {
    SCOPED_TRACE("flags " + std::to_string(flags));
    auto connect = fields;
    connect.client_id = unique();
    connect.flags = flags;
    auto client = open();
    client.send_connect(connect);
    client.expect_refused_or_closed({0x81, 0x82});
  }
};
TRELLIS_STANDARD_VERSIONS(ConnectRules);

class ConnectV311 : public MqttTest {};
class ConnectV5 : public MqttTest {};

TEST_P(Connecting, IsAnsweredByConnackBeforeAnythingElse) {
  auto client = open();
  const auto connack = client.connect({.client_id = unique()});
  EXPECT_EQ(connack.reason, 0);
  EXPECT_FALSE(connack.session_present);
  client.expect_nothing();
}

TEST_P(Connecting, OtherFirstPacketsEndTheConnectionWithoutAnswer) {
  const auto version = GetParam();
  const std::string first[] = {encode_pingreq(), Publish{.topic = "a", .payload = "b"}.encode(version),
                               Subscribe{.filters = {{"a"}}, .packet_id = 1}.encode(version),
                               encode_disconnect(version)};
  for (const auto& bytes : first) {
    auto client = open();
    client.send(bytes);
    EXPECT_EQ(client.receive(), std::nullopt);
  }
}

TEST_P(Connecting, SecondConnectIsAProtocolError) {
  auto client = connected();
  client.send_connect({.client_id = client.client_id()});
  client.expect_disconnect({0x82});
}

TEST_P(Connecting, WrongProtocolNameIsNotServed) {
  auto client = open();
  client.send_connect({.client_id = unique(), .protocol_name = "MQTX"});
  const auto answer = client.receive();
  if (!answer) return;
  EXPECT_EQ(answer->type, PacketType::connack);
  EXPECT_TRUE(answer->reason == 0x84 || answer->reason == 0x01) << int{answer->reason};
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_P(Connecting, WillQosThreeIsMalformed) {
  auto client = open();
  client.send_connect({.client_id = unique(), .will = Will{.topic = unique(), .qos = 3}});
  client.expect_refused_or_closed({0x81});
}

TEST_P(Connecting, WillQosZeroToTwoAreAccepted) {
  for (const auto qos : kEachQos) {
    auto client = connected({.will = Will{.topic = unique(), .qos = qos}});
    client.disconnect();
  }
}

TEST_P(Connecting, UserNameAndPasswordAreReadWhenTheirFlagsAreSet) {
  auto client = connected({.username = "someone", .password = std::string("\0\xff", 2)});
  client.expect_nothing();
}

TEST_P(ConnectRules, UserNameFlagWithoutUserNameIsMalformed) {
  auto client = open();
  client.send_connect({.client_id = unique(), .flags = std::uint8_t{0x82}});
  client.expect_refused_or_closed({0x81});
}

TEST_P(ConnectRules, PasswordFlagWithoutPasswordIsMalformed) {
  auto client = open();
  client.send_connect({.client_id = unique(), .username = "someone", .flags = std::uint8_t{0xC2}});
  client.expect_refused_or_closed({0x81});
}

TEST_P(Connecting, WillFlagWithoutWillFieldsIsMalformed) {
  auto client = open();
  client.send_connect({.client_id = unique(), .flags = std::uint8_t{0x06}});
  client.expect_refused_or_closed({0x81});
}

TEST_P(Connecting, EveryFieldOfThePayloadIsReadInItsOrder) {
  const auto topic = unique("/will");
  auto watcher = subscribed({.filter = topic});
  auto client =
      connected({.will = Will{.topic = topic, .payload = "gone"}, .username = "someone", .password = "secret"});
  client.reset();
  EXPECT_EQ(watcher.expect_publish("gone").topic, topic);
}

TEST_P(Connecting, ConnectCutShortIsMalformed) {
  const auto whole = Connect{.client_id = unique()}.encode(GetParam());
  for (std::size_t size = 3; size < whole.size(); ++size) {
    auto client = open();
    client.send(raw_packet(0x10, whole.substr(2, size - 2)));
    client.expect_refused_or_closed({0x81, 0x82, 0x84, 0x85});
  }
}

TEST_P(ConnectRules, IllFormedTextIsRefused) {
  const std::string bad("a\xC0\x80", 3);
  const Connect cases[] = {{.client_id = bad},
                           {.client_id = unique("x"), .will = Will{.topic = bad}},
                           {.client_id = unique("y"), .username = bad}};
  for (const auto& connect : cases) {
    auto client = open();
    client.send_connect(connect);
    client.expect_refused_or_closed({0x81, 0x85});
  }
}

TEST_P(ConnectRules, NullCharacterIsRefused) {
  const std::string bad("a\0b", 3);
  const Connect cases[] = {{.client_id = bad},
                           {.client_id = unique("x"), .will = Will{.topic = bad}},
                           {.client_id = unique("y"), .username = bad}};
  for (const auto& connect : cases) {
    auto client = open();
    client.send_connect(connect);
    client.expect_refused_or_closed({0x81, 0x85});
  }
}

TEST_P(Connecting, WildcardInWillTopicIsRefused) {
  for (const std::string topic : {"will/+", "will/#", "#"}) {
    auto client = open();
    client.send_connect({.client_id = unique(), .will = Will{.topic = topic}});
    client.expect_refused_or_closed({0x81, 0x82, 0x90});
  }
}

TEST_P(Connecting, ClientIdsOfUpTo23LettersAndDigitsAreAccepted) {
  for (const std::string id :
       {"a", "Z", "0", "abcdefghijklmnopqrstuvw", "xyzABCDEFGHIJKLMNOPQRST", "UVWXYZ0123456789abcdefg"}) {
    auto client = connected({.client_id = id});
    client.expect_nothing();
  }
}

TEST_P(Connecting, ClientIdsThatDifferInCaseAreDifferentClients) {
  auto lower = connected({.client_id = unique("case")});
  auto upper = connected({.client_id = unique("CASE")});
  lower.expect_nothing();
  upper.expect_nothing();
}

TEST_P(Connecting, NothingBehindARefusedConnectIsProcessed) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = open();
  client.send(Connect{.client_id = unique("x"), .will = Will{.topic = "t", .qos = 3}}.encode(GetParam()) +
              Publish{.topic = topic, .payload = "must not arrive"}.encode(GetParam()));
  client.expect_refused_or_closed({0x81});
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_P(Connecting, PacketsSentBehindConnectInOneGoAreServed) {
  const auto topic = unique();
  const auto version = GetParam();
  auto client = open();
  client.send(Connect{.client_id = unique("x")}.encode(version) +
              Subscribe{.filters = {{.filter = topic}}, .packet_id = 7}.encode(version) +
              Publish{.topic = topic, .payload = "early"}.encode(version) + encode_pingreq());
  client.expect(PacketType::connack);
  EXPECT_EQ(client.expect(PacketType::suback).packet_id, 7);
  client.expect_publish("early");
  client.expect(PacketType::pingresp);
}

TEST_P(Connecting, BytesMayArriveOneByOne) {
  auto client = open();
  for (const char byte : Connect{.client_id = unique()}.encode(GetParam())) client.send(std::string_view(&byte, 1));
  client.expect(PacketType::connack);
}

TEST_P(ConnectRules, ReservedConnectFlagIsRefused) { expect_bad_flags(0x03); }

TEST_P(ConnectRules, WillQosWithoutWillIsRefused) {
  expect_bad_flags(0x02 | 0x08);
  expect_bad_flags(0x02 | 0x10);
}

TEST_P(ConnectRules, WillRetainWithoutWillIsRefused) { expect_bad_flags(0x02 | 0x20); }

TEST_P(ConnectRules, FieldsWithoutTheirFlagsAreRefused) {
  expect_bad_flags(0x02, {.username = "someone"});
  expect_bad_flags(0x82, {.username = "someone", .password = "secret"});
  expect_bad_flags(0x02, {.will = Will{.topic = "t", .payload = "p"}});
}

TEST_P(ConnectRules, ReservedHeaderFlagsAreRefused) {
  auto bytes = Connect{.client_id = unique()}.encode(GetParam());
  bytes[0] = 0x11;
  auto client = open();
  client.send(bytes);
  client.expect_refused_or_closed({0x81});
}

TEST_F(ConnectV311, PasswordWithoutUserNameIsRefused) {
  auto client = open(Version::v311);
  client.send_connect({.client_id = unique(), .password = "secret"});
  client.expect_refused_or_closed({});
}

TEST_F(ConnectV311, MalformedConnectIsClosedWithoutConnack) {
  auto client = open(Version::v311);
  client.send_connect({.client_id = unique(), .flags = std::uint8_t{0x03}});
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_F(ConnectV311, EmptyClientIdGetsAnIdentityOfItsOwn) {
  auto one = open(Version::v311);
  auto other = open(Version::v311);
  one.connect({});
  other.connect({});
  one.expect_nothing();
  other.expect_nothing();
}

TEST_F(ConnectV311, EmptyClientIdWithAKeptSessionIsRejected) {
  auto client = open(Version::v311);
  client.send_connect({.clean = false});
  client.expect_refused({2});
}

TEST_F(ConnectV311, UnknownLevelIsAnsweredByCodeOne) {
  // Nobody knows what a later version looks like: the answer has the form 3.1.1 gave it.
  for (const std::uint8_t level : {std::uint8_t{2}, std::uint8_t{6}, std::uint8_t{9}}) {
    auto client = open(Version::v311);
    client.send_connect({.client_id = unique(), .level = level});
    client.expect_refused({1});
  }
}

TEST_F(ConnectV5, PasswordWithoutUserNameIsAllowed) {
  auto client = connected(Version::v5, {.password = "secret"});
  client.expect_nothing();
}

TEST_F(ConnectV5, EmptyClientIdIsAssignedOneThatWorks) {
  auto first = open();
  const auto connack = first.connect({.properties = Properties().add(Prop::session_expiry, 60)});
  const auto id = connack.properties.text(Prop::assigned_client_id);
  ASSERT_TRUE(id.has_value());
  EXPECT_FALSE(id->empty());
  first.disconnect();

  auto again = open();
  EXPECT_TRUE(again.connect({.client_id = *id, .clean = false}).session_present);
}

TEST_F(ConnectV5, AssignedClientIdsAreUnique) {
  auto one = open();
  auto other = open();
  const auto a = one.connect({}).properties.text(Prop::assigned_client_id);
  const auto b = other.connect({.clean = false}).properties.text(Prop::assigned_client_id);
  ASSERT_TRUE(a && b);
  EXPECT_NE(*a, *b);
  one.expect_nothing();
}

TEST_F(ConnectV5, NoIdentifierIsAssignedToAClientThatHasOne) {
  auto client = open();
  EXPECT_FALSE(client.connect({.client_id = unique()}).properties.has(Prop::assigned_client_id));
}

TEST_F(ConnectV5, UserPropertiesAreAccepted) {
  auto client = connected(Version::v5, {.properties = Properties().user("a", "1").user("a", "2").user("", "")});
  client.expect_nothing();
}

}  // namespace
}  // namespace trellis::testing
