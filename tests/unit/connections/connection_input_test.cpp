// Bytes from the socket to the protocol: whole, in parts, and when it may not be told.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/runtime/kept_bytes.hpp>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::Peer;

/// A protocol of packets: one digit says how many bytes follow.
std::size_t read_packets(Connection&, std::string_view bytes, std::size_t& wanted) {
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    const auto size = 1 + static_cast<std::size_t>(bytes[consumed] - '0');
    if (bytes.size() - consumed < size) {
      wanted = size;
      break;
    }
    consumed += size;
  }
  return consumed;
}

TEST(ConnectionInput, ReachesTheProtocol) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  peer.send("hello");
  EXPECT_TRUE(bench.receives(5));
  EXPECT_EQ(bench.input(), "hello");
  EXPECT_EQ(bench.read(bench.metrics.bytes_received), 5);
  EXPECT_EQ(bench.read(bench.metrics.open), 1);
}

TEST(ConnectionInput, WhatWasNotConsumedComesAgainWithWhatFollows) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection&, std::string_view bytes, std::size_t&) -> std::size_t {
    return bytes.size() < 4 ? 0 : bytes.size();
  };
  const Peer peer = bench.connect();
  peer.send("ab");
  EXPECT_TRUE(bench.until([&] { return bench.protocol().calls.size() == 1; }));
  peer.send("cd");
  EXPECT_TRUE(bench.receives(4));
  EXPECT_THAT(bench.call([&] { return bench.protocol().calls; }), ElementsAre("ab", "abcd"));
}

TEST(ConnectionInput, IsHeldBackUntilAsMuchAsWantedIsThere) {
  ConnectionBench bench;
  bench.protocol().on_bytes = &read_packets;
  const Peer peer = bench.connect();
  peer.send("3ab");
  EXPECT_TRUE(bench.until([&] { return bench.protocol().calls.size() == 1; }));
  peer.send("c");
  EXPECT_TRUE(bench.receives(4));
  EXPECT_THAT(bench.call([&] { return bench.protocol().calls; }), ElementsAre("3ab", "3abc"));
}

TEST(ConnectionInput, ArrivesWholeHoweverItIsCut) {
  std::string stream;
  for (int i = 0; i < 50; ++i) stream += std::to_string(i % 10) + std::string(static_cast<std::size_t>(i % 10), 'x');
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u}) {
    ConnectionBench bench;
    bench.protocol().on_bytes = &read_packets;
    const Peer peer = bench.connect();
    for (std::size_t at = 0; at < stream.size(); at += piece) peer.send(std::string_view(stream).substr(at, piece));
    EXPECT_TRUE(bench.receives(stream.size())) << piece;
    EXPECT_EQ(bench.input(), stream) << piece;
  }
}

TEST(ConnectionInput, LargePacketsGrowAsTheyArrive) {
  constexpr std::size_t kSize = 3'000'000;
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection&, std::string_view bytes, std::size_t& wanted) -> std::size_t {
    wanted = kSize;
    return bytes.size() < kSize ? 0 : kSize;
  };
  const Peer peer = bench.connect();
  std::string packet(kSize, 'x');
  for (std::size_t i = 0; i < kSize; ++i) packet[i] = static_cast<char>('a' + i % 23);
  peer.send(packet + packet);
  EXPECT_TRUE(bench.receives(2 * kSize));
  EXPECT_TRUE(bench.input() == packet + packet);
  EXPECT_LE(bench.call([&] { return bench.protocol().calls.size(); }), 5u) << "asked only when it was all there";
}

TEST(ConnectionInput, StopsWhilePausedAndGoesOnAfter) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] { bench.connection().pause(true); });
  peer.send("later");
  bench.shards.settle();
  EXPECT_EQ(bench.input(), "");
  bench.call([&] { bench.connection().pause(false); });
  EXPECT_TRUE(bench.receives(5));
}

TEST(ConnectionInput, MayBePausedFromWithinTheCall) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
    connection.pause(true);
    return bytes.size();
  };
  const Peer peer = bench.connect();
  peer.send("first");
  EXPECT_TRUE(bench.receives(5));
  peer.send("second");
  bench.shards.settle();
  EXPECT_EQ(bench.input(), "first");
  bench.call([&] { bench.connection().pause(false); });
  EXPECT_TRUE(bench.receives(11));
}

TEST(ConnectionInput, IsKeptWhileAnAnswerIsAwaited) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) -> std::size_t {
    if (bytes[0] != '?') return bytes.size();
    connection.set_waiting(true);
    return 1;
  };
  const Peer peer = bench.connect();
  peer.send("?rest");
  EXPECT_TRUE(bench.receives(1));
  peer.send(" and more");
  bench.shards.settle();
  EXPECT_EQ(bench.input(), "?");
  EXPECT_TRUE(bench.call([&] { return bench.connection().waiting(); }));
  bench.call([&] { bench.connection().set_waiting(false); });
  EXPECT_TRUE(bench.receives(14));
  EXPECT_EQ(bench.input(), "?rest and more");
}

