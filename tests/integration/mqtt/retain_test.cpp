// Retained messages: kept, replaced, removed, and given to subscriptions by the rules of each version.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Retaining : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Retaining);

class RetainingV5 : public MqttTest {
 protected:
  void retain(const std::string& payload) {
    connected().publish({.topic = topic_, .payload = payload, .qos = 1, .retain = true});
  }
  const std::string topic_ = unique("/topic");
};

TEST_P(Retaining, NewSubscriptionGetsTheLastMessage) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "old", .qos = 1, .retain = true});
  publisher.publish({.topic = topic, .payload = "last", .qos = 1, .retain = true});
  auto subscriber = subscribed({.filter = topic, .qos = 1});
  const auto message = subscriber.expect_publish("last");
  EXPECT_TRUE(message.retain);
  EXPECT_FALSE(message.dup);
  EXPECT_EQ(message.qos, 1);
  subscriber.acknowledge(message);
  expect_no_more(publisher, subscriber);
}

TEST_P(Retaining, QosIsTheLowerOfBoth) {
  for (const auto published : kEachQos)
    for (const auto granted : kEachQos) {
      const auto topic = unique("/" + std::to_string(next_number()));
      connected().publish({.topic = topic, .payload = "kept", .qos = published, .retain = true});
      auto subscriber = subscribed({.filter = topic, .qos = granted});
      EXPECT_EQ(subscriber.expect_publish("kept").qos, std::min(published, granted));
    }
}

TEST_P(Retaining, EstablishedSubscriptionGetsItWithoutTheFlag) {
  const auto topic = unique();
  auto subscriber = subscribed({.filter = topic});
  connected().publish({.topic = topic, .payload = "live", .qos = 1, .retain = true});
  EXPECT_FALSE(subscriber.expect_publish("live").retain);
}

TEST_P(Retaining, QosZeroReplacesWhatWasKept) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "old", .qos = 2, .retain = true});
  publisher.publish({.topic = topic, .payload = "new", .qos = 0, .retain = true});
  publisher.expect_nothing();
  auto subscriber = subscribed({.filter = topic, .qos = 2});
  EXPECT_EQ(subscriber.expect_publish("new").qos, 0);
  expect_no_more(publisher, subscriber);
}

TEST_P(Retaining, EmptyPayloadRemovesAndIsDelivered) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "kept", .qos = 1, .retain = true});
  auto early = subscribed({.filter = topic});
  early.expect_publish("kept");
  publisher.publish({.topic = topic, .qos = 1, .retain = true});
  EXPECT_FALSE(early.expect_publish("").retain);
  auto late = subscribed({.filter = topic});
  expect_no_more(publisher, late);
}

TEST_P(Retaining, EmptyPayloadIsNotKept) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .qos = 1, .retain = true});
  auto subscriber = subscribed({.filter = topic});
  expect_no_more(publisher, subscriber);
}

TEST_P(Retaining, OtherMessagesLeaveItAlone) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "kept", .qos = 1, .retain = true});
  publisher.publish({.topic = topic, .payload = "passing", .qos = 1});
  publisher.publish({.topic = topic, .qos = 1});
  auto subscriber = subscribed({.filter = topic});
  subscriber.expect_publish("kept");
  expect_no_more(publisher, subscriber);
}

TEST_P(Retaining, OtherMessagesAreNotKept) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "passing", .qos = 1});
  auto subscriber = subscribed({.filter = topic});
  expect_no_more(publisher, subscriber);
}

TEST_P(Retaining, OutlivesTheSessionThatPublishedIt) {
  const auto topic = unique();
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "legacy", .qos = 1, .retain = true});
  publisher.disconnect();
  auto subscriber = subscribed({.filter = topic});
  EXPECT_TRUE(subscriber.expect_publish("legacy").retain);
}

TEST_P(Retaining, WildcardSubscriptionGetsAllThatMatch) {
  auto publisher = connected();
  for (const char* level : {"/a", "/b", "/c/d"})
    publisher.publish({.topic = unique(level), .payload = level, .qos = 1, .retain = true});
  auto one_level = subscribed({.filter = unique("/+")});
  EXPECT_EQ(drain(publisher, one_level).size(), 2u);
  auto all = subscribed({.filter = unique("/#")});
  EXPECT_EQ(drain(publisher, all).size(), 3u);
}

