// Sessions: what they keep, when they end, and who owns them.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class Sessions : public VersionedTest {};
TRELLIS_STANDARD_VERSIONS(Sessions);

class Takeover : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Takeover);

class SessionExpiryV5 : public MqttTest {
 protected:
  Connect expiring(std::optional<std::uint32_t> seconds, bool clean = false) {
    Connect connect{.client_id = unique(), .clean = clean};
    if (seconds) connect.properties.add(Prop::session_expiry, *seconds);
    return connect;
  }
  bool session_present() {
    auto client = open();
    return client.connect(expiring(0)).session_present;
  }
};

TEST_P(Sessions, KeepTheirSubscriptions) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  first.disconnect();
  auto second = open();
  second.connect(keeping(unique()));
  connected().publish({.topic = topic, .payload = "still", .qos = 1});
  second.expect_publish("still");
}

TEST_P(Sessions, SurviveABrokenConnection) {
  auto first = open();
  first.connect(keeping(unique()));
  first.reset();
  auto second = open();
  EXPECT_TRUE(second.connect(keeping(unique())).session_present);
}

TEST_P(Sessions, EndWithTheConnectionWhenAskedSo) {
  const auto topic = unique("/topic");
  auto first = connected({.client_id = unique()});
  first.subscribe({{.filter = topic, .qos = 1}});
  first.disconnect();
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique())).session_present);
  connected().publish({.topic = topic, .payload = "nobody", .qos = 1});
  auto other = connected();
  expect_no_more(other, second);
}

TEST_P(Sessions, AreDiscardedByACleanStart) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  first.disconnect();
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique(), true)).session_present);
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "nobody", .qos = 1});
  expect_no_more(publisher, second);
}

TEST_P(Sessions, AreNotMixedUp) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique("one")));
  first.subscribe({{.filter = topic}});
  first.disconnect();
  auto other = open();
  EXPECT_FALSE(other.connect(keeping(unique("two"))).session_present);
}

TEST_P(Sessions, UnsubscribingIsKeptToo) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  first.unsubscribe({topic});
  first.disconnect();
  auto second = open();
  second.connect(keeping(unique()));
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "nobody", .qos = 1});
  expect_no_more(publisher, second);
}

TEST_P(Takeover, EndsTheOlderConnection) {
  auto first = connected({.client_id = unique()});
  auto second = connected({.client_id = unique()});
  first.expect_disconnect({0x8E});
  second.expect_nothing();
}

TEST_P(Takeover, MayHappenManyTimes) {
  auto holder = connected({.client_id = unique()});
  for (int i = 0; i < 20; ++i) {
    auto next = connected({.client_id = unique()});
    holder.expect_disconnect({0x8E});
    holder = std::move(next);
  }
  holder.expect_nothing();
}

TEST_P(Takeover, CarriesTheSessionOver) {
  if (GetParam() == Version::v31) GTEST_SKIP() << "MQTT 3.1 has no Session Present";
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  connected().publish({.topic = topic, .payload = "unacknowledged", .qos = 1});
  const auto before = first.expect_publish("unacknowledged");
  auto second = open();
  EXPECT_TRUE(second.connect(keeping(unique())).session_present);
  const auto after = second.expect_publish("unacknowledged");
  EXPECT_TRUE(after.dup);
  EXPECT_EQ(after.packet_id, before.packet_id);
}

TEST_P(Takeover, WithACleanStartDropsTheSession) {
  const auto topic = unique("/topic");
  auto first = open();
  first.connect(keeping(unique()));
  first.subscribe({{.filter = topic, .qos = 1}});
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique(), true)).session_present);
  auto publisher = connected();
  publisher.publish({.topic = topic, .payload = "nobody", .qos = 1});
  expect_no_more(publisher, second);
}

TEST_F(SessionExpiryV5, WithoutAnIntervalTheSessionEndsWithTheConnection) {
  auto client = connected(Version::v5, expiring(std::nullopt));
  client.disconnect();
  EXPECT_FALSE(session_present());
}

TEST_F(SessionExpiryV5, IntervalZeroEndsTheSessionWithTheConnection) {
  auto client = connected(Version::v5, expiring(0));
  client.disconnect();
  EXPECT_FALSE(session_present());
}

TEST_F(SessionExpiryV5, SessionLastsForItsInterval) {
  auto client = connected(Version::v5, expiring(100));
  client.disconnect();
  pass_a_second();
  EXPECT_TRUE(session_present());
}

TEST_F(SessionExpiryV5, SessionIsDiscardedOnceItsIntervalHasPassed) {
  // The will with an endless delay is published when the session ends; it tells when to look.
  auto watcher = subscribed(Version::v5, {.filter = unique("/will")});
  auto connect = expiring(1);
  connect.will =
      Will{.topic = unique("/will"), .payload = "ended", .properties = Properties().add(Prop::will_delay, 1000)};
  auto client = connected(Version::v5, connect);
  client.disconnect(0x04);
  watcher.expect_publish("ended");
  EXPECT_FALSE(session_present());
}

TEST_F(SessionExpiryV5, IntervalDoesNotRunWhileConnected) {
  const auto topic = unique("/topic");
  auto client = connected(Version::v5, expiring(1));
  client.subscribe({{.filter = topic, .qos = 1}});
  pass_a_second();
  pass_a_second();
  connected().publish({.topic = topic, .payload = "still", .qos = 1});
  client.expect_publish("still");
}

TEST_F(SessionExpiryV5, DisconnectMayShortenTheInterval) {
  auto client = connected(Version::v5, expiring(100));
  client.disconnect(0, Properties().add(Prop::session_expiry, 0));
  EXPECT_FALSE(session_present());
}

TEST_F(SessionExpiryV5, DisconnectMayLengthenTheInterval) {
  auto client = connected(Version::v5, expiring(1));
  client.disconnect(0, Properties().add(Prop::session_expiry, 100));
  pass_a_second();
  pass_a_second();
  EXPECT_TRUE(session_present());
}

TEST_F(SessionExpiryV5, NextConnectionSetsTheIntervalAnew) {
  auto first = connected(Version::v5, expiring(100));
  first.disconnect();
  auto second = connected(Version::v5, expiring(0));
  second.disconnect();
  EXPECT_FALSE(session_present());
}

TEST_F(SessionExpiryV5, LargestIntervalIsAccepted) {
  auto client = connected(Version::v5, expiring(0xFFFFFFFF));
  client.disconnect();
  EXPECT_TRUE(session_present());
}

TEST_F(SessionExpiryV5, CleanStartWithAnIntervalIsKept) {
  auto client = connected(Version::v5, expiring(100, true));
  client.disconnect();
  EXPECT_TRUE(session_present());
}

TEST_P(Takeover, OfASessionThatEndsWithItsConnectionBeginsANewOne) {
  const auto topic = unique("/topic");
  auto first = connected({.client_id = unique()});
  first.subscribe({{.filter = topic, .qos = 1}});
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique())).session_present);
  connected().publish({.topic = topic, .payload = "for nobody", .qos = 1});
  auto other = connected();
  expect_no_more(other, second);
}

}  // namespace
}  // namespace trellis::testing
