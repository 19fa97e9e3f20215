// Output that waits for something else, and what does not wait with it.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <trellis/connections/output_gate.hpp>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using testing::Peer;

struct Gates : ::testing::Test {
  ConnectionBench bench;
  Peer peer = bench.connect();
  OutputGates gates;  // touched on the shard only

  void write(std::string_view text) { bench.connection().write(text.data(), text.size()); }
  OutputGate& hold() {
    OutputGate& gate = bench.connection().hold_output(1);
    gates.push_back(gate);
    return gate;
  }
  static void open(OutputGate& gate) { gate.connection().open_gate(gate); }
  std::size_t unsent() {
    return bench.call([&] { return bench.connection().unsent(); });
  }
};

TEST_F(Gates, LetThroughWhatWasWrittenBeforeThem) {
  OutputGate* gate = nullptr;
  bench.call([&] {
    write("before ");
    gate = &hold();
    write("after");
  });
  EXPECT_EQ(peer.receive(7), "before ");
  EXPECT_EQ(unsent(), 5u);
  bench.call([&] { open(*gate); });
  EXPECT_EQ(peer.receive(5), "after");
  EXPECT_TRUE(bench.call([&] { return gates.empty() && bench.connection().last_gate() == nullptr; }));
}

TEST_F(Gates, OpenInAnyOrderAndKeepTheirs) {
  OutputGate* first = nullptr;
  OutputGate* second = nullptr;
  bench.call([&] {
    first = &hold();
    write("1");
    second = &hold();
    write("2");
  });
  bench.call([&] { open(*second); });
  EXPECT_EQ(unsent(), 2u) << "what comes behind a closed gate waits, whatever is open behind it";
  bench.call([&] {
    open(*first);
    write("3");
  });
  EXPECT_EQ(peer.receive(3), "123");
}

TEST_F(Gates, OpenOneByOne) {
  OutputGate* first = nullptr;
  OutputGate* second = nullptr;
  bench.call([&] {
    first = &hold();
    write("first");
    second = &hold();
    write("second");
    open(*first);
  });
  EXPECT_EQ(peer.receive(5), "first");
  EXPECT_EQ(unsent(), 6u);
  bench.call([&] { open(*second); });
  EXPECT_EQ(peer.receive(6), "second");
}

TEST_F(Gates, HoldMoreThanWouldLeaveEarly) {
  const std::string large(300'000, 'x');
  OutputGate* gate = nullptr;
  bench.call([&] {
    gate = &hold();
    write(large);
    bench.connection().flush_early();
    EXPECT_EQ(bench.connection().unsent(), large.size());
    EXPECT_TRUE(bench.connection().congested()) << "what waits counts as not sent";
    open(*gate);
  });
  EXPECT_EQ(peer.receive(large.size()), large);
}

TEST_F(Gates, AConnectionThatClosesWaitsForThem) {
  OutputGate* gate = nullptr;
  bench.call([&] {
    gate = &hold();
    write("last words");
    bench.connection().close();
  });
  bench.call([&] { open(*gate); });
  EXPECT_EQ(peer.receive_all(), "last words");
}

TEST_F(Gates, SlowWhoAsksForMoreThanIsAnswered) {
  constexpr std::size_t kMuch = 4 * 1024 * 1024;
  OutputGate* gate = nullptr;
  bench.call([&] { gate = &hold(); });
  std::thread sender([&] { peer.send(std::string(kMuch, 'x')); });
  ASSERT_TRUE(bench.until([&] { return bench.read(bench.metrics.reads_held) > 0; }));
  const std::size_t read = bench.input().size();
  EXPECT_GT(read, 256u * 1024);
  EXPECT_LE(read, 256u * 1024 + 4 * Shard::kReadBytes);
  bench.call([&] { open(*gate); });
  EXPECT_TRUE(bench.receives(kMuch));
  sender.join();
}

TEST_F(Gates, GoWithTheirConnection) {
  bench.call([&] {
    hold();
    hold();
    write("never");
    bench.connection().close_now(TRELLIS_CLOSE_PROTOCOL);
    EXPECT_TRUE(gates.empty());
  });
  EXPECT_EQ(peer.receive_all(), "");
}

}  // namespace
}  // namespace trellis::connections