TEST_P(Retaining, SubscribingAgainSendsItAgain) {
  const auto topic = unique();
  connected().publish({.topic = topic, .payload = "kept", .qos = 1, .retain = true});
  auto subscriber = subscribed({.filter = topic});
  subscriber.expect_publish("kept");
  subscriber.subscribe({{.filter = topic}});
  EXPECT_TRUE(subscriber.expect_publish("kept").retain);
}

TEST_P(Retaining, ResumingASessionDoesNotSendItAgain) {
  if (GetParam() == Version::v31) GTEST_SKIP() << "MQTT 3.1 leaves this open";
  const auto topic = unique("/topic");
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "kept", .qos = 1, .retain = true});
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic}});
  first.expect_publish("kept");
  first.disconnect();
  auto second = open();
  second.connect(keeping(unique()));
  expect_no_more(publisher, second);
}

TEST_F(RetainingV5, HandlingOneSendsOnlyToNewSubscriptions) {
  retain("kept");
  auto subscriber = subscribed(Version::v5, {.filter = topic_, .retain_handling = 1});
  EXPECT_TRUE(subscriber.expect_publish("kept").retain);
  subscriber.subscribe({{.filter = topic_, .retain_handling = 1}});
  expect_no_more(subscriber, subscriber);
  subscriber.unsubscribe({topic_});
  subscriber.subscribe({{.filter = topic_, .retain_handling = 1}});
  subscriber.expect_publish("kept");
}

TEST_F(RetainingV5, HandlingTwoNeverSends) {
  retain("kept");
  auto subscriber = subscribed(Version::v5, {.filter = topic_, .retain_handling = 2});
  expect_no_more(subscriber, subscriber);
}

TEST_F(RetainingV5, HandlingZeroSendsEachTime) {
  retain("kept");
  auto subscriber = subscribed(Version::v5, {.filter = topic_, .retain_handling = 0});
  subscriber.expect_publish("kept");
  subscriber.subscribe({{.filter = topic_, .retain_handling = 0}});
  subscriber.expect_publish("kept");
}

TEST_F(RetainingV5, FlagIsClearedUnlessAskedFor) {
  auto subscriber = subscribed(Version::v5, {.filter = topic_});
  retain("live");
  EXPECT_FALSE(subscriber.expect_publish("live").retain);
}

TEST_F(RetainingV5, FlagStaysAsPublishedWhenAskedFor) {
  auto subscriber = subscribed(Version::v5, {.filter = topic_, .retain_as_published = true});
  retain("kept");
  EXPECT_TRUE(subscriber.expect_publish("kept").retain);
  connected().publish({.topic = topic_, .payload = "passing", .qos = 1});
  EXPECT_FALSE(subscriber.expect_publish("passing").retain);
}

TEST_F(RetainingV5, FlagIsSetOnWhatASubscriptionStartsWith) {
  retain("kept");
  for (const bool as_published : {false, true}) {
    auto subscriber = subscribed(Version::v5, {.filter = topic_, .retain_as_published = as_published});
    EXPECT_TRUE(subscriber.expect_publish("kept").retain);
  }
}

TEST_F(RetainingV5, PropertiesAreKeptWithTheMessage) {
  const auto properties =
      Properties().add(Prop::content_type, "text/plain").user("b", "1").user("a", "2").user("b", "1");
  connected().publish({.topic = topic_, .payload = "kept", .qos = 1, .retain = true, .properties = properties});
  auto subscriber = subscribed(Version::v5, {.filter = topic_});
  const auto message = subscriber.expect_publish("kept");
  EXPECT_EQ(message.properties.text(Prop::content_type), "text/plain");
  EXPECT_EQ(message.properties.user_properties(), properties.user_properties());
}

TEST_F(RetainingV5, SharedSubscriptionsStartWithoutRetainedMessages) {
  retain("kept");
  auto subscriber = subscribed(Version::v5, {.filter = "$share/" + unique() + "/" + topic_});
  expect_no_more(subscriber, subscriber);
}

}  // namespace
}  // namespace trellis::testing
