// Passwords and rules, as clients see them: who is let in, what is allowed, and how a refusal looks.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Authorization : public VersionedTest {
 protected:
  static void SetUpTestSuite() {
    guarded_ = std::make_unique<Broker>(
        BrokerOptions{.users = {{"ada", "lovelace"}, {"bob", "builder"}},
                      .acl = "user ada\ntopic readwrite open/#\ntopic readwrite last/#\ntopic "
                             "read readable/#\ntopic write sent/#\ntopic deny open/closed/#\npattern readwrite "
                             "devices/%c/#\npattern deny open/%c/#\n"});
  }
  static void TearDownTestSuite() { guarded_.reset(); }
  Broker& broker() override { return *guarded_; }

  Connect as_ada(const Properties& properties = {}) {
    Connect connect{
        .client_id = unique("c" + std::to_string(next_number())), .username = "ada", .password = "lovelace"};
    if (v5()) connect.properties = properties;
    return connect;
  }
  std::string open_topic() { return "open/" + unique(); }
  std::string closed_topic() { return "closed/" + unique(); }
  void expect_nothing_on_its_way(RawClient& publisher, RawClient& subscriber) {
    const auto topic = "last/" + unique();
    subscriber.subscribe({{.filter = topic}});
    publisher.send_publish({.topic = topic, .payload = "last"});
    subscriber.expect_publish("last");
  }

  static std::unique_ptr<Broker> guarded_;
};
std::unique_ptr<Broker> Authorization::guarded_;
TRELLIS_ALL_VERSIONS(Authorization);

TEST_P(Authorization, RightPasswordIsLetIn) {
  auto client = connected(as_ada());
  client.expect_nothing();
}

TEST_P(Authorization, WrongPasswordIsRefused) {
  const std::pair<const char*, const char*> wrong[] = {{"ada", "byron"}, {"ada", ""}, {"babbage", "lovelace"}};
  for (const auto& [user, password] : wrong) {
    auto client = open();
    client.send_connect({.client_id = unique(), .username = user, .password = password});
    EXPECT_FALSE(v5() ? client.expect_refused({0x86, 0x87}).session_present
                      : client.expect_refused({4, 5}).session_present);
  }
}

// ---- whose a session is

TEST_P(Authorization, SessionOfSomebodyElseIsNeitherResumedNorThrownAway) {
  auto mine = keeping(unique("hers"));
  mine.username = "ada";
  mine.password = "lovelace";
  const auto topic = open_topic();
  {
    auto ada = connected(mine);
    ada.subscribe({{.filter = topic, .qos = 1}});
    ada.disconnect();
  }
  connected(as_ada()).publish({.topic = topic, .payload = "for her alone", .qos = 1});
  for (const bool clean : {false, true}) {
    auto theirs = keeping(unique("hers"), clean);
    theirs.username = "bob";
    theirs.password = "builder";
    auto bob = open();
    bob.send_connect(theirs);
    bob.expect_refused({static_cast<std::uint8_t>(v5() ? 0x87 : 5)});
  }
  auto ada = open();
  const auto connack = ada.connect(mine);
  EXPECT_EQ(connack.session_present, GetParam() != Version::v31);  // which does not know it
  ada.acknowledge(ada.expect_publish("for her alone"));
}

TEST_P(Authorization, AnonymousClientIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique()});
  if (v5())
    client.expect_refused({0x86, 0x87});
  else
    client.expect_refused({4, 5});
}

TEST_P(Authorization, RefusedClientDoesNotTakeASessionOver) {
  auto holder = open();
  auto connect = as_ada();
  holder.connect(connect);
  connect.password = "wrong";
  auto thief = open();
  thief.send_connect(connect);
  thief.expect(PacketType::connack);
  thief.expect_closed();
  holder.expect_nothing();
}

TEST_P(Authorization, AllowedTopicsWork) {
  auto client = connected(as_ada());
  const auto topic = open_topic();
  client.subscribe({{.filter = topic, .qos = 1}});
  client.send_publish({.topic = topic, .payload = "x", .qos = 0});
  client.expect_publish("x");
}

TEST_P(Authorization, SharedSubscriptionGivesNothingThatMayNotBeRead) {
  auto member = connected(as_ada());
  const auto name = unique();
  EXPECT_EQ(member.subscribe({{.filter = "$share/" + name + "/+/" + name}}).reasons.front(), 0);
  auto publisher = connected(as_ada());
  publisher.send_publish({.topic = "sent/" + name, .payload = "not to be read"});
  publisher.send_publish({.topic = "last/" + name, .payload = "last"});
  member.expect_publish("last");
}

TEST_P(Authorization, SubscriptionsAreJudgedOneByOne) {
  auto client = connected(as_ada());
  const auto suback = client.subscribe(
      {{.filter = open_topic(), .qos = 1}, {.filter = closed_topic(), .qos = 1}, {.filter = "readable/x"}});
  EXPECT_EQ(suback.reasons, (std::vector<std::uint8_t>{1, static_cast<std::uint8_t>(v5() ? 0x87 : 0x80), 0}));
}

