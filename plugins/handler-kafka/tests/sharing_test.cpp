// Clients are shared, bounded, and end.
#include <filesystem>
#include <iterator>

#include "fixture.hpp"

namespace kafka {
namespace {

using namespace kafka::testing;

class ClientsOf : public ClusterTest {
 protected:
  bool clients_are(std::int64_t count) {
    return host_.wait([&] { return metric("clients") == count; }, 10s);
  }
};

TEST_F(ClientsOf, DestinationsWithTheSameClusterAndIdentityAreOne) {
  const auto plugin = load();
  cluster_.topic("others");
  std::optional<OpenDestination> first(plugin.open(block(cluster_.servers())));
  std::string other = block(cluster_.servers());
  other.replace(other.find(R"("topic": "orders")"), 17, R"("topic": "others")");
  std::optional<OpenDestination> second(plugin.open(other));
  std::optional<OpenDestination> third(plugin.open(block(cluster_.servers(), R"(, "clientId": "other")")));
  EXPECT_EQ(metric("clients"), 0) << "reading a destination connects to nobody";
  for (const auto* destination : {&*first, &*second}) ASSERT_TRUE(settled(destination->deliver({event()}).front()));
  EXPECT_EQ(metric("clients"), 1);
  EXPECT_EQ(cluster_.read("others", 1).size(), 1u);
  ASSERT_TRUE(settled(third->deliver({event()}).front()));
  EXPECT_EQ(metric("clients"), 2);
  first.reset();
  third.reset();
  EXPECT_TRUE(clients_are(1)) << "one is still needed";
  second.reset();
  EXPECT_TRUE(clients_are(0));
  EXPECT_EQ(metric("under_way"), 0);
  EXPECT_EQ(metric("under_way_bytes"), 0);
}

TEST_F(ClientsOf, ThereAreNoMoreThanThePluginMayHave) {
  const auto plugin = load(R"(, "clients": 1)");
  const auto first = plugin.open(block(cluster_.servers()));
  const auto second = plugin.open(block(cluster_.servers(), R"(, "clientId": "other")"));
  ASSERT_TRUE(settled(first.deliver({event()}).front()));
  const auto watch = second.deliver({event()}).front();
  EXPECT_EQ(watch.outcome(), Settled::later);
  EXPECT_EQ(watch.cause(), Cause::busy);
  EXPECT_EQ(watch.retry_after(), 10s);
}

TEST_F(ClientsOf, WhatIsBeyondTheBoundIsTriedAgainAndNothingOvertakesIt) {
  cluster_.delay(300ms);
  const auto destination = open({}, R"(, "queue_events": 2)");
  const auto watches = destination.deliver({event("1"), event("2"), event("3"), event("4")});
  EXPECT_EQ(watches[2].cause(), Cause::busy);
  EXPECT_EQ(watches[3].cause(), Cause::busy);
  EXPECT_EQ(watches[3].outcome(), Settled::later) << "nothing was sent";
  EXPECT_EQ(watches[3].retry_after(), 1s);
  EXPECT_EQ(metric("under_way"), 2);
  ASSERT_TRUE(settled(watches[0]) && settled(watches[1]));
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_EQ(failures("busy"), 2);
}

TEST_F(ClientsOf, BytesAreBoundedToo) {
  cluster_.delay(300ms);
  const auto destination = open({}, R"(, "queue_bytes": "1MiB")");
  const std::string data = R"(,"data":")" + std::string(700'000, 'x') + "\"";
  const auto watches = destination.deliver({event("1", data), event("2", data)});
  EXPECT_EQ(watches[1].cause(), Cause::busy);
  ASSERT_TRUE(settled(watches[0]));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered) << watches[0].reason();
}

TEST_F(ClientsOf, ADestinationThatIsReleasedHasItsEventsDelivered) {
  cluster_.delay(200ms);
  std::optional<OpenDestination> destination(open());
  const auto watch = destination->deliver({event()}).front();
  destination.reset();
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_TRUE(clients_are(0));
}

TEST_F(ClientsOf, AnInstanceThatWasReplacedHasNoThreadBeyondItsDestinations) {
  const auto threads = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  const auto before = threads();
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block(cluster_.servers())));
  plugin.instance().drain(1s);
  const auto watch = destination->deliver({event()}).front();
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::delivered) << "whoever has it open is served";
  EXPECT_GT(threads(), before);
  destination.reset();
  EXPECT_TRUE(host_.wait([&] { return threads() <= before; }, 10s));
  EXPECT_EQ(plugin.open(block(cluster_.servers())).deliver({event()}).front().outcome(), Settled::later);
}

TEST_F(ClientsOf, AStopWaitsForEventsUnderWay) {
  cluster_.delay(200ms);
  const auto plugin = load();
  const auto destination = plugin.open(block(cluster_.servers()));
  const auto watch = destination.deliver({event()}).front();
  plugin.instance().stop();
  host_.turn();
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(metric("clients"), 0);
}

TEST_F(ClientsOf, AStopDoesNotWaitForEver) {
  cluster_.stop();
  const auto plugin = load(R"(, "flush_timeout": "100ms")");
  const auto destination = plugin.open(block(cluster_.servers()));
  const auto watch = destination.deliver({event()}).front();
  const auto begun = std::chrono::steady_clock::now();
  plugin.instance().stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
  host_.turn();
  // By then it may be known that nobody is there, which is an attempt.
  EXPECT_THAT(watch.outcome(), ::testing::AnyOf(Settled::later, Settled::retry));
  EXPECT_EQ(metric("under_way"), 0);
}

TEST(RetiredClients, TakeNothing) {
  const Settings settings;
  const Metrics metrics;
  const auto target = std::make_shared<Target>();
  Client client({}, settings, metrics, target, -1);
  client.retire(Client::Clock::now());
  Records records;
  records.push_back({.target = target, .settlement = trellis::Settlement({}, nullptr, 0)});
  const auto left = client.offer(records);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->outcome, common::Outcome::later);
  EXPECT_EQ(left->cause, Cause::canceled);
  EXPECT_EQ(left->wait, 1s);
  EXPECT_EQ(records.size(), 1u);
}

}  // namespace
}  // namespace kafka
