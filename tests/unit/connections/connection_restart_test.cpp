// Connections that go on in another protocol of their listener.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <trellis/connections/front.hpp>

#include "connections/fake_endpoint.hpp"

namespace trellis::connections {
namespace {

using testing::ConnectionBench;
using ::testing::ElementsAre;
using testing::FakeEndpoint;
using testing::FakeProtocol;
using ::testing::IsEmpty;
using testing::Peer;

/// The bench's protocol, which hands on what begins with "B", among the choices of a listener with another for that.
class Restart : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto begins_with_b = [](void*, const std::uint8_t* data, std::size_t) -> std::uint32_t {
      return data[0] == 'B' ? TRELLIS_RECOGNISED_YES : TRELLIS_RECOGNISED_NO;
    };
    front_->choices = {{nullptr, nullptr, bench_.endpoints[0]}, {begins_with_b, &other_, second_}};
    bench_.endpoints[0]->before = front_;
    bench_.protocol().on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
      connection.write("A", 1);
      const std::size_t from = std::min(bytes.find('B'), bytes.size());
      if (from == bytes.size() || connection.restart(bytes.data() + from, bytes.size() - from)) return bytes.size();
      connection.write("no", 2);
      return bytes.size();
    };
    other_.on_bytes = [](Connection& connection, std::string_view bytes, std::size_t&) {
      connection.write("B", 1);
      return bytes.size();
    };
  }
  void TearDown() override {
    bench_.call([this] { second_->for_each([](Connection& c) { c.close_now(TRELLIS_CLOSE_SHUTDOWN); }); });
  }

  FakeProtocol other_;
  ConnectionBench bench_;
  std::shared_ptr<FakeEndpoint> front_ =
      std::make_shared<FakeEndpoint>(*bench_.shards[0], bench_.metrics, bench_.protocol());
  std::shared_ptr<FakeEndpoint> second_ = std::make_shared<FakeEndpoint>(*bench_.shards[0], bench_.metrics, other_);
};

TEST_F(Restart, GivesTheConnectionToWhoTakesItsBytes) {
  second_->listener = bench_.endpoints[0]->listener;
  const Peer peer = bench_.connect();
  peer.send("aaBbb");
  EXPECT_EQ(peer.receive(2), "AB") << "what was written before leaves first";
  peer.send("more");
  EXPECT_TRUE(bench_.until([this] { return other_.input == "Bbbmore"; }));
  bench_.call([this] {
    EXPECT_THAT(bench_.protocol().closed, ElementsAre(std::uint32_t{TRELLIS_CLOSE_MOVED}));
    EXPECT_EQ(bench_.endpoints[0]->forgotten, 1);
    EXPECT_EQ(bench_.endpoints[0]->size(), 0u);
    EXPECT_EQ(second_->size(), 1u);
  });
}

TEST_F(Restart, IsDeniedWhereNothingElseTakesTheBytes) {
  front_->choices.pop_back();
  const Peer peer = bench_.connect();
  peer.send("Bbb");
  EXPECT_EQ(peer.receive(3), "Ano");
  bench_.call([this] { EXPECT_THAT(bench_.protocol().closed, IsEmpty()); });
}

TEST_F(Restart, IsDeniedWhereThereIsNoChoice) {
  bench_.endpoints[0]->before.reset();
  const Peer peer = bench_.connect();
  peer.send("Bbb");
  EXPECT_EQ(peer.receive(3), "Ano");
}

TEST_F(Restart, LeavesNobodyInWhoMayNotComeThere) {
  second_->listener = bench_.endpoints[0]->listener;
  second_->admitting = false;
  const Peer peer = bench_.connect();
  peer.send("Bbb");
  EXPECT_EQ(peer.receive_all(), "A");
  bench_.call([this] { EXPECT_EQ(other_.input, ""); });
}

}  // namespace
}  // namespace trellis::connections
