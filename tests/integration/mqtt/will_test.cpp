// Will Messages: when they are published, when they are not, and with what.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Wills : public VersionedTest {
 protected:
  Will will(const std::string& payload = "gone", std::uint8_t qos = 0, bool retain = false) {
    return {.topic = topic_, .payload = payload, .qos = qos, .retain = retain};
  }
  const std::string topic_ = unique("/will");
};
TRELLIS_ALL_VERSIONS(Wills);

class WillsV5 : public MqttTest {
 protected:
  // A client with a will that is delayed, in a session that lives for so many seconds.
  Connect delayed(std::uint32_t delay_s, std::uint32_t session_s, bool clean = true) {
    return {
        .client_id = unique(),
        .clean = clean,
        .properties = Properties().add(Prop::session_expiry, session_s),
        .will = Will{
            .topic = topic_, .payload = "gone", .qos = 1, .properties = Properties().add(Prop::will_delay, delay_s)}};
  }
  RawClient watcher() { return subscribed(Version::v5, {.filter = topic_, .qos = 0}); }
  const std::string topic_ = unique("/will");
};

TEST_P(Wills, IsPublishedWhenTheConnectionBreaks) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will()});
  client.reset();
  EXPECT_EQ(watcher.expect_publish("gone").topic, topic_);
}

TEST_P(Wills, IsPublishedWhenTheClientClosesWithoutAWord) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will()});
  client.close();
  watcher.expect_publish("gone");
}

TEST_P(Wills, IsPublishedAfterAProtocolError) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will()});
  client.send_hex("00 00");
  client.expect_closed();
  watcher.expect_publish("gone");
}

TEST_P(Wills, IsPublishedWhenTheConnectionIsTakenOver) {
  auto watcher = subscribed({.filter = topic_});
  auto first = connected({.client_id = unique(), .will = will()});
  auto second = connected({.client_id = unique()});
  first.expect_closed();
  watcher.expect_publish("gone");
}

TEST_P(Wills, IsDiscardedByDisconnect) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will()});
  client.disconnect();
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_P(Wills, IsPublishedOnce) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.client_id = unique(), .will = will()});
  client.reset();
  watcher.expect_publish("gone");
  auto again = connected({.client_id = unique()});
  again.reset();
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_P(Wills, WithoutTheFlagNothingIsPublished) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected();
  client.reset();
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_P(Wills, HasTheQosAskedFor) {
  for (const auto qos : kEachQos) {
    auto watcher = subscribed({.filter = topic_, .qos = 2});
    auto client = connected({.will = will("gone", qos)});
    client.reset();
    EXPECT_EQ(watcher.expect_publish("gone").qos, qos);
  }
}

TEST_P(Wills, MayBeEmpty) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will("")});
  client.reset();
  watcher.expect_publish("");
}

TEST_P(Wills, IsNotRetainedUnlessAskedFor) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will("gone", 1, false)});
  client.reset();
  watcher.expect_publish("gone");
  auto late = subscribed({.filter = topic_});
  expect_no_more(watcher, late);
}

TEST_P(Wills, IsRetainedWhenAskedFor) {
  auto watcher = subscribed({.filter = topic_});
  auto client = connected({.will = will("gone", 1, true)});
  client.reset();
  EXPECT_FALSE(watcher.expect_publish("gone").retain);
  auto late = subscribed({.filter = topic_});
  EXPECT_TRUE(late.expect_publish("gone").retain);
}

TEST_F(WillsV5, IsPublishedByDisconnectWithWill) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(0, 0));
  client.disconnect(0x04);
  watching.expect_publish("gone");
}

TEST_F(WillsV5, IsPublishedByDisconnectWithAnError) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(0, 0));
  client.disconnect(0x81);
  watching.expect_publish("gone");
}

TEST_F(WillsV5, WaitsForItsDelay) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(1, 60));
  const auto start = steady_clock::now();
  client.reset();
  watching.expect_publish("gone");
  EXPECT_GE(steady_clock::now() - start, milliseconds(800));
  EXPECT_LE(steady_clock::now() - start, milliseconds(3500));
}

TEST_F(WillsV5, IsNotPublishedWhenTheClientReturnsInTime) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(2, 60, false));
  client.reset();
  auto again = connected(Version::v5, {.client_id = unique(), .clean = false});
  pass_a_second();
  pass_a_second();
  expect_no_more(again, watching);
}

TEST_F(WillsV5, IsPublishedWhenTheSessionEndsBeforeTheDelay) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(300, 1));
  const auto start = steady_clock::now();
  client.reset();
  watching.expect_publish("gone");
  EXPECT_GE(steady_clock::now() - start, milliseconds(800));
}

TEST_F(WillsV5, IsPublishedAtOnceWhenTheSessionEndsWithTheConnection) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(300, 0));
  client.reset();
  watching.expect_publish("gone");
}

TEST_F(WillsV5, IsPublishedWhenACleanStartEndsTheSession) {
  auto watching = watcher();
  auto client = connected(Version::v5, delayed(300, 60));
  client.reset();
  auto fresh = connected(Version::v5, {.client_id = unique(), .clean = true});
  watching.expect_publish("gone");
}

TEST_F(WillsV5, CarriesItsPropertiesInOrder) {
  auto watching = watcher();
  auto connect = delayed(0, 0);
  connect.will->properties = Properties()
                                 .add(Prop::will_delay, 0)
                                 .add(Prop::payload_format, 1)
                                 .add(Prop::message_expiry, 100)
                                 .add(Prop::content_type, "text/plain")
                                 .add(Prop::response_topic, "answers")
                                 .add(Prop::correlation_data, std::string("\0\x01", 2))
                                 .user("z", "1")
                                 .user("a", "2")
                                 .user("z", "1");
  auto client = connected(Version::v5, connect);
  client.reset();
  const auto message = watching.expect_publish("gone");
  const auto& found = message.properties;
  EXPECT_EQ(found.number(Prop::payload_format), 1u);
  EXPECT_LE(found.number(Prop::message_expiry).value_or(1000), 100u);
  EXPECT_EQ(found.text(Prop::content_type), "text/plain");
  EXPECT_EQ(found.text(Prop::response_topic), "answers");
  EXPECT_EQ(found.text(Prop::correlation_data), std::string("\0\x01", 2));
  EXPECT_EQ(found.user_properties(), connect.will->properties.user_properties());
  EXPECT_FALSE(found.has(Prop::will_delay));
}

TEST_F(WillsV5, OfARefusedConnectIsNeverPublished) {
  auto watching = watcher();
  auto connect = delayed(0, 0);
  connect.properties.add(Prop::receive_maximum, 0);
  auto client = open();
  client.send_connect(connect);
  client.expect_refused_or_closed({0x81, 0x82});
  auto other = connected();
  expect_no_more(other, watching);
}

}  // namespace
}  // namespace trellis::testing
