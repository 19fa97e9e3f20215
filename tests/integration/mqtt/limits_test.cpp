// Switches and limits an administrator sets: they are announced, and who ignores them is told why.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

// A suite of tests against one broker with options of its own.
template <class Options>
class BrokerWith : public MqttTest {
 protected:
  static void SetUpTestSuite() { own() = std::make_unique<Broker>(Options::value()); }
  static void TearDownTestSuite() { own().reset(); }
  Broker& broker() override { return *own(); }

 private:
  static std::unique_ptr<Broker>& own() {
    static std::unique_ptr<Broker> broker;
    return broker;
  }
};

struct QosOne {
  static BrokerOptions value() { return {.max_qos = 1}; }
};
struct NoRetain {
  static BrokerOptions value() { return {.retain = false}; }
};
struct PlainSubscriptionsOnly {
  static BrokerOptions value() {
    return {.wildcards = false, .shared_subscriptions = false, .subscription_ids = false};
  }
};
struct NamedClientsOnly {
  static BrokerOptions value() { return {.empty_client_ids = false}; }
};
struct FewSubscriptions {
  static BrokerOptions value() { return {.max_subscriptions = 3, .max_topic_levels = 4}; }
};
struct FewConnections {
  static BrokerOptions value() { return {.max_connections = 3}; }
};
struct ShortSessions {
  static BrokerOptions value() { return {.max_session_expiry_s = 30}; }
};

struct Answering {
  static BrokerOptions value() { return {.response_information = "answers/"}; }
};

class MaximumQos : public BrokerWith<QosOne> {};
class RetainUnavailable : public BrokerWith<NoRetain> {};
class SubscriptionSwitches : public BrokerWith<PlainSubscriptionsOnly> {
 protected:
  // MQTT 5 lets a server answer with SUBACK or end the connection; both name the reason.
  void expect_unavailable(const Subscribe& subscribe, std::uint8_t reason) {
    auto client = connected();
    client.send_subscribe(subscribe);
    const auto answer = client.receive();
    ASSERT_TRUE(answer.has_value());
    EXPECT_TRUE(answer->type == PacketType::suback || answer->type == PacketType::disconnect) << answer->describe();
    EXPECT_EQ(answer->reasons.empty() ? answer->reason : answer->reasons.front(), reason);
  }
};
class EmptyClientIds : public BrokerWith<NamedClientsOnly> {};
class SubscriptionLimits : public BrokerWith<FewSubscriptions> {};
class ConnectionLimit : public BrokerWith<FewConnections> {};
class SessionExpiryLimit : public BrokerWith<ShortSessions> {};
class ResponseInformation : public BrokerWith<Answering> {};

TEST_F(MaximumQos, IsAnnounced) {
  auto client = open();
  EXPECT_EQ(client.connect({.client_id = unique()}).properties.number(Prop::maximum_qos), 1u);
}

TEST_F(MaximumQos, PublishAboveItEndsTheConnection) {
  auto client = connected();
  client.send_publish({.topic = unique(), .qos = 2});
  client.expect_disconnect({0x9B});
  auto older = connected(Version::v311);
  older.send_publish({.topic = unique(), .qos = 2});
  older.expect_closed();
}

TEST_F(MaximumQos, SubscriptionsOfEveryQosAreAccepted) {
  const auto topic = unique();
  auto client = connected();
  for (const auto qos : kEachQos) EXPECT_LT(client.subscribe({{.filter = topic, .qos = qos}}).reasons.at(0), 0x80);
  connected().publish({.topic = topic, .payload = "x", .qos = 1});
  EXPECT_EQ(client.expect_publish("x").qos, 1);
}

TEST_F(MaximumQos, WillAboveItIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(), .will = Will{.topic = "t", .qos = 2}});
  client.expect_refused({0x9B});
}

TEST_F(RetainUnavailable, IsAnnounced) {
  auto client = open();
  EXPECT_EQ(client.connect({.client_id = unique()}).properties.number(Prop::retain_available), 0u);
}

TEST_F(RetainUnavailable, RetainedPublishEndsTheConnection) {
  auto client = connected();
  client.send_publish({.topic = unique(), .payload = "x", .qos = 1, .retain = true});
  client.expect_disconnect({0x9A});
}

TEST_F(RetainUnavailable, RetainedWillIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(), .will = Will{.topic = "t", .retain = true}});
  client.expect_refused({0x9A});
}