TEST(ConnectionInput, GoesOnWhenTheAnswerComesWithinTheCall) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection& connection, std::string_view, std::size_t&) -> std::size_t {
    connection.set_waiting(true);
    connection.set_waiting(false);
    return 1;
  };
  const Peer peer = bench.connect();
  peer.send("abc");
  EXPECT_TRUE(bench.receives(3));
  EXPECT_THAT(bench.call([&] { return bench.protocol().calls; }), ElementsAre("abc", "bc", "c"));
}

TEST(ConnectionInput, PublishersWaitWhileMemoryIsShort) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().mark_publisher();
    bench.endpoints[0]->memory_short = true;
  });
  peer.send("waits");
  EXPECT_TRUE(bench.until([&] { return !bench.endpoints[0]->waiting_publishers.empty(); }));
  EXPECT_EQ(bench.input(), "");
  bench.call([&] {
    bench.endpoints[0]->memory_short = false;
    while (Deferred* item = bench.endpoints[0]->waiting_publishers.pop()) item->run_deferred();
  });
  EXPECT_TRUE(bench.receives(5));
  EXPECT_GE(bench.read(bench.metrics.reads_paused), 1);
}

TEST(ConnectionInput, PublishersGetThroughOneReadAfterTheOtherWhileMemoryStaysShort) {
  constexpr std::size_t kPacket = 60'000;
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection&, std::string_view bytes, std::size_t& wanted) -> std::size_t {
    wanted = kPacket;
    return bytes.size() < kPacket ? 0 : kPacket;
  };
  const Peer peer = bench.connect();
  peer.send(std::string(1000, 'x'));
  EXPECT_TRUE(bench.until([&] { return !bench.protocol().calls.empty(); }));
  bench.call([&] {
    bench.connection().set_identity(IdentityPtr(new Identity("ada", "x", nullptr, 0, 0)));
    bench.connection().mark_publisher();
    bench.endpoints[0]->memory_short = true;
  });
  // All at once: there is one event for it, and no read takes it all, since room grows with what is there.
  peer.send(std::string(kPacket - 1000, 'x'));
  EXPECT_TRUE(bench.until([&] {
    DeferredList due;  // as is done every 50 ms
    due.swap(bench.endpoints[0]->waiting_publishers);
    while (Deferred* item = due.pop()) item->run_deferred();
    return bench.protocol().input.size() == kPacket;
  }));
}

TEST(ConnectionInput, ThoseWhoOnlyListenDoNotWaitForMemory) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  bench.call([&] { bench.endpoints[0]->memory_short = true; });
  peer.send("ping");
  EXPECT_TRUE(bench.receives(4));
}

TEST(ConnectionInput, OfTheUnknownIsNotKeptWhileMemoryIsShort) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection&, std::string_view, std::size_t& wanted) -> std::size_t {
    wanted = 100'000;
    return 0;
  };
  const std::int64_t before = kept_bytes();
  const Peer peer = bench.connect();
  peer.send(std::string(3000, 'x'));
  EXPECT_TRUE(bench.until([&] { return kept_bytes() >= before + 3000; })) << "what waits for its rest is counted";
  bench.call([&] { bench.endpoints[0]->memory_short = true; });
  peer.send(std::string(500, 'x'));
  EXPECT_TRUE(bench.until([&] { return kept_bytes() >= before + 3500; })) << "a little is allowed";
  peer.send(std::string(1000, 'x'));
  EXPECT_TRUE(bench.until([&] { return bench.read(bench.metrics.refused_memory) == 1; }));
  EXPECT_TRUE(bench.until([&] { return kept_bytes() == before; }));
}

TEST(ConnectionInput, OfAKnownClientIsKeptAlthoughMemoryIsShort) {
  ConnectionBench bench;
  bench.protocol().on_bytes = [](Connection&, std::string_view bytes, std::size_t& wanted) -> std::size_t {
    wanted = 20'000;
    return bytes.size() < wanted ? 0 : bytes.size();
  };
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().set_identity(IdentityPtr(new Identity("ada", "x", nullptr, 0, 0)));
    bench.endpoints[0]->memory_short = true;
  });
  peer.send(std::string(20'000, 'x'));
  EXPECT_TRUE(bench.receives(20'000));
  EXPECT_EQ(bench.read(bench.metrics.refused_memory), 0);
}

TEST(ConnectionInput, TheRoomAboveHearsWhenTheClientIsIdentifiedAnew) {
  ConnectionBench bench;
  int heard = 0;
  bench.endpoints[0]->on_reidentified = [&](Connection&) { ++heard; };
  const Peer peer = bench.connect();
  const IdentityPtr ada(new Identity("ada", "x", nullptr, 0, 0));
  bench.call([&] {
    bench.connection().set_identity(ada);
    bench.connection().set_identity(ada);
    EXPECT_EQ(heard, 0) << "nobody else than before";
    bench.connection().set_identity(IdentityPtr(new Identity("ada", "x", nullptr, 0, 0)));
    EXPECT_EQ(heard, 1);
  });
}

TEST(ConnectionInput, IdleTimeGrowsWithoutBytes) {
  ConnectionBench bench;
  const Peer peer = bench.connect();
  EXPECT_TRUE(bench.until([&] { return bench.connection().idle_ms() > 20; }));
  peer.send("x");
  EXPECT_TRUE(bench.receives(1));
  EXPECT_TRUE(bench.until([&] { return bench.connection().idle_ms() > 0; }));
}

}  // namespace
}  // namespace trellis::connections
