// What verdicts say to whoever has events delivered.
#include "common/verdict/verdict.hpp"

#include <trellis/abi/dial.h>

#include "fixture.hpp"

namespace common {
namespace {

using namespace common::testing;

TEST(Verdicts, SettleAsTheySay) {
  TestHost host;
  const auto destination = host.load<SayingHandler>().open();
  EXPECT_EQ(destination.deliver("t", "delivered").outcome(), Settled::delivered);
  const auto retry = destination.deliver("t", "retry");
  EXPECT_EQ(retry.outcome(), Settled::retry);
  EXPECT_EQ(retry.cause(), Cause::busy);
  EXPECT_EQ(retry.code(), 503u);
  EXPECT_EQ(retry.retry_after(), 5s);
  EXPECT_EQ(retry.reason(), "the peer is busy");
  const auto refused = destination.deliver("t", "refused");
  EXPECT_EQ(refused.outcome(), Settled::refused);
  EXPECT_EQ(refused.cause(), Cause::bad_request);
  const auto later = destination.deliver("t", "later");
  EXPECT_EQ(later.outcome(), Settled::later);
  EXPECT_EQ(later.cause(), Cause::full);
  EXPECT_EQ(later.retry_after(), 1s);
}

TEST(Verdicts, OfWhatWasSentAreAttempts) {
  const Verdict sent = Verdict::stopped().once_sent();
  EXPECT_EQ(sent.outcome, Outcome::retry);
  EXPECT_EQ(sent.cause, Cause::canceled);
  EXPECT_EQ(sent.wait, 0ms);
  EXPECT_EQ(Verdict::stopped().outcome, Outcome::later);
  EXPECT_EQ(Verdict::delivered().once_sent().outcome, Outcome::delivered);
  EXPECT_EQ(Verdict::retry(Cause::busy, "", 5s).once_sent().wait, 5s);
}

TEST(Verdicts, OfAPeerThatCannotBeReachedAreAttempts) {
  struct Row {
    std::uint32_t reason;
    Cause cause;
    std::chrono::milliseconds wait;
  };
  for (const Row& row : {Row{TRELLIS_DIAL_NAME, Cause::resolution, 0ms}, Row{TRELLIS_DIAL_CONNECT, Cause::socket, 0ms},
                         Row{TRELLIS_DIAL_LAYER, Cause::socket, 0ms}, Row{TRELLIS_DIAL_TIMEOUT, Cause::timed_out, 0ms},
                         Row{TRELLIS_DIAL_FORBIDDEN, Cause::forbidden, 10s}}) {
    const Verdict verdict = judge_dial(row.reason, "line://peer:7", "it is so");
    EXPECT_EQ(verdict.outcome, Outcome::retry) << row.reason;
    EXPECT_EQ(verdict.cause, row.cause) << row.reason;
    EXPECT_EQ(verdict.wait, row.wait) << row.reason;
    EXPECT_EQ(verdict.reason, "line://peer:7: cannot connect: it is so");
  }
}

TEST(Verdicts, OfWhatThisSideDoesNotAllowAreNone) {
  for (const std::uint32_t reason : {TRELLIS_DIAL_LIMIT, TRELLIS_DIAL_SETTINGS, TRELLIS_DIAL_STOPPED}) {
    const Verdict verdict = judge_dial(reason, "line://peer:7", "it is so");
    EXPECT_EQ(verdict.outcome, Outcome::later) << reason;
    EXPECT_GE(verdict.wait, 1s) << reason;
  }
}

TEST(Causes, ThatPassAreWaitedForNoLongerThanTheScheduleSays) {
  EXPECT_EQ(wait_for(Cause::socket), 0ms);
  EXPECT_EQ(wait_for(Cause::unauthorized), 10s);
}

TEST(Said, IsFitForALog) {
  EXPECT_EQ(said("no \x1b[31mway\n"), "no ?[31mway?");
  EXPECT_EQ(said(std::string(300, 'x')), std::string(200, 'x') + "...");
}

}  // namespace
}  // namespace common