TEST_F(SubscriptionSwitches, AreAnnounced) {
  auto client = open();
  const auto connack = client.connect({.client_id = unique()});
  EXPECT_EQ(connack.properties.number(Prop::wildcard_available), 0u);
  EXPECT_EQ(connack.properties.number(Prop::shared_available), 0u);
  EXPECT_EQ(connack.properties.number(Prop::subscription_ids_available), 0u);
}

TEST_F(SubscriptionSwitches, WhatIsSwitchedOffIsRefusedWithItsReason) {
  expect_unavailable({.filters = {{.filter = unique("/#")}}}, 0xA2);
  expect_unavailable({.filters = {{.filter = "$share/g/" + unique()}}}, 0x9E);
  expect_unavailable({.filters = {{.filter = unique()}}, .properties = Properties().add(Prop::subscription_id, 1)},
                     0xA1);
}

TEST_F(SubscriptionSwitches, WildcardsOfOlderClientsAreRefusedToo) {
  auto client = connected(Version::v311);
  EXPECT_EQ(client.subscribe({{.filter = unique("/#")}}).reasons, std::vector<std::uint8_t>{0x80});
}

TEST_F(SubscriptionSwitches, PlainSubscriptionsStillWork) {
  const auto topic = unique();
  auto client = subscribed(Version::v5, {.filter = topic});
  client.send_publish({.topic = topic, .payload = "x"});
  client.expect_publish("x");
}

TEST_F(EmptyClientIds, AreRefusedWhenSwitchedOff) {
  auto client = open();
  client.send_connect({});
  client.expect_refused({0x85});
  auto older = open(Version::v311);
  older.send_connect({});
  older.expect_refused({2});
}

TEST_F(SubscriptionLimits, NumberOfASessionIsLimited) {
  auto client = connected();
  for (int i = 0; i < 3; ++i) client.subscribe({{.filter = unique("/" + std::to_string(i))}});
  EXPECT_EQ(client.subscribe({{.filter = unique("/3")}}).reasons, std::vector<std::uint8_t>{0x97});
  EXPECT_EQ(client.subscribe({{.filter = unique("/0")}}).reasons, std::vector<std::uint8_t>{0})
      << "replacing is no addition";
  auto older = connected(Version::v311);
  for (int i = 0; i < 3; ++i) older.subscribe({{.filter = unique("/" + std::to_string(i))}});
  EXPECT_EQ(older.subscribe({{.filter = unique("/3")}}).reasons, std::vector<std::uint8_t>{0x80});
}

TEST_F(SubscriptionLimits, LevelsOfTopicsAreLimited) {
  auto client = connected();
  EXPECT_EQ(client.subscribe({{.filter = unique("/b/c/d/e")}}).reasons, std::vector<std::uint8_t>{0x8F});
  EXPECT_EQ(client.publish({.topic = unique("/b/c/d/e"), .qos = 1})->reason, 0x90);
  EXPECT_EQ(client.publish({.topic = unique("/b/c/d"), .qos = 1})->reason, 0x10);
}

TEST_F(ConnectionLimit, RefusesOneTooMany) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connected());
  auto surplus = open();
  surplus.send_connect({.client_id = unique()});
  surplus.expect_refused_or_closed({0x97, 0x9F, 0x88, 0x89});
  for (auto& client : clients) client.expect_nothing();
}

TEST_F(SessionExpiryLimit, LowersAWishAndSaysSo) {
  auto client = open();
  const auto wish = Properties().add(Prop::session_expiry, 3600);
  EXPECT_EQ(client.connect({.client_id = unique(), .properties = wish}).properties.number(Prop::session_expiry), 30u);
}

TEST_F(ResponseInformation, IsGivenToWhoAsks) {
  auto client = open();
  const auto asking = Properties().add(Prop::request_response_info, 1);
  const auto given = client.connect({.client_id = unique(), .properties = asking}).properties.text(Prop::response_info);
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->substr(0, 8), "answers/");
  auto silent = open();
  EXPECT_FALSE(silent.connect({.client_id = unique("x")}).properties.has(Prop::response_info));
  auto refusing = open();
  const auto no = Properties().add(Prop::request_response_info, 0);
  EXPECT_FALSE(refusing.connect({.client_id = unique("y"), .properties = no}).properties.has(Prop::response_info));
}

}  // namespace
}  // namespace trellis::testing
