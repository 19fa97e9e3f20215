// Bytes from the protocol to the socket, and what happens when it takes no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using testing::Peer;

struct OutputWatcher final : OutputListener {
  void on_drained() override { ++drained; }
  void on_connection_lost() override { ++lost; }
  int drained = 0;
  int lost = 0;
};

TEST(ConnectionOutput, LeavesAtTheEndOfTheTurn) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().write("hel", 3);
    bench.connection().write("lo", 2);
    EXPECT_EQ(bench.connection().unsent(), 5u);
  });
  EXPECT_EQ(peer.receive(5), "hello");
  EXPECT_EQ(bench.call([&] { return bench.connection().unsent(); }), 0u);
  EXPECT_EQ(bench.read(bench.metrics.bytes_sent), 5);
}

TEST(ConnectionOutput, MayBeWrittenInPlace) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    std::uint8_t* room = bench.connection().reserve(100);
    std::copy_n("place", 5, room);
    bench.connection().commit(5);
    bench.connection().reserve(10);
    bench.connection().commit(0);
  });
  EXPECT_EQ(peer.receive(5), "place");
}

TEST(ConnectionOutput, SharesBytesInOrderWithWhatIsCopied) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  std::atomic<bool> released = false;
  bench.call([&] {
    bench.connection().write("<", 1);
    bench.connection().write_kept("payload", &released, [](const void* owner) {
      *static_cast<std::atomic<bool>*>(const_cast<void*>(owner)) = true;
    });
    bench.connection().write(">", 1);
    EXPECT_FALSE(released);
  });
  EXPECT_EQ(peer.receive(9), "<payload>");
  bench.shards.settle();
  EXPECT_TRUE(released) << "given back once the bytes left";
}

TEST(ConnectionOutput, WaitsForASlowPeerAndLosesNothing) {
  ConnectionBench bench;
  const Peer peer = bench.connect(4096);
  std::string sent;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + std::string(static_cast<std::size_t>(i % 700), '.');
    sent += piece;
    bench.call([&] { bench.connection().write(piece.data(), piece.size()); });
  }
  EXPECT_TRUE(peer.receive(sent.size()) == sent);
}

TEST(ConnectionOutput, TellsCongestionAndItsEnd) {
  ConnectionBench bench;
  OutputWatcher listener;
  bench.endpoints[0]->limits.output_bytes = 10'000;
  const Peer peer = bench.connect(4096);
  bench.call([&] {
    bench.connection().set_output_listener(&listener);
    EXPECT_FALSE(bench.connection().congested());
  });
  const std::string much(200'000, 'x');
  bench.call([&] { bench.connection().write(much.data(), much.size()); });
  EXPECT_TRUE(bench.call([&] { return bench.connection().congested(); }));
  EXPECT_EQ(bench.call([&] { return listener.drained; }), 0);
  EXPECT_EQ(peer.receive(much.size()).size(), much.size());
  EXPECT_TRUE(bench.until([&] { return listener.drained == 1; }));
  EXPECT_FALSE(bench.call([&] { return bench.connection().congested(); }));
  bench.call([&] { bench.connection().close_now(TRELLIS_CLOSE_PROTOCOL); });
  EXPECT_EQ(bench.call([&] { return listener.lost; }), 1);
}

TEST(ConnectionOutput, AboveTwiceTheLimitReadingStops) {
  ConnectionBench bench;
  bench.endpoints[0]->limits.output_bytes = 10'000;
  const Peer peer = bench.connect(4096);
  const std::string much(200'000, 'x');
  bench.call([&] { bench.connection().write(much.data(), much.size()); });
  peer.send("request");
  bench.shards.settle();
  EXPECT_EQ(bench.input(), "");
  EXPECT_EQ(peer.receive(much.size()).size(), much.size());
  EXPECT_TRUE(bench.receives(7)) << "goes on once the peer reads";
}

TEST(ConnectionOutput, EarlyFlushSendsWithinTheTurn) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().write("now", 3);
    bench.connection().flush_early();
    EXPECT_EQ(bench.connection().unsent(), 0u);
  });
  EXPECT_EQ(peer.receive(3), "now");
}

}  // namespace
}  // namespace trellis::connections
