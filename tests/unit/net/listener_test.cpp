// Accepting connections on a port of the system's choice.
#include "net/listener.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trellis/runtime/listening_sockets.hpp>

#include "net/fake_endpoint.hpp"

namespace trellis::kernel {
namespace {

using testing::ConnectionBench;
using testing::Peer;

Address loopback() {
  std::string error;
  return resolve("127.0.0.1:0", error).at(0);
}

Peer dial(const Address& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size), 0);
  return Peer(fd);
}

/// Listens on the bench's first shard until destroyed.
class Listening {
 public:
  explicit Listening(ConnectionBench& bench) : address(loopback()), bench_(bench) {
    std::string error;
    const auto sockets = open_listening_sockets(address, 1, false, error);
    EXPECT_EQ(sockets.size(), 1u) << error;
    bench_.call([&] { listener_ = std::make_unique<Listener>(*bench_.shards[0], sockets.at(0), bench_.endpoints[0]); });
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

TEST(Listener, SocketsOfAllShardsShareOnePort) {
  Address address = loopback();
  std::string error;
  const auto sockets = open_listening_sockets(address, 3, false, error);
  ASSERT_EQ(sockets.size(), 3u) << error;
  for (const int fd : sockets) {
    EXPECT_EQ(local_address(fd).port(), address.port());
    ::close(fd);
  }
}

TEST(Listener, SaysWhenThePortIsTaken) {
  Address address = loopback();
  std::string error;
  const auto first = open_listening_sockets(address, 1, false, error);
  ASSERT_EQ(first.size(), 1u) << error;
  Address same = address;
  EXPECT_TRUE(open_listening_sockets(same, 1, false, error).empty());
  EXPECT_EQ(error, "cannot listen on " + address.text() + ": another process listens there");
  const auto beside = open_listening_sockets(same, 1, true, error);
  EXPECT_EQ(beside.size(), 1u) << error;
  ::close(first[0]);
  for (const int fd : beside) ::close(fd);
}

}  // namespace
}  // namespace trellis::kernel
