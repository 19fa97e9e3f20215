// The end of a connection: by the peer, by the protocol, by the broker.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::OnBytes;
using testing::Peer;

std::vector<std::uint32_t> closed(ConnectionBench& bench) {
  return bench.call([&] { return bench.protocol().closed; });
}

bool closes(ConnectionBench& bench) {
  return bench.until([&] { return !bench.protocol().closed.empty(); });
}

TEST(ConnectionClose, ByThePeerIsToldOnce) {
  ConnectionBench bench;
  Peer peer = bench.connect();
  peer.close();
  EXPECT_TRUE(closes(bench));
  bench.shards.settle();
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_PEER}));
  EXPECT_EQ(bench.call([&] { return bench.endpoints[0]->size(); }), 0u);
  EXPECT_EQ(bench.endpoints[0]->listener->own.open.load(), 0u);
  EXPECT_EQ(bench.call([&] { return bench.endpoints[0]->forgotten; }), 1);
  EXPECT_EQ(bench.read(bench.metrics.open), 0);
}

TEST(ConnectionClose, BytesBeforeThePeersEndAreRead) {
  ConnectionBench bench;
  Peer peer = bench.connect();
  const std::string last(300'000, 'x');
  peer.send(last + "bye");
  peer.close();
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(bench.input().size(), last.size() + 3);
}

// A protocol that answers every read with so many bytes.
OnBytes answers(std::size_t size) {
  return [answer = std::string(size, 'a')](Connection& connection, std::string_view bytes, std::size_t&) {
    connection.write(answer.data(), answer.size());
    return bytes.size();
  };
}

TEST(ConnectionClose, ByAPeerThatStillReadsLeavesItItsAnswer) {
  ConnectionBench bench;
  bench.protocol().on_bytes = answers(6);
  const Peer peer = bench.connect();
  bench.call([&] {  // within one turn: bytes and end are read together
    peer.send("question");
    peer.shut_down_writing();
  });
  EXPECT_EQ(peer.receive_all(), "aaaaaa");
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_PEER}));
  EXPECT_EQ(bench.endpoints[0]->listener->own.open.load(), 0u);
}

TEST(ConnectionClose, ByThePeerIsToldBeforeItHasReadItsAnswer) {
  ConnectionBench bench;
  bench.protocol().on_bytes = answers(500'000);
  const Peer peer = bench.connect(4096);
  peer.send("question");
  peer.shut_down_writing();
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(bench.call([&] { return bench.endpoints[0]->size(); }), 1u);
  EXPECT_GE(bench.call([&] { return bench.endpoints[0]->forgotten; }), 1);
  EXPECT_EQ(peer.receive_all().size(), 500'000u);
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_PEER}));
}

TEST(ConnectionClose, ByThePeerWaitsForItToReadNoLongerThanOtherClosing) {
  ConnectionBench bench;
  bench.endpoints[0]->limits.close_ms = 50;
  bench.protocol().on_bytes = answers(500'000);
  const Peer peer = bench.connect(4096);
  peer.send("question");
  peer.shut_down_writing();
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_PEER}));
}

TEST(ConnectionClose, ByAPeerThatAlsoStopsReadingIsAtOnce) {
  ConnectionBench bench;
  bench.endpoints[0]->limits.close_ms = 3'600'000;
  bench.protocol().on_bytes = answers(500'000);
  Peer peer = bench.connect(4096);
  peer.send("question");
  peer.shut_down_writing();
  EXPECT_TRUE(closes(bench));
  peer.close();
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
}

TEST(ConnectionClose, SendsLastWordsAndWaitsForThePeer) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().write("goodbye", 7);
    bench.connection().close();
    EXPECT_TRUE(bench.connection().closing());
  });
  EXPECT_EQ(peer.receive_all(), "goodbye");
  EXPECT_TRUE(closes(bench));
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_PROTOCOL}));
}

TEST(ConnectionClose, LastWordsSurviveAPeerThatIsStillSending) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
    connection.write("refused", 7);
    connection.close();
    return bytes.size();
  };
  const Peer peer = bench.connect();
  peer.send(std::string(100'000, 'x'));
  EXPECT_EQ(peer.receive_all(), "refused");
}

TEST(ConnectionClose, TellsTheProtocolNothingMore) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().write("x", 1);
    bench.connection().set_timer(1);
    bench.connection().close();
    bench.connection().set_timer(1);
  });
  peer.send("ignored");
  EXPECT_EQ(peer.receive_all(), "x");
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(bench.input(), "");
  EXPECT_EQ(bench.call([&] { return bench.protocol().timers; }), 0);
}

