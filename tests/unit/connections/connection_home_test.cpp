// Names that connections hold a home for, for as long as they do.
#include <gtest/gtest.h>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using testing::Peer;

std::uint32_t ask(ConnectionBench& bench, std::string_view name) {
  return bench.call([&] { return bench.connection().home(name); });
}

TEST(ConnectionHome, IsWhereTheConnectionIsUntilSomebodyElseHasTheName) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  EXPECT_EQ(ask(bench, "ada"), 0u);
  bench.homes.hold(Homes::key(0, "bob"), 1);
  EXPECT_EQ(ask(bench, "bob"), 1u);
  bench.homes.release(Homes::key(0, "bob"));
  EXPECT_EQ(ask(bench, "bob"), 1u) << "the connection holds it";
}

TEST(ConnectionHome, OneNameIsHeldAtATime) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  for (int i = 0; i < 100; ++i) ask(bench, "name" + std::to_string(i));
  EXPECT_EQ(bench.homes.size(), 1u);
  ask(bench, "name99");
  EXPECT_EQ(bench.homes.size(), 1u);
}

TEST(ConnectionHome, IsLetGoWhenTheConnectionCloses) {
  ConnectionBench bench;
  Peer peer = bench.connect();
  ask(bench, "ada");
  peer.close();
  EXPECT_TRUE(bench.until([&] { return bench.homes.size() == 0; }));
}

TEST(ConnectionHome, GoesAlongToAnotherShard) {
  ConnectionBench bench(2);
  bench.homes.hold(Homes::key(0, "ada"), 1);
  bench.protocol(0).on_bytes = [&](Connection& connection, std::string_view, std::size_t&) {
    connection.move(connection.home("ada"));
    return std::size_t{0};
  };
  Peer peer = bench.connect();
  peer.send("x");
  EXPECT_TRUE(bench.until([&] { return bench.protocol(1).input == "x"; }, 1));
  bench.homes.release(Homes::key(0, "ada"));
  EXPECT_EQ(bench.homes.size(), 1u) << "the connection holds it still";
  EXPECT_EQ(bench.endpoints[0]->listener->load.of(0), 0u);
  EXPECT_EQ(bench.endpoints[0]->listener->load.of(1), 1u);
  peer.close();
  EXPECT_TRUE(bench.until([&] { return bench.homes.size() == 0; }, 1));
  EXPECT_EQ(bench.endpoints[0]->listener->load.of(1), 0u);
}

TEST(ConnectionHome, IsLetGoWhereTheConnectionCannotGoOn) {
  ConnectionBench bench(2);
  bench.homes.hold(Homes::key(0, "ada"), 1);
  bench.protocol(1).refuse = true;
  bench.protocol(0).on_bytes = [&](Connection& connection, std::string_view, std::size_t&) {
    connection.move(connection.home("ada"));
    return std::size_t{0};
  };
  Peer peer = bench.connect();
  peer.send("x");
  EXPECT_EQ(peer.receive_all(), "");
  bench.homes.release(Homes::key(0, "ada"));
  EXPECT_TRUE(bench.until([&] { return bench.homes.size() == 0; }, 1));
}

TEST(ConnectionHome, TwoThatAskAtOnceMeet) {
  ConnectionBench bench(2);
  for (std::size_t i = 0; i < 2; ++i) {
    bench.protocol(i).on_bytes = [&](Connection& connection, std::string_view bytes, std::size_t&) {
      const std::uint32_t home = connection.home("ada");
      if (home == connection.shard().index()) return bytes.size();
      connection.move(home);
      return std::size_t{0};
    };
  }
  Peer one = bench.connect();
  const Peer two = bench.connect();
  one.send("1");
  two.send("2");
  EXPECT_TRUE(bench.receives(2)) << "both came to shard 0, so that is their home";
  EXPECT_EQ(bench.homes.size(), 1u);
}

}  // namespace
}  // namespace trellis::connections
