// Layers between socket and protocol, with ones that are easy to follow.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/connections/layers.hpp>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::Peer;

/// Adds a number to every byte on the way down and takes it away on the way up; gives up on '!', either way.
struct Shift {
  char by;
  std::uint32_t flags = 0;
  bool refuse = false;
  int open = 0;
  const trellis_layer table = make();

  LayerBinding binding() { return {&table, this}; }

 private:
  struct User {
    Shift& layer;
    trellis_connection* connection;
    const trellis_layer_io* io;
  };
  static std::string shifted(const void* data, std::size_t size, int by) {
    std::string bytes(static_cast<const char*>(data), size);
    for (char& c : bytes) c = static_cast<char>(c + by);
    return bytes;
  }
  trellis_layer make() const {
    trellis_layer made{};
    made.struct_size = sizeof made;
    made.flags = flags;
    made.on_open = [](void* shard, trellis_connection* connection, const trellis_layer_io* io) -> void* {
      auto& self = *static_cast<Shift*>(shard);
      if (self.refuse) return nullptr;
      ++self.open;
      return new User{self, connection, io};
    };
    made.on_input = [](void*, void* user, const void* data, std::size_t size) {
      auto& at = *static_cast<User*>(user);
      const std::string plain = shifted(data, size, -at.layer.by);
      if (plain.find('!') != std::string::npos) return false;
      at.io->up(at.connection, plain.data(), plain.size());
      return true;
    };
    made.on_output = [](void*, void* user, const void* data, std::size_t size) {
      auto& at = *static_cast<User*>(user);
      if (std::string_view(static_cast<const char*>(data), size).find('!') != std::string_view::npos) return false;
      const std::string encoded = shifted(data, size, at.layer.by);
      at.io->down(at.connection, encoded.data(), encoded.size());
      return true;
    };
    made.on_shutdown = [](void*, void* user) {
      auto& at = *static_cast<User*>(user);
      at.io->down(at.connection, "~", 1);
    };
    made.on_close = [](void*, void* user) {
      auto* at = static_cast<User*>(user);
      --at->layer.open;
      delete at;
    };
    return made;
  }
};

void echo(ConnectionBench& bench) {
  bench.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
    connection.write(bytes.data(), bytes.size());
    return bytes.size();
  };
}

TEST(Layers, DecodeUpwardsAndEncodeDownwards) {
  Shift shift{1};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  echo(bench);
  const Peer peer = bench.connect();
  peer.send("bcd");
  EXPECT_EQ(peer.receive(3), "bcd");
  EXPECT_EQ(bench.input(), "abc");
}

TEST(Layers, AreStackedFromTheSocketUp) {
  Shift lower{1};
  Shift upper{10};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {lower.binding(), upper.binding()};
  echo(bench);
  const Peer peer = bench.connect();
  peer.send("lmn");  // 11 above "abc"
  EXPECT_EQ(peer.receive(3), "lmn");
  EXPECT_EQ(bench.input(), "abc");
}

TEST(Layers, ThatGiveUpCloseTheConnection) {
  Shift shift{0};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  const Peer peer = bench.connect();
  peer.send("!");
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_TRUE(bench.until([&] { return shift.open == 0; }));
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(std::uint32_t{TRELLIS_CLOSE_LAYER}));
}

TEST(Layers, ThatGiveUpOnOutputCloseTheConnectionWhetherThePeerReadsOrNot) {
  Shift shift{1};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  bench.endpoints[0]->limits.close_ms = 1;
  const Peer peer = bench.connect();
  const std::string much(8 * 1024 * 1024, 'x');  // more than the socket takes
  bench.call([&] { bench.connection().write(much.data(), much.size()); });
  bench.shards.settle();
  bench.call([&] { bench.connection().write("!", 1); });
  EXPECT_TRUE(bench.until([&] { return shift.open == 0; }));
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(std::uint32_t{TRELLIS_CLOSE_LAYER}));
}

TEST(Layers, SayGoodbyeBelowTheProtocolsLastWords) {
  Shift shift{1};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  const Peer peer = bench.connect();
  bench.call([&] {
    bench.connection().write("a", 1);
    bench.connection().close();
  });
  EXPECT_EQ(peer.receive_all(), "b~");
}

TEST(Layers, ThatRefuseCloseWithoutAProtocol) {
  Shift first{1};
  Shift second{1};
  second.refuse = true;
  ConnectionBench bench;
  bench.endpoints[0]->layers = {first.binding(), second.binding()};
  const Peer peer = bench.connect();
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_EQ(bench.call([&] { return first.open; }), 0) << "what was opened is closed";
  EXPECT_EQ(bench.call([&] { return bench.protocol().closed.size(); }), 0u);
}

TEST(Layers, ThatEncryptMakeTheConnectionSecure) {
  Shift plain{1};
  Shift secure{1, TRELLIS_LAYER_SECURE};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {plain.binding()};
  const Peer first = bench.connect();
  EXPECT_EQ(bench.call([&] { return bench.connection().flags() & TRELLIS_CONNECTION_SECURE; }), 0u);
  bench.call([&] { bench.endpoints[0]->layers.push_back(secure.binding()); });
  const Peer second = bench.connect();
  EXPECT_NE(bench.call([&] { return bench.connection().flags() & TRELLIS_CONNECTION_SECURE; }), 0u);
}

TEST(Layers, AreThereUntilTheyReturnWhenTheConnectionClosesWithinThem) {
  Shift shift{1};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  bench.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
    connection.close_now(TRELLIS_CLOSE_EXPIRED);
    return bytes.size();
  };
  const Peer peer = bench.connect();
  peer.send("bcd");
  EXPECT_EQ(peer.receive_all(), "");
  EXPECT_TRUE(bench.until([&] { return shift.open == 0; }));
  EXPECT_THAT(bench.call([&] { return bench.protocol().closed; }), ElementsAre(std::uint32_t{TRELLIS_CLOSE_EXPIRED}));
}

TEST(Layers, EncodeNothingThatAGateHoldsBack) {
  Shift shift{1};
  ConnectionBench bench;
  bench.endpoints[0]->layers = {shift.binding()};
  const Peer peer = bench.connect();
  OutputGate* gate = nullptr;
  bench.call([&] {
    bench.connection().write("ab", 2);
    gate = &bench.connection().hold_output(1);
    bench.connection().write("cd", 2);
  });
  EXPECT_EQ(peer.receive(2), "bc");
  EXPECT_EQ(bench.call([&] { return bench.connection().unsent(); }), 2u);
  bench.call([&] {
    bench.connection().close();
    bench.connection().open_gate(*gate);
  });
  EXPECT_EQ(peer.receive_all(), "de~");
}

}  // namespace
}  // namespace trellis::connections
