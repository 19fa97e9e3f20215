// The profile event-grid: its values, and what becomes of clients that ask for more.
#include "broker.hpp"
#include "limits.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::seconds;

constexpr std::string_view kEventGrid = R"({"profile": "event-grid"})";

TEST(EventGridProfile, HasTheValuesOfOneThroughputUnit) {
  const auto block = testing::normalise(TransportMqtt::namespace_schema().json(), kEventGrid);
  ASSERT_TRUE(block);
  const auto document = Config::parse(*block);
  ASSERT_TRUE(document);
  const Limits limits = Limits::read(*document);
  EXPECT_EQ(limits.authentication_bytes, 8U * 1024);
  EXPECT_EQ(limits.namespace_sessions, 10'000U);
  EXPECT_EQ(limits.sessions_of_name, 1U);
  EXPECT_EQ(limits.subscriptions, 50U);
  EXPECT_EQ(limits.queue_bytes, 1'000'000U);
  EXPECT_EQ(limits.session_rates, (Rates{1000, 1'000'000, 100, 1'000'000, 5, 1}));
  EXPECT_EQ(limits.namespace_rates, (Rates{1000, 1'000'000, 1000, 1'000'000, 200, 200}));
}

TEST(EventGridProfile, AuthenticationDataHas8KiB) {
  Broker broker(kEventGrid);
  broker.host.on_authenticate(
      [](const testing::Client&) { return testing::AuthOutcome{.verdict = AuthVerdict::allow, .name = "n"}; });
  const auto with = [](const std::string& id, std::size_t bytes) {
    return wire::connect({.id = id,
                          .properties = wire::bytes({0x15}) + wire::text("m") + wire::bytes({0x16}) +
                                        wire::text(std::string(bytes, 'd'))});
  };
  EXPECT_GE(broker.dial().ask(with("a", 8193)).at(1), 0x80U);
  EXPECT_EQ(broker.dial().ask(with("b", 8192)).at(1), 0U);
}

TEST(EventGridProfile, ASessionWithoutEndIsLoweredAndTold) {
  Broker broker(kEventGrid);
  Peer peer = broker.dial();
  const auto connack = peer.ask(wire::connect({.id = "c", .properties = wire::bytes({0x11}) + wire::u32(0xFFFFFFFF)}));
  EXPECT_EQ(connack.at(1), 0U);
  EXPECT_TRUE(connack.contains(wire::bytes({0x11}) + wire::u32(3600)));
  peer.send(wire::disconnect(0));
  broker.host.advance(seconds(3599));
  EXPECT_TRUE(broker.host.subscriber("c").exists);
  broker.host.advance(seconds(2));
  EXPECT_FALSE(broker.host.subscriber("c").exists);
}

TEST(EventGridProfile, BeforeMqtt5ASessionThatIsKeptLastsAsLongAsItMay) {
  Broker broker(kEventGrid);
  Peer peer = broker.connect({.id = "c", .version = 4, .clean = false});
  peer.send(wire::disconnect());
  broker.host.advance(seconds(3599));
  EXPECT_TRUE(broker.host.subscriber("c").exists);
  broker.host.advance(seconds(2));
  EXPECT_FALSE(broker.host.subscriber("c").exists);
}

TEST(EventGridProfile, BeforeMqtt5ALongerKeepAliveIsTheLongestToo) {
  for (const unsigned asked : {0U, 65'535U}) {
    Broker broker(kEventGrid);
    Peer peer = broker.connect({.version = 4, .keep_alive = asked});
    broker.host.advance(seconds(1739));
    EXPECT_TRUE(peer.open()) << asked;
    broker.host.advance(seconds(2));
    EXPECT_FALSE(peer.open()) << asked;
  }
}

}  // namespace
}  // namespace trellis::mqtt
