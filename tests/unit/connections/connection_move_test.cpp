// A connection that continues on another shard.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::Peer;

TEST(ConnectionMove, ReplaysTheBytesOnTheOtherShard) {
  ConnectionBench bench(2);
  bench.protocol().on_bytes = [](Connection& connection, std::string_view, std::size_t&) -> std::size_t {
    connection.move(1);
    return 0;
  };
  std::uint32_t flags = 0;
  bench.protocol(1).on_bytes = [&](Connection& connection, std::string_view bytes, std::size_t&) {
    flags = connection.flags();
    connection.write(bytes.data(), bytes.size());
    return bytes.size();
  };
  const Peer peer = bench.connect();
  peer.send("hello");
  EXPECT_EQ(peer.receive(5), "hello");
  peer.send(" again");
  EXPECT_EQ(peer.receive(6), " again");
  bench.shards.settle();
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(std::uint32_t{TRELLIS_CLOSE_MOVED}));
  EXPECT_NE(flags & TRELLIS_CONNECTION_MOVED, 0u);
  for (std::uint32_t shard = 0; shard < 2; ++shard) {
    EXPECT_EQ(bench.shards[shard].call([&] { return bench.endpoints[shard]->size(); }), shard);
  }
  EXPECT_EQ(bench.read(bench.metrics.open), 1);
  EXPECT_EQ(bench.read(bench.metrics.opened), 1) << "it is the same connection";
  EXPECT_EQ(bench.endpoints[1]->listener->own.open.load(), 1u) << "and has kept its place";
}

TEST(ConnectionMove, ToAListenerThatIsGoneCloses) {
  ConnectionBench bench(2);
  bench.endpoints[0]->other.reset();
  bench.protocol().on_bytes = [](Connection& connection, std::string_view, std::size_t&) -> std::size_t {
    connection.move(1);
    return 0;
  };
  const Peer peer = bench.connect();
  peer.send("hello");
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(std::uint32_t{TRELLIS_CLOSE_SHUTDOWN}));
}

TEST(ConnectionMove, RefusedThereCloses) {
  ConnectionBench bench(2);
  bench.protocol().on_bytes = [](Connection& connection, std::string_view, std::size_t&) -> std::size_t {
    connection.move(1);
    return 0;
  };
  bench.shards[1].call([&] { bench.protocol(1).refuse = true; });
  const Peer peer = bench.connect();
  peer.send("hello");
  EXPECT_EQ(peer.receive_all(), "");
  bench.shards.settle();
  EXPECT_EQ(bench.read(bench.metrics.open), 0);
  EXPECT_EQ(bench.endpoints[1]->listener->own.open.load(), 0u);
  EXPECT_EQ(bench.endpoints[1]->listener->all->open.load(), 0u);
}

}  // namespace
}  // namespace trellis::connections
