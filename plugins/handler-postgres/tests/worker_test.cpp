// The thread of a destination: when it connects, and what becomes of events where it cannot.
#include "fixture.hpp"

namespace postgres {
namespace {

using namespace postgres::testing;

class WorkerTest : public ::testing::Test {
 protected:
  /// The thread is another one: the host's turns go on until it has done that, or for long enough.
  bool reached(const std::function<bool()>& condition) {
    for (const auto until = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < until;) {
      host_.turn();
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  bool settled(const DeliveryWatch& watch) {
    return reached([&] { return watch.outcome() != Settled::waiting; });
  }
  bool dialled() {
    return reached([&] { return !host_.dials().empty(); });
  }

  TestHost host_;
};

TEST_F(WorkerTest, TheKernelIsAskedWhetherTheAddressMayBeConnectedTo) {
  const auto destination = host_.load<PostgresHandler>().open(block(R"(, "port": 5)"));
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  EXPECT_EQ(host_.dials().front().host, "127.0.0.1");
  EXPECT_EQ(host_.dials().front().port, 5u);
  EXPECT_FALSE(host_.dials().front().secure);
  host_.fail_dial(TRELLIS_DIAL_FORBIDDEN, "the address may not be dialled");
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::forbidden);
  EXPECT_EQ(watch.retry_after(), 10s);
  EXPECT_THAT(watch.reason(), HasSubstr("postgres://127.0.0.1:5: cannot connect: the address may not be dialled"));
  EXPECT_EQ(host_.metric("trellis_handler_postgres_failures_total", R"(cause="forbidden")"), 1);
}

TEST_F(WorkerTest, WhatPassesIsWaitedFor) {
  const auto destination = host_.load<PostgresHandler>(R"({"timeout": "300ms"})").open(block());
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  ASSERT_TRUE(dialled()) << "it is tried again";
  ASSERT_TRUE(reached([&] {
    if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
    return watch.outcome() != Settled::waiting;
  }));
  EXPECT_EQ(watch.cause(), Cause::socket);
  EXPECT_EQ(host_.metric("trellis_handler_postgres_waiting"), 0);
}

TEST_F(WorkerTest, AQuestionIsAnsweredByTheFirstAttempt) {
  const auto destination = host_.load<PostgresHandler>().open(block());
  const auto consent = destination.check();
  ASSERT_TRUE(dialled());
  host_.fail_dial(TRELLIS_DIAL_NAME, "there is no such name");
  ASSERT_TRUE(settled(consent));
  EXPECT_EQ(consent.outcome(), Settled::retry);
  EXPECT_EQ(consent.cause(), Cause::resolution);
}

TEST_F(WorkerTest, ADestinationThatIsReleasedSettlesEverything) {
  std::vector<DeliveryWatch> watches;
  {
    const auto destination = host_.load<PostgresHandler>().open(block());
    watches = destination.deliver({event("a"), event("b")});
    ASSERT_TRUE(dialled());
  }
  for (const auto& watch : watches) {
    ASSERT_TRUE(settled(watch));
    EXPECT_EQ(watch.outcome(), Settled::retry);
    EXPECT_EQ(watch.cause(), Cause::canceled);
  }
}

TEST_F(WorkerTest, TooManyThatWaitAreSentBack) {
  const auto destination = host_.load<PostgresHandler>(R"({"waiting": 1})").open(block());
  const auto watches = destination.deliver({event("a"), event("b")});
  ASSERT_TRUE(settled(watches[1]));
  EXPECT_EQ(watches[1].cause(), Cause::busy);
  EXPECT_EQ(host_.metric("trellis_handler_postgres_overflows_total"), 1);
}

}  // namespace
}  // namespace postgres