TEST(ConnectionClose, DoesNotWaitForEverForAPeerThatDoesNotRead) {
  ConnectionBench bench;
  bench.endpoints[0]->limits.close_ms = 50;
  const Peer peer = bench.connect(4096);
  const std::string much(500'000, 'x');
  bench.call([&] {
    bench.connection().write(much.data(), much.size());
    bench.connection().close();
  });
  EXPECT_TRUE(closes(bench));
  EXPECT_LT(peer.receive_all().size(), much.size());
}

TEST(ConnectionClose, DoesNotWaitForAPeerThatVanished) {
  ConnectionBench bench;
  bench.endpoints[0]->limits.close_ms = 3'600'000;
  Peer peer = bench.connect(4096);
  peer.send("x");
  EXPECT_TRUE(bench.receives(1));
  const std::string words(1'000'000, 'w');
  bench.call([&] {
    bench.connection().write(words.data(), words.size());
    bench.connection().close();
  });
  bench.shards.settle();
  EXPECT_EQ(bench.call([&] { return bench.endpoints[0]->size(); }), 1u);
  peer.close();
  EXPECT_TRUE(bench.until([&] { return bench.endpoints[0]->size() == 0; }));
}

TEST(ConnectionClose, RefusedByTheProtocolIsNotTold) {
  ConnectionBench bench;
  bench.protocol().refuse = true;
  const Peer peer = bench.connect();
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_TRUE(closed(bench).empty());
  EXPECT_EQ(bench.read(bench.metrics.open), 0);
  EXPECT_EQ(bench.endpoints[0]->listener->own.open.load(), 0u);
}

TEST(ConnectionClose, FromWithinTheProtocolsCall) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection& connection, std::string_view, std::size_t&) -> std::size_t {
    connection.close();
    return 1;  // the rest is of no interest
  };
  const Peer peer = bench.connect();
  peer.send("abc");
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(bench.call([&] { return bench.protocol().calls.size(); }), 1u);
}

TEST(ConnectionClose, ForAReason) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] { bench.connection().close_now(TRELLIS_CLOSE_EXPIRED); });
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_EXPIRED}));
}

TEST(ConnectionClose, DrainingLetsTheProtocolSayGoodbye) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] { bench.connection().drain(TRELLIS_CLOSE_SHUTDOWN); });
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(bench.call([&] { return bench.protocol().drains; }), 1);
  EXPECT_THAT(closed(bench), ElementsAre(std::uint32_t{TRELLIS_CLOSE_SHUTDOWN}));
}

TEST(ConnectionTimer, FiresOnceAndMayBeSetAgainOrCancelled) {
  ConnectionBench bench;
  bench.protocol().on_timer = [&bench](Connection& connection) {
    if (bench.protocol().timers < 3) connection.set_timer(1);
  };
  const Peer peer = bench.connect();
  bench.call([&] { bench.connection().set_timer(1); });
  EXPECT_TRUE(bench.until([&] { return bench.protocol().timers == 3; }));
  bench.call([&] {
    bench.connection().set_timer(3'600'000);
    bench.connection().set_timer(0);
  });
  EXPECT_EQ(bench.call([&] { return bench.protocol().timers; }), 3);
}

TEST(Connection, HasANumberOfItsOwnAndNoAddressOnASocketPair) {
  ConnectionBench bench;
  const Peer first = bench.connect();
  const std::uint64_t id = bench.call([&] { return bench.connection().id(); });
  const Peer second = bench.connect();
  bench.call([&] {
    EXPECT_NE(bench.connection().id(), id);
    char buffer[PeerAddress::kTextBytes];
    EXPECT_EQ(bench.connection().peer().text(buffer), "unknown");
    EXPECT_EQ(bench.endpoints[0]->size(), 2u);
  });
}

// What came in two reads is kept by the kernel; it must stay until the protocol has returned.
TEST(ConnectionClose, LeavesTheProtocolTheBytesItIsReading) {
  ConnectionBench bench;
  std::string seen_after;
  bench.protocol().on_bytes = [&](Connection& connection, std::string_view bytes, std::size_t& wanted) {
    if (bytes.size() < 10) {
      wanted = 10;
      return std::size_t{0};
    }
    connection.close();
    seen_after = std::string(bytes);
    return bytes.size();
  };
  Peer peer = bench.connect();
  peer.send("01234");
  EXPECT_TRUE(bench.until([&] { return bench.protocol().calls.size() == 1; }));
  peer.send("56789");
  EXPECT_EQ(peer.receive_all(), "");
  peer.close();
  EXPECT_TRUE(closes(bench));
  EXPECT_EQ(seen_after, "0123456789");
}

}  // namespace
}  // namespace trellis::connections
