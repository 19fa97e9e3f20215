// What becomes of events when the connection does not come about, breaks, or is given up.
#include "fixture.hpp"

namespace peer_link {
namespace {

using namespace peer_link::testing;

class LinkEnds : public LinkTest {
 protected:
  void expect_retry(const DeliveryWatch& watch, Cause cause, const std::string& reason) {
    EXPECT_EQ(watch.outcome(), Settled::retry);
    EXPECT_EQ(watch.cause(), cause);
    EXPECT_THAT(watch.reason(), HasSubstr(reason));
  }
  void expect_later(const DeliveryWatch& watch, Cause cause, const std::string& reason,
                    std::chrono::milliseconds wait = 1s) {
    EXPECT_EQ(watch.outcome(), Settled::later);
    EXPECT_EQ(watch.cause(), cause);
    EXPECT_THAT(watch.reason(), HasSubstr(reason));
    EXPECT_EQ(watch.retry_after(), wait);
  }
};

TEST_F(LinkEnds, WhatIsInFlightFailsAndWhatWaitsGoesOnTheNextConnection) {
  const auto destination = open(R"({"in_flight": 1})");
  const auto watches = deliver(destination, {"a", "b"});
  auto made = peer();
  EXPECT_EQ(made.received(), "1 a\n");
  made.disconnect();
  expect_retry(watches[0], Cause::socket, "line://peer.example.org:7: the connection ended");
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
  EXPECT_THAT(host_.dials(), IsEmpty()) << "not at once";
  host_.advance(100ms);
  auto again = peer();
  EXPECT_EQ(again.received(), "2 b\n");
  again.send("yes 2\n");
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_EQ(metric("dials_total", R"(result="opened")"), 2);
  EXPECT_EQ(metric("dials_total", R"(result="lost")"), 1);
  EXPECT_EQ(metric("connections"), 1);
}

TEST_F(LinkEnds, WaitsBetweenAttemptsGrowAndAreBounded) {
  const auto destination = open(R"({"backoff_max": "1s", "timeout": "10m"})");
  const auto watch = deliver(destination, {"a"}).front();
  for (const auto most : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    ASSERT_EQ(host_.dials().size(), 1u);
    host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
    host_.advance(most / 2 - 1ms);
    EXPECT_THAT(host_.dials(), IsEmpty()) << most.count();
    host_.advance(most / 2 + 2ms);
  }
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  EXPECT_EQ(metric("dials_total", R"(result="failed")"), 6);
  peer().send("yes 1\n");
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(LinkEnds, WhoWaitsInVainIsToldWhy) {
  const auto destination = open(R"({"timeout": "2s"})");
  const auto watch = deliver(destination, {"a"}).front();
  host_.fail_dial(TRELLIS_DIAL_NAME, "there is no such name");
  host_.advance(1900ms);
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  host_.advance(200ms);
  expect_retry(watch, Cause::resolution, "cannot connect: there is no such name");
  EXPECT_EQ(metric("waiting"), 0);
}

TEST_F(LinkEnds, NobodyWaitsForWhatDoesNotPass) {
  const auto destination = open();
  const auto forbidden = deliver(destination, {"a"}).front();
  const auto check = destination.check();
  host_.fail_dial(TRELLIS_DIAL_FORBIDDEN, "the address may not be dialled");
  expect_retry(forbidden, Cause::forbidden, "may not be dialled");
  EXPECT_EQ(forbidden.retry_after(), 10s);
  expect_retry(check, Cause::forbidden, "may not be dialled");
  const auto denied = deliver(destination, {"b"}).front();
  host_.advance(100ms);
  auto made = host_.answer_dial();
  made.send("denied\n");
  expect_retry(denied, Cause::unauthorized, "another password");
  EXPECT_FALSE(made.open());
}

TEST_F(LinkEnds, NoAnswerInTimeEndsTheConnection) {
  const auto destination = open(R"({"timeout": "5s", "in_flight": 1})");
  const auto watches = deliver(destination, {"a", "b"});
  auto made = peer();
  host_.advance(4s);
  EXPECT_EQ(watches[0].outcome(), Settled::waiting);
  host_.advance(1100ms);
  expect_retry(watches[0], Cause::timed_out, "no answer within 5000 ms");
  EXPECT_FALSE(made.open());
}

TEST_F(LinkEnds, NoGreetingInTimeEndsTheConnection) {
  const auto destination = open(R"({"timeout": "5s"})");
  const auto check = destination.check();
  auto made = host_.answer_dial();
  host_.advance(5100ms);
  expect_retry(check, Cause::timed_out, "no greeting within 5000 ms");
  EXPECT_FALSE(made.open());
}

TEST_F(LinkEnds, AnAnswerThatIsNoneEndsTheConnection) {
  const auto destination = open();
  const auto watch = deliver(destination, {"a"}).front();
  auto made = peer();
  made.send("yes 7\nyes 1\n");
  expect_retry(watch, Cause::aborted, "found \"yes 7\", expected an answer");
  EXPECT_FALSE(made.open());
}

TEST_F(LinkEnds, APeerMayEndWhatNobodyUses) {
  const auto destination = open();
  deliver(destination, {"a"});
  auto made = peer();
  made.send("yes 1\n");
  made.disconnect();
  host_.advance(1h);
  EXPECT_THAT(host_.dials(), IsEmpty());
  EXPECT_EQ(metric("connections"), 0);
  EXPECT_EQ(metric("dials_total", R"(result="failed")"), 0);
  deliver(destination, {"b"});
  EXPECT_EQ(peer().received(), "2 b\n");
}

TEST_F(LinkEnds, ADestinationThatIsReleasedSettlesEverything) {
  std::vector<DeliveryWatch> watches;
  std::optional<ProtocolConnection> made;
  {
    const auto destination = open(R"({"in_flight": 1})");
    watches = deliver(destination, {"a", "b"});
    made = peer();
    made->received();
  }
  host_.turn();
  expect_retry(watches[0], Cause::canceled, "given up");
  expect_later(watches[1], Cause::canceled, "given up");
  EXPECT_EQ(made->received(), "bye\n");
  EXPECT_FALSE(made->open());
  EXPECT_EQ(metric("in_flight") + metric("waiting") + metric("connections"), 0);
}

TEST_F(LinkEnds, WhatIsReleasedWhileItDialsIsDialledNoMore) {
  std::vector<DeliveryWatch> watches;
  {
    const auto destination = open();
    watches = deliver(destination, {"a"});
  }
  host_.turn();
  expect_later(watches[0], Cause::canceled, "given up");
  EXPECT_THAT(host_.dials(), IsEmpty());
}

TEST_F(LinkEnds, AStopOfTheBrokerIsSaid) {
  const auto destination = open(R"({"in_flight": 1})");
  const auto watches = deliver(destination, {"a", "b"});
  auto made = peer();
  made.end(TRELLIS_CLOSE_SHUTDOWN);
  expect_retry(watches[0], Cause::canceled, "the handler stops");
  expect_later(watches[1], Cause::canceled, "the handler stops");
  expect_later(deliver(destination, {"c"}).front(), Cause::canceled, "the handler stops");
  EXPECT_EQ(metric("deliveries_total", R"(outcome="later")"), 2);
  EXPECT_THAT(host_.dials(), IsEmpty());
}

TEST_F(LinkEnds, AStopWhileItDialsIsNoAttempt) {
  const auto destination = open();
  const auto watch = deliver(destination, {"a"}).front();
  host_.fail_dial(TRELLIS_DIAL_STOPPED, "the broker stops");
  expect_later(watch, Cause::canceled, "the handler stops");
}

TEST_F(LinkEnds, WhatThisSideDoesNotDialIsNoAttempt) {
  const auto destination = open(R"({"timeout": "2s"})");
  const auto impossible = deliver(destination, {"a"}).front();
  host_.fail_dial(TRELLIS_DIAL_SETTINGS, "there is no such layer");
  expect_later(impossible, Cause::other, "there is no such layer", 10s);
  const auto full = deliver(destination, {"b"}).front();
  host_.advance(100ms);
  host_.fail_dial(TRELLIS_DIAL_LIMIT, "as many are open as may be");
  EXPECT_EQ(full.outcome(), Settled::waiting) << "it passes soon";
  host_.advance(2s);
  expect_later(full, Cause::busy, "as many are open as may be");
}

TEST_F(LinkEnds, OneBadSpellIsOneLineInTheLog) {
  const auto destination = open();
  deliver(destination, {"a"});
  for (int i = 0; i < 3; ++i) {
    host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
    host_.advance(2s);
  }
  peer();
  std::vector<std::string> said;
  for (const auto& line : host_.logs()) said.push_back(line.text);
  EXPECT_THAT(said,
              ::testing::ElementsAre("the peer of a handler cannot be used", "the peer of a handler is there again"));
}

}  // namespace
}  // namespace peer_link
