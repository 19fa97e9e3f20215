// What goes there, in which order and bounds.
#include "fixture.hpp"

namespace peer_link {
namespace {

using namespace peer_link::testing;

TEST_F(LinkTest, SendsInOrderOnceThePeerHasGreeted) {
  const auto destination = open();
  const auto watches = deliver(destination, {"a", "b"});
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_EQ(host_.dials().front().host, "peer.example.org");
  EXPECT_EQ(host_.dials().front().timeout, 10s);
  auto made = host_.answer_dial();
  EXPECT_EQ(made.received(), "hello\n");
  EXPECT_EQ(metric("waiting"), 2);
  made.send("welcome\n");
  EXPECT_EQ(made.received(), "1 a\n2 b\n");
  EXPECT_EQ(metric("waiting"), 0);
  EXPECT_EQ(metric("in_flight"), 2);
  made.send("yes 2\nlater 1\n");
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_EQ(watches[0].outcome(), Settled::retry);
  EXPECT_EQ(watches[0].cause(), Cause::busy);
  EXPECT_EQ(watches[0].retry_after(), 5s);
  EXPECT_EQ(metric("in_flight"), 0);
  const auto third = deliver(destination, {"c"}).front();
  EXPECT_EQ(made.received(), "3 c\n") << "the connection stays";
  made.send("no 3\n");
  EXPECT_EQ(third.outcome(), Settled::refused);
  EXPECT_EQ(third.reason(), "the peer says no");
  EXPECT_EQ(metric("deliveries_total", R"(outcome="delivered")"), 1);
  EXPECT_EQ(metric("failures_total", R"(cause="bad_request")"), 1);
}

TEST_F(LinkTest, WhatCannotBeSentIsRefusedAtOnceAndHoldsNothingUp) {
  const auto destination = open();
  const auto watches = deliver(destination, {"a", "unsendable", "wrong", "b"});
  EXPECT_EQ(watches[2].outcome(), Settled::refused);
  auto made = peer();
  EXPECT_EQ(watches[1].outcome(), Settled::refused);
  EXPECT_EQ(watches[1].cause(), Cause::too_large);
  EXPECT_EQ(made.received(), "1 a\n3 b\n");
  made.send("yes 1\nyes 3\n");
  EXPECT_EQ(watches[3].outcome(), Settled::delivered);
}

TEST_F(LinkTest, NoMoreAreInFlightThanTheSettingsAndThePeerSay) {
  const auto destination = open(R"({"in_flight": 2})");
  deliver(destination, {"a", "b", "c", "d"});
  auto made = peer();
  EXPECT_EQ(made.received(), "1 a\n2 b\n");
  made.send("most 1\nyes 1\n");
  EXPECT_EQ(made.received(), "");
  made.send("yes 2\n");
  EXPECT_EQ(made.received(), "3 c\n");
  made.send("most 9\n");
  EXPECT_EQ(made.received(), "4 d\n") << "the peer may allow more than the settings, and does not get it";
}

TEST_F(LinkTest, AnEarlyOneThatIsNotAnsweredKeepsTheWindowFromRunningAway) {
  const auto destination = open(R"({"in_flight": 2})");
  deliver(destination, {"a", "b", "c"});
  auto made = peer();
  made.received();
  made.send("yes 2\n");
  EXPECT_EQ(made.received(), "") << "numbers in use span no more than the window";
}

TEST_F(LinkTest, TooManyThatWaitAreSentBack) {
  const auto destination = open(R"({"waiting": 2})");
  const auto watches = deliver(destination, {"a", "b", "c"});
  EXPECT_EQ(watches[2].outcome(), Settled::later);
  EXPECT_EQ(watches[2].cause(), Cause::busy);
  EXPECT_EQ(watches[2].retry_after(), 1s);
  EXPECT_THAT(watches[2].reason(), HasSubstr("line://peer.example.org:7: too many events wait"));
  EXPECT_EQ(metric("overflows_total"), 1);
}

TEST_F(LinkTest, TooManyBytesThatWaitAreSentBackButOneLargeEventIsNot) {
  const auto destination = open(R"({"waiting_bytes": "64KiB"})");
  const std::string large(100'000, 'x');
  EXPECT_EQ(deliver(destination, {large}).front().outcome(), Settled::waiting);
  EXPECT_EQ(deliver(destination, {"y"}).front().outcome(), Settled::later);
  auto made = peer();
  EXPECT_EQ(made.received().size(), large.size() + 3);
  EXPECT_EQ(deliver(destination, {"y"}).front().outcome(), Settled::waiting);
}

TEST_F(LinkTest, APeerThatDoesNotReadIsNotBuriedInBytes) {
  const auto destination = open();
  deliver(destination, {"a"});
  auto made = peer();
  made.received();
  made.stall();
  const std::string large(600'000, 'x');
  deliver(destination, {large, large, large, large});
  EXPECT_EQ(metric("waiting"), 2);
}

TEST_F(LinkTest, ConsentIsAGreeting) {
  const auto destination = open();
  const auto first = destination.check();
  EXPECT_EQ(first.outcome(), Settled::waiting);
  auto made = peer();
  EXPECT_EQ(first.outcome(), Settled::delivered);
  EXPECT_EQ(destination.check().outcome(), Settled::delivered);
  EXPECT_EQ(made.received(), "");
}

TEST_F(LinkTest, ASilentPeerIsAskedForASignOfLife) {
  const auto destination = open(R"({"keep_alive": "20s", "timeout": "30s"})");
  destination.check();
  auto made = peer();
  host_.advance(19s);
  EXPECT_EQ(made.received(), "");
  host_.advance(2s);
  EXPECT_EQ(made.received(), "ping\n");
  made.send("pong\n");
  host_.advance(25s);
  EXPECT_EQ(made.received(), "ping\n");
  host_.advance(24s);
  EXPECT_TRUE(made.open());
  host_.advance(2s);
  EXPECT_FALSE(made.open()) << "it said nothing for too long";
  EXPECT_EQ(metric("dials_total", R"(result="lost")"), 1);
}

}  // namespace
}  // namespace peer_link
