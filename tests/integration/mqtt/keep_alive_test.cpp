// Keep Alive: silent clients are given up, others are not.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class KeepAlive : public VersionedTest {};
TRELLIS_ALL_VERSIONS(KeepAlive);

class KeepAliveV5 : public MqttTest {};

TEST_P(KeepAlive, SilentClientIsGivenUpAfterOneAndAHalfIntervals) {
  auto client = connected({.keep_alive = 1});
  const auto start = steady_clock::now();
  client.expect_disconnect({0x8D});
  const auto passed = steady_clock::now() - start;
  EXPECT_GE(passed, milliseconds(1000));
  EXPECT_LE(passed, milliseconds(4000));
}

TEST_P(KeepAlive, GivingUpPublishesTheWill) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = connected({.keep_alive = 1, .will = Will{.topic = topic, .payload = "silent"}});
  watcher.expect_publish("silent");
  client.expect_closed();
}

TEST_P(KeepAlive, PacketsOfAnyKindKeepTheConnection) {
  auto client = connected({.keep_alive = 2});
  const auto start = steady_clock::now();
  for (int i = 0; steady_clock::now() - start < milliseconds(3600); ++i) {
    pass_a_second();
    if (i % 2 == 0)
      client.expect_nothing();
    else
      client.publish({.topic = unique(), .qos = 1});
  }
  client.expect_nothing();
}

TEST_P(KeepAlive, BytesOfAPacketThatIsNeverCompleteDoNotCount) {
  const auto topic = unique();
  auto watcher = subscribed({.filter = topic});
  auto client = connected({.keep_alive = 1, .will = Will{.topic = topic, .payload = "given up"}});
  const auto bytes = Publish{.topic = topic, .payload = std::string(100, 'x')}.encode(GetParam());
  for (std::size_t sent = 0;; ++sent) {
    ASSERT_LT(sent, 6u) << "a byte each second is enough";
    client.send(bytes.substr(sent, 1));
    pass_a_second();
    watcher.send_ping();
    const auto packet = watcher.receive();
    ASSERT_TRUE(packet.has_value());
    if (packet->type == PacketType::publish) break;
  }
}

TEST_P(KeepAlive, MessagesToTheClientDoNotCount) {
  const auto topic = unique();
  auto client = connected({.keep_alive = 1});
  client.subscribe({{.filter = topic}});
  auto publisher = connected();
  const auto start = steady_clock::now();
  for (;;) {
    pass_a_second();
    publisher.publish({.topic = topic, .payload = "chatter"});
    const auto packet = client.receive();
    if (!packet || packet->type == PacketType::disconnect) break;
    ASSERT_LT(steady_clock::now() - start, milliseconds(6000));
  }
}

TEST_P(KeepAlive, ZeroMeansNoLimit) {
  auto client = connected({.keep_alive = 0});
  pass_a_second();
  pass_a_second();
  client.expect_nothing();
}

TEST_P(KeepAlive, PingIsAnswered) {
  auto client = connected();
  for (int i = 0; i < 10; ++i) client.send_ping();
  for (int i = 0; i < 10; ++i) client.expect(PacketType::pingresp);
}

TEST_F(KeepAliveV5, ServerKeepAliveReplacesALongerWish) {
  // Mosquitto takes no cap under 10 s; the enforcement is then beyond the patience of a test.
  const std::uint32_t cap = broker_kind() == BrokerKind::trellis ? 1 : 10;
  Broker capped({.max_keep_alive_s = cap});
  RawClient client(capped.port());
  EXPECT_EQ(client.connect({.client_id = "long", .keep_alive = 600}).properties.number(Prop::server_keep_alive), cap);
  RawClient endless(capped.port());
  EXPECT_EQ(endless.connect({.client_id = "endless", .keep_alive = 0}).properties.number(Prop::server_keep_alive), cap);
  if (broker_kind() == BrokerKind::trellis) client.expect_disconnect({0x8D});
}

TEST_F(KeepAliveV5, ServerKeepAliveLeavesAShorterWishAlone) {
  Broker capped({.max_keep_alive_s = 100});
  RawClient client(capped.port());
  EXPECT_FALSE(client.connect({.client_id = "short", .keep_alive = 50}).properties.has(Prop::server_keep_alive));
}

}  // namespace
}  // namespace trellis::testing
