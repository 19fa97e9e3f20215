// Keep alive, with time moved by hand.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

std::string message(std::size_t payload) { return wire::publish({.topic = "t", .payload = std::string(payload, 'x')}); }

// Sends so many pieces of `bytes`, one in each `pause`; answers how many were sent before the connection ended.
std::size_t trickle(Broker& broker, Peer& peer, std::string_view bytes, std::size_t piece, std::size_t pieces,
                    milliseconds pause) {
  for (std::size_t sent = 0; sent < pieces; ++sent) {
    peer.send(bytes.substr(sent * piece, piece));
    broker.host.advance(pause);
    if (!peer.open()) return sent;
  }
  return pieces;
}

TEST(KeepAlive, BytesOfAPacketThatIsNeverCompleteDoNotKeepAClient) {
  Broker broker;
  Peer peer = broker.connect({.keep_alive = 10});
  // One and a half intervals, and a second for each KiB.
  const std::size_t lasted = trickle(broker, peer, message(5000), 1, 100, seconds(1));
  EXPECT_GE(lasted, 19U);
  EXPECT_LE(lasted, 20U);
  EXPECT_EQ(disconnect_reason(peer.answer()), 0x8D);
}

TEST(KeepAlive, NorDoTheBytesOfAHeader) {
  Broker broker;
  Peer peer = broker.connect({.keep_alive = 4});
  EXPECT_LE(trickle(broker, peer, wire::bytes({0x30, 0x80, 0x80}), 1, 3, seconds(3)), 2U);
  EXPECT_EQ(disconnect_reason(peer.answer()), 0x8D);
}

TEST(KeepAlive, LargePacketsMayTakeLongerThanIt) {
  Broker broker;
  Peer peer = broker.connect({.keep_alive = 1});
  const std::string large = message(200'000);
  const std::size_t pieces = large.size() / 600 + 1;
  EXPECT_EQ(trickle(broker, peer, large, 600, pieces, milliseconds(500)), pieces);
  EXPECT_THAT(broker.host.published(), SizeIs(1));
}

TEST(KeepAlive, EachCompletePacketBeginsAnew) {
  Broker broker;
  Peer peer = broker.connect({.keep_alive = 10});
  const std::string ping = wire::pingreq();
  peer.send(ping.substr(0, 1));
  for (int i = 0; i < 10; ++i) {
    broker.host.advance(seconds(12));
    peer.send(ping.substr(1) + ping.substr(0, 1));
  }
  EXPECT_THAT(peer.answers(), SizeIs(10));
  EXPECT_TRUE(peer.open());
}

TEST(KeepAlive, TimeInWhichAClientIsNotReadDoesNotCount) {
  Broker broker(R"({"publish_bytes_per_second": 1000})");
  Peer peer = broker.connect({.keep_alive = 2});
  const std::string next = message(300);
  peer.send(message(20'000) + next.substr(0, 2));
  ASSERT_TRUE(peer.connection().paused());
  // A byte each second: the network goes on while the broker does not read.
  for (std::size_t i = 2; peer.connection().paused(); ++i) {
    peer.send(next.substr(i, 1));
    broker.host.advance(seconds(1));
    ASSERT_TRUE(peer.open()) << i;
  }
  EXPECT_TRUE(peer.open());
  for (int i = 0; i < 5; ++i) {
    peer.send("x");
    broker.host.advance(seconds(1));
  }
  EXPECT_FALSE(peer.open());
}

}  // namespace
}  // namespace trellis::mqtt
