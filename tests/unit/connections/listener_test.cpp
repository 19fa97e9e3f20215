// Accepting connections on a port of the system's choice.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trellis/connections/listener.hpp>
#include <trellis/runtime/listening_sockets.hpp>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using testing::Peer;

Peer dial(const Address& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size), 0);
  return Peer(fd);
}

/// Listens on the bench's first shard until destroyed.
class Listening {
 public:
  explicit Listening(ConnectionBench& bench) : bench_(bench) {
    std::string error;
    auto sockets = ListeningSockets::open("127.0.0.1:0", {}, error);
    EXPECT_TRUE(sockets) << error;
    const int fd = sockets->take().at(0).at(0);
    address = local_address(fd);
    bench_.call([&] { listener_ = std::make_unique<Listener>(*bench_.shards[0], fd, bench_.endpoints[0]); });
  }
  ~Listening() {
    bench_.call([this] { listener_.reset(); });
  }
  Address address;

 private:
  ConnectionBench& bench_;
  std::unique_ptr<Listener> listener_;
};

TEST(Listener, AcceptsAndKnowsItsPeers) {
  ConnectionBench bench;
  const Listening listening(bench);
  EXPECT_NE(listening.address.port(), 0);
  const Peer peer = dial(listening.address);
  peer.send("hello");
  EXPECT_TRUE(bench.receives(5));
  bench.call([&] {
    char buffer[PeerAddress::kTextBytes];
    EXPECT_EQ(bench.connection().peer().text(buffer), local_address(peer.fd()).text());
    EXPECT_NE(bench.connection().flags() & TRELLIS_CONNECTION_LOOPBACK, 0u);
  });
}

TEST(Listener, GivesEveryShardItsShare) {
  ConnectionBench bench(2);
  const Listening listening(bench);
  std::vector<Peer> peers;
  for (int i = 0; i < 6; ++i) {
    peers.push_back(dial(listening.address));
    peers.back().send("x");
  }
  for (std::size_t shard = 0; shard < 2; ++shard) {
    EXPECT_TRUE(bench.until([&] { return bench.protocol(shard).input == "xxx"; }, shard)) << shard;
    EXPECT_EQ(bench.endpoints[0]->listener->load.of(static_cast<std::uint32_t>(shard)), 3u);
  }
}

TEST(Listener, LetsNobodyInWhoMayNotComeFromThere) {
  ConnectionBench bench;
  bench.endpoints[0]->admitting = false;
  const Listening listening(bench);
  const Peer peer = dial(listening.address);
  peer.send("x");
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_EQ(bench.input(), "");
  EXPECT_EQ(bench.endpoints[0]->listener->own.open.load(), 0u);
}

TEST(Listener, RefusesAboveItsLimitUntilSomebodyLeaves) {
  ConnectionBench bench;
  bench.endpoints[0]->listener->own.limit = 1;
  const Listening listening(bench);
  Peer first = dial(listening.address);
  first.send("x");
  EXPECT_TRUE(bench.receives(1));
  const Peer second = dial(listening.address);
  EXPECT_EQ(second.receive_all(), "");
  EXPECT_EQ(bench.read(bench.metrics.refused_by_listener), 1);
  first.close();
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
  const Peer third = dial(listening.address);
  third.send("y");
  EXPECT_TRUE(bench.receives(2));
}

TEST(Listener, RefusesAboveTheLimitOfAllUntilSomebodyLeaves) {
  ConnectionBench bench;
  bench.endpoints[0]->listener->all->limit = 1;
  const Listening listening(bench);
  Peer first = dial(listening.address);
  first.send("x");
  EXPECT_TRUE(bench.receives(1));
  EXPECT_EQ(dial(listening.address).receive_all(), "");
  EXPECT_EQ(bench.read(bench.metrics.refused_by_process), 1);
  EXPECT_EQ(bench.endpoints[0]->listener->own.open.load(), 1u) << "the refused one still has a place at its listener";
  first.close();
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
  const Peer third = dial(listening.address);
  third.send("y");
  EXPECT_TRUE(bench.receives(2));
}

}  // namespace
}  // namespace trellis::connections
