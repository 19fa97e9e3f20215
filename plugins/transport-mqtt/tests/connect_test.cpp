#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;

TEST(Connect, Version5IsAnsweredWithTheBrokersLimits) {
  Broker broker;
  Peer peer = broker.dial();
  const auto connack = peer.ask(wire::connect());

  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(0), 0U);
  EXPECT_EQ(connack.at(1), 0U);
  EXPECT_TRUE(connack.contains(wire::bytes({0x21}) + wire::u16(1000)));
  EXPECT_TRUE(connack.contains(wire::bytes({0x27}) + wire::u32(1024 * 1024)));
  EXPECT_TRUE(connack.contains(wire::bytes({0x22}) + wire::u16(100)));
}

TEST(Connect, OlderVersionsGetTwoBytes) {
  Broker broker;
  for (unsigned version : {3U, 4U, 0x83U, 0x84U}) {
    Peer peer = broker.dial();
    peer.send(wire::connect({.version = version}));
    EXPECT_EQ(peer.bytes(), wire::bytes({0x20, 2, 0, 0})) << version;
    EXPECT_TRUE(peer.open());
  }
}

}  // namespace
}  // namespace trellis::mqtt
