// The client's Maximum Packet Size.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using ::testing::IsEmpty;

std::string most(std::uint32_t bytes) { return wire::bytes({0x27}) + wire::u32(bytes); }

TEST(PacketSize, AnAliasKnownForAShortTopicIsLeftOutWhereItCostsTooMuch) {
  constexpr std::size_t limit = 50;
  Broker broker;
  Peer peer = broker.connect({.properties = most(limit) + wire::bytes({0x22, 0, 10})});
  broker.host.deliver("c1", {.topic = "a"});
  EXPECT_TRUE(peer.answer().contains("a"));
  // Header 2, topic 3, no properties 1.
  const std::string fits(limit - 6, 'x');
  broker.host.deliver("c1", {.topic = "a", .payload = fits});
  EXPECT_EQ(peer.answer().body, wire::text("a") + wire::bytes({0}) + fits);
  broker.host.deliver("c1", {.topic = "a"});
  EXPECT_TRUE(peer.answer().body.starts_with(wire::u16(0))) << "the alias still holds";
  broker.host.deliver("c1", {.topic = "a", .payload = fits + "x"});
  EXPECT_THAT(peer.bytes(), IsEmpty());
}

}  // namespace
}  // namespace trellis::mqtt