TEST_P(Authorization, RefusedQosOneIsToldOrClosed) {
  auto client = connected(as_ada());
  client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 1});
  if (v5()) {
    EXPECT_EQ(client.expect(PacketType::puback).reason, 0x87);
    return;
  }
  // Before MQTT 5 there is no negative answer: a positive one, or the end.
  const auto answer = client.receive();
  EXPECT_TRUE(!answer || answer->type == PacketType::puback);
}

TEST_P(Authorization, RefusedQosTwoIsToldOrClosed) {
  auto client = connected(as_ada());
  client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 2, .packet_id = 3});
  if (!v5()) {
    const auto answer = client.receive();
    EXPECT_TRUE(!answer || answer->type == PacketType::pubrec);
    return;
  }
  EXPECT_EQ(client.expect(PacketType::pubrec).reason, 0x87);
  // The identifier is free again: the next message under it is a new one.
  const auto topic = open_topic();
  auto watcher = connected(as_ada());
  watcher.subscribe({{.filter = topic}});
  client.publish({.topic = topic, .payload = "new", .qos = 2, .packet_id = 3});
  watcher.expect_publish("new");
}

TEST_P(Authorization, RefusedQosZeroEndsTheConnection) {
  auto client = connected(as_ada());
  client.send_publish({.topic = closed_topic(), .payload = "x"});
  client.expect_disconnect({0x87});
}

TEST_P(Authorization, RefusedMessagesReachNobody) {
  auto watcher = connected(as_ada());
  const auto topic = "readable/" + unique();
  watcher.subscribe({{.filter = topic}});
  auto client = connected(as_ada());
  client.send_publish({.topic = topic, .payload = "x", .qos = 1});
  auto other = connected(as_ada());
  client.receive();
  expect_nothing_on_its_way(other, watcher);
}

TEST_P(Authorization, RefusedRetainedMessageIsNotKept) {
  const auto topic = "readable/" + unique();
  auto client = connected(as_ada());
  client.send_publish({.topic = topic, .payload = "x", .qos = 1, .retain = true});
  client.receive();
  auto reader = connected(as_ada());
  reader.subscribe({{.filter = topic}});
  expect_nothing_on_its_way(reader, reader);
}

TEST_P(Authorization, WillOnAForbiddenTopicIsNotPublished) {
  const auto topic = "readable/" + unique();
  auto watcher = connected(as_ada());
  watcher.subscribe({{.filter = topic}});
  auto connect = as_ada();
  connect.will = Will{.topic = topic, .payload = "x"};
  auto client = open();
  client.send_connect(connect);
  client.receive();
  client.reset();
  expect_nothing_on_its_way(watcher, watcher);
}

TEST_P(Authorization, ReasonTextsAreLeftOutWhenUnwanted) {
  if (!v5()) GTEST_SKIP() << "MQTT 5 only";
  auto client = connected(as_ada(Properties().add(Prop::request_problem_info, 0)));
  const auto puback = [&] {
    client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 1});
    return client.expect(PacketType::puback);
  }();
  const auto suback = client.subscribe({{.filter = closed_topic()}});
  client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 2});
  const auto pubrec = client.expect(PacketType::pubrec);
  const auto unsuback = client.unsubscribe({closed_topic()});
  for (const auto& packet : {puback, suback, pubrec, unsuback}) {
    EXPECT_FALSE(packet.properties.has(Prop::reason_string)) << packet.describe();
    EXPECT_FALSE(packet.properties.has(Prop::user)) << packet.describe();
  }
}

TEST_P(Authorization, ReasonTextsAreLeftOutWhereTheyDoNotFit) {
  if (!v5()) GTEST_SKIP() << "MQTT 5 only";
  auto client = connected(as_ada(Properties().add(Prop::maximum_packet_size, 20)));
  client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 1});
  EXPECT_LE(client.expect(PacketType::puback).size, 20u);
  client.send_publish({.topic = closed_topic(), .payload = "x", .qos = 2});
  EXPECT_LE(client.expect(PacketType::pubrec).size, 20u);
  EXPECT_LE(client.subscribe({{.filter = closed_topic()}}).size, 20u);
  EXPECT_LE(client.unsubscribe({closed_topic()}).size, 20u);
  client.send_publish({.topic = closed_topic(), .payload = "x"});
  const auto farewell = client.expect_disconnect({0x87});
  EXPECT_LE(farewell ? farewell->size : 0, 20u);
}

TEST_P(Authorization, WillIsJudgedByTheClientIdentifierLikeEveryPublish) {
  auto connect = as_ada();
  const std::string own = "devices/" + connect.client_id + "/status";
  connect.will = Will{.topic = own, .payload = "gone", .qos = 1};
  auto watching = as_ada();
  watching.client_id = connect.client_id + "-watching";
  connected(connect).expect_nothing();
  connect.will = Will{.topic = "devices/" + watching.client_id + "/status", .payload = "gone"};
  auto stranger = open();
  stranger.send_connect(connect);
  EXPECT_FALSE(v5() ? stranger.expect_refused({0x87}).session_present : stranger.expect_refused({5}).session_present);
  connect.will = Will{.topic = "open/" + connect.client_id + "/x", .payload = "gone"};
  auto denied = open();
  denied.send_connect(connect);
  EXPECT_FALSE(v5() ? denied.expect_refused({0x87}).session_present : denied.expect_refused({5}).session_present);
}

}  // namespace
}  // namespace trellis::testing
