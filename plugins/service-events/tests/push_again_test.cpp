// Deliveries that failed: what is tried again together, how long a destination is left alone, what is told of it.
#include <gmock/gmock.h>

#include <set>

#include "push_bench.hpp"

namespace events_service::testing {
namespace {

// Also where the broker does not wait as long as it says at random, as it does unless it is told otherwise.
TEST_F(Push, ABatchThatFailedIsTriedAgainAsAWholeALittleLater) {
  bench.emplace("{}", 1, [](trellis::testing::TestHost& host) { host.load<ScriptedHandler>(); });
  bench->put("eventSubscriptions", "orders/push",
             configuration(R"("maxParallelDeliveries":4,"retryDelays":["PT100S"],)", R"(,"maxEventsPerBatch":20)"));
  says.answer = fails(Cause::busy);
  std::set<std::int64_t> waits;
  for (int batch = 0; batch < 6; ++batch) {
    Ids ids;
    for (int i = 0; i < 20; ++i) ids.push_back(std::to_string(batch) + "-" + std::to_string(i));
    says.batches.clear();
    publish_ids(ids);
    ASSERT_EQ(says.batches, std::vector<Ids>{ids});
    std::int64_t waited = 0;
    while (says.batches.size() == 1 && waited < 120'000) {
      bench->host.advance(milliseconds(100));
      waited += 100;
    }
    ASSERT_EQ(says.batches, (std::vector<Ids>{ids, ids})) << waited;
    EXPECT_GE(waited, 100'000);
    EXPECT_LE(waited, 110'100) << "a tenth more at most";
    waits.insert(waited);
    says.answer = Script().answer;
    bench->host.advance(minutes(4));
    says.answer = fails(Cause::busy);
  }
  EXPECT_GT(waits.size(), 1U) << "at random";
}

TEST_F(Push, ADestinationThatAskedToBeLeftAloneIsSoForANewInstanceToo) {
  begin();
  says.answer = fails(Cause::throttled, minutes(30));
  publish_ids({"a"});
  EXPECT_EQ(metric("trellis_events_push_pauses_total", R"(reason="asked")"), 1);
  says.answer = Script().answer;
  bench->host.advance(minutes(5));
  reload();
  publish_ids({"b"});
  EXPECT_EQ(attempts_within(minutes(24)), 0u);
  EXPECT_GE(attempts_within(minutes(2)), 1u);
  bench->host.advance(minutes(5));
  EXPECT_EQ(says.last_two().size(), 2u);
  bench->put("eventSubscriptions", "orders/push", configuration());
  says.answer = fails(Cause::throttled, minutes(30));
  publish_ids({"c"});
  says.answer = Script().answer;
  bench->put("eventSubscriptions", "orders/push", configuration("", R"(,"other":1)"));
  publish_ids({"d"});
  EXPECT_EQ(says.delivered().back(), "d") << "that one did not ask for it";
  bench->host.advance(minutes(31));
  EXPECT_EQ(says.delivered().back(), "c");
  expect_idle();
}

TEST_F(Push, WhatIsGivenUpWithoutAPlaceForDeadLettersIsToldOf) {
  begin();
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "no", .cause = Cause::bad_request, .code = 400});
  };
  publish_ids({"a"});
  EXPECT_TRUE(
      bench->host.logged("an event was given up and is dropped: its subscription has no place for dead letters"));
}

TEST_F(Push, MoreAttemptsAndOrdersThatAreNoneAreRefusedOrNot) {
  begin();
  const auto refusal = [&](std::string_view more) {
    return bench->host.put_resource("eventSubscriptions", "orders/push", configuration(more));
  };
  EXPECT_EQ(refusal(R"("maxDeliveryCount":30,"retrySchedule":"basic",)"), "");
  EXPECT_THAT(refusal(R"("maxDeliveryCount":31,"retrySchedule":"basic",)"), ::testing::HasSubstr("expected 1 to 30"));
  EXPECT_THAT(refusal(R"("maxDeliveryCount":11,)"), ::testing::HasSubstr("expected 1 to 10"));
  EXPECT_THAT(refusal(R"("orderBy":"no such attribute!!",)"), ::testing::HasSubstr("/orderBy: expected the name"));
}

}  // namespace
}  // namespace events_service::testing
