#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Pull, AnswersAtOnceWithWhatThereIs) {
  EventsBench bench;
  for (const char* id : {"a", "b", "c"}) bench.publish(bench.event(id));
  EXPECT_EQ(ids(bench.receive(2)), (Ids{"a", "b"}));
  EXPECT_EQ(ids(bench.receive(2)), (Ids{"c"}));
}

TEST(Pull, WaitsAndAnswersEmptyWhenTheTimeIsOver) {
  EventsBench bench;
  const auto watch = bench.start_receive(10, "&maxWaitTime=20");
  bench.host.advance(seconds(19));
  EXPECT_FALSE(watch.answered());
  EXPECT_EQ(bench.host.metric("trellis_events_waiting_receives"), 1);
  bench.host.advance(seconds(2));
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(watch.body(), R"({"value":[]})");
  EXPECT_EQ(bench.host.metric("trellis_events_waiting_receives"), 0);
}

TEST(Pull, WhoWaitsLongestIsServedFirst) {
  EventsBench bench;
  const auto first = bench.start_receive(10);
  const auto second = bench.start_receive(10);
  bench.publish(bench.event("a"));
  EXPECT_TRUE(first.answered());
  EXPECT_FALSE(second.answered());
  bench.publish(bench.event("b"));
  EXPECT_EQ(ids(bench.read(second)), (Ids{"b"}));
}

TEST(Pull, AClientThatWentAwayConsumesNothing) {
  EventsBench bench("{}", 2);
  for (const std::uint32_t shard : {0u, 1u}) {
    const auto gone = bench.start_receive(10, "", shard);
    const auto next = bench.start_receive(10, "", 1 - shard);
    gone.leave();
    bench.publish(bench.event("a"));
    ASSERT_TRUE(next.answered());
    const auto all = bench.read(next);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].count, 1);
    EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 1u);
  }
}

TEST(Pull, WhatIsAcknowledgedNeverComesBack) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  const auto all = bench.receive();
  EXPECT_EQ(all[0].count, 1);
  const auto watch = bench.settle("acknowledge", {all[0].token});
  EXPECT_EQ(watch.body(),
            R"({"succeededLockTokens":[)" + trellis::json::quote(all[0].token) + R"(],"failedLockTokens":[]})");
  bench.host.advance(minutes(10));
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 0u);
}

TEST(Pull, ALockThatEndsGivesTheEventBack) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  const auto first = bench.receive();
  bench.host.advance(seconds(45));
  EXPECT_TRUE(bench.receive().empty());  // 11 seconds
  bench.host.advance(seconds(5));
  const auto second = bench.receive();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].count, 2);
  EXPECT_NE(second[0].token, first[0].token);
  const auto late = bench.settle("acknowledge", {first[0].token});
  EXPECT_THAT(late.body(), HasSubstr(R"("code":"TokenLost")"));
  EXPECT_THAT(late.body(), HasSubstr("Token has expired."));
  EXPECT_EQ(bench.settled("acknowledge", {second[0].token}), 1u);
}

TEST(Pull, AReleasedEventComesBackAtItsPlaceAfterTheDelay) {
  EventsBench bench;
  for (const char* id : {"a", "b"}) bench.publish(bench.event(id));
  const auto all = bench.receive();
  EXPECT_EQ(bench.settled("release", {all[1].token}), 1u);
  EXPECT_EQ(bench.settled("release", {all[0].token}, "releaseDelayInSeconds=60"), 1u);
  const auto other = bench.receive();
  EXPECT_EQ(ids(other), (Ids{"b"}));
  EXPECT_EQ(bench.settled("acknowledge", {other[0].token}), 1u);
  const auto waiting = bench.start_receive(10, "&maxWaitTime=120");
  bench.host.advance(seconds(58));
  EXPECT_FALSE(waiting.answered());
  bench.host.advance(seconds(4));
  const auto again = bench.read(waiting);
  ASSERT_EQ(ids(again), (Ids{"a"}));
  EXPECT_EQ(again[0].count, 2);
  EXPECT_EQ(
      bench.post("/topics/orders/eventsubscriptions/audit:release", "releaseDelayInSeconds=5", R"({"lockTokens":[]})")
          .status(),
      400u);
}

TEST(Pull, ARejectedEventIsDroppedWithoutDeadLetters) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  EXPECT_EQ(bench.settled("reject", {bench.receive()[0].token}), 1u);
  bench.host.advance(minutes(10));
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
}

TEST(Pull, ALockIsRenewedForAsLongAsItIsAskedWithinAnHour) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  const auto all = bench.receive();
  for (int i = 0; i < 80; ++i) {
    bench.host.advance(seconds(44));
    ASSERT_EQ(bench.settled("renewLock", {all[0].token}), 1u) << i;
  }
  bench.host.advance(seconds(55));
  ASSERT_EQ(bench.settled("renewLock", {all[0].token}), 1u);  // at 59:35
  bench.host.advance(seconds(55));
  EXPECT_THAT(bench.settle("renewLock", {all[0].token}).body(), HasSubstr("within an hour"));
  EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 1u);
}

TEST(Pull, AfterTheLastDeliveryAnEventIsDropped) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"maxDeliveryCount":2}}})");
  bench.publish(bench.event("a"));
  bench.publish(bench.event("b"));
  const auto first = bench.receive();
  EXPECT_EQ(bench.settled("release", {first[0].token, first[1].token}), 2u);
  const auto second = bench.receive();
  EXPECT_EQ(second[0].count, 2);
  EXPECT_EQ(bench.settled("release", {second[0].token}), 1u);
  bench.host.advance(seconds(61));
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="maximum_deliveries")"), 2);
}

TEST(Pull, EventsThatAreTooOldAreDroppedWhetherSomebodyComesOrNot) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT2M"}}})");
  bench.publish(bench.event("a"));
  const auto locked = bench.receive();
  bench.publish(bench.event("b"));
  bench.host.advance(seconds(30));
  bench.publish(bench.event("c"));
  bench.host.advance(seconds(85));
  bench.host.advance(seconds(10));
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 2);
  EXPECT_EQ(ids(bench.receive()), (Ids{"c"}));
}

TEST(Pull, ALockThatIsGoodWhenTheEventGetsTooOldMayBeSettled) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT1M"}}})");
  bench.publish(bench.event("a"));
  bench.host.advance(seconds(50));
  const auto all = bench.receive();
  bench.host.advance(seconds(30));
  EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 1u);
}

TEST(Pull, ALockThatEndsWhenItsEventIsTooOldEndsTheEvent) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT2M"}}})");
  bench.publish(bench.event("a"));
  bench.host.advance(seconds(70));
  EXPECT_EQ(bench.receive().size(), 1u);
  bench.host.advance(seconds(61));
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
}

TEST(Pull, AnEventThatComesBackIsDroppedInTimeAlthoughYoungerOnesWait) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT2M"}}})");
  bench.publish(bench.event("a"));
  bench.host.advance(seconds(50));
  EXPECT_EQ(bench.receive().size(), 1u);
  bench.publish(bench.event("b"));
  bench.put("eventSubscriptions", "orders/audit",
            R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT2M","maxDeliveryCount":9}}})");
  bench.host.advance(seconds(71));
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
}

TEST(Pull, ADelayIsNotLongerThanTheEventLivesWhenThatIsMadeShorter) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  EXPECT_EQ(bench.settled("release", {bench.receive()[0].token}, "releaseDelayInSeconds=3600"), 1u);
  bench.put("eventSubscriptions", "orders/audit", R"({"deliveryConfiguration":{"queue":{"eventTimeToLive":"PT1M"}}})");
  bench.host.advance(seconds(61));
  EXPECT_EQ(bench.host.metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
}

TEST(Pull, TokensAreOfOneSubscriptionAndCannotBeMade) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/other");
  bench.publish(bench.event("a"));
  const auto all = bench.receive();
  std::string forged = all[0].token;
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  const auto watch = bench.settle("acknowledge", {"x", forged, all[0].token, all[0].token});
  EXPECT_THAT(watch.body(), HasSubstr(R"("succeededLockTokens":[")" + all[0].token + R"("])"));
  EXPECT_THAT(watch.body(), HasSubstr("BadToken"));
  const auto others = bench.read(bench.start_receive(1, "", 0, "other"));
  EXPECT_EQ(bench.settled("acknowledge", {others[0].token}), 0u);
}

TEST(Pull, ARemovedSubscriptionAnswersWhoWaits) {
  EventsBench bench;
  const auto watch = bench.start_receive();
  EXPECT_EQ(bench.host.remove_resource("eventSubscriptions", "orders/audit"), "");
  bench.host.turn();
  EXPECT_EQ(watch.status(), 404u);
  EXPECT_EQ(bench.start_receive().status(), 404u);
  EXPECT_EQ(bench.publish(bench.event("a")).status(), 200u);
  bench.put("eventSubscriptions", "orders/audit");
  EXPECT_TRUE(bench.receive().empty());
}

TEST(Pull, ASubscriptionThatIsNotAtHandLosesNothing) {
  EventsBench bench;
  bench.publish(bench.event("a"));
  bench.host.end_subscriber(Subscription::queue_name("orders", "audit"), TRELLIS_ENDED_SHUTDOWN);
  EXPECT_EQ(bench.publish(bench.event("b")).status(), 503u);
  EXPECT_EQ(bench.start_receive().status(), 503u);
  EXPECT_EQ(bench.settle("acknowledge", {"x"}).status(), 503u);
}

TEST(Pull, LargeEventsComeAFewAtATime) {
  EventsBench bench;
  const std::string data = R"(,"data":")" + std::string(900'000, 'x') + '"';
  for (int i = 0; i < 40; ++i) ASSERT_EQ(bench.publish(bench.event(std::to_string(i), data)).status(), 200u);
  std::size_t all = 0;
  for (int i = 0; i < 40 && all < 40; ++i) {
    const auto some = bench.receive();
    EXPECT_LE(some.size(), 16u);
    all += some.size();
  }
  EXPECT_EQ(all, 40u);
}

TEST(Pull, ASubscriptionThatIsGivenMoreTimeStays) {
  EventsBench bench;
  bench.put("eventSubscriptions", "orders/brief", R"({"expirationTimeUtc":"2050-01-01T00:00:00Z"})");
  bench.put("eventSubscriptions", "orders/brief", R"({"expirationTimeUtc":"2050-02-01T00:00:00Z"})");
  const auto far = std::chrono::sys_days(std::chrono::year(2050) / 1 / 2).time_since_epoch() - bench.host.wall();
  bench.host.advance(std::chrono::duration_cast<std::chrono::milliseconds>(far));
  EXPECT_FALSE(bench.start_receive(1, "", 0, "brief").answered());
}

TEST(Pull, ASubscriptionGoesWhenItsTimeIsOver) {
  EventsBench bench;
  EXPECT_EQ(
      bench.host.put_resource("eventSubscriptions", "orders/brief", R"({"expirationTimeUtc":"2020-01-01T00:00:00Z"})"),
      "/expirationTimeUtc: expected a time to come, found 2020-01-01T00:00:00Z");
  EXPECT_THAT(bench.host.put_resource("eventSubscriptions", "orders/brief", R"({"expirationTimeUtc":"tomorrow"})"),
              HasSubstr("/expirationTimeUtc: expected a time as 2030-01-02T03:04:05Z"));
  bench.put("eventSubscriptions", "orders/brief", R"({"expirationTimeUtc":"2050-01-01T00:00:00Z"})");
  const auto far = std::chrono::sys_days(std::chrono::year(2050) / 1 / 1).time_since_epoch() - bench.host.wall();
  bench.host.advance(std::chrono::duration_cast<std::chrono::milliseconds>(far) - seconds(5));
  EXPECT_EQ(bench.start_receive(1, "", 0, "brief").status(), 0u);
  bench.host.advance(seconds(10));
  EXPECT_EQ(bench.start_receive(1, "", 0, "brief").status(), 404u);
  EXPECT_FALSE(bench.start_receive().answered());
}

TEST(Pull, NoMoreIsLockedThanMayBe) {
  EventsBench bench(R"({"locked_events": 2})");
  for (const char* id : {"a", "b", "c"}) bench.publish(bench.event(id));
  const auto all = bench.receive();
  EXPECT_EQ(ids(all), (Ids{"a", "b"}));
  const auto waiting = bench.start_receive();
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 1u);
  bench.host.turn();
  EXPECT_EQ(ids(bench.read(waiting)), (Ids{"c"}));
}

}  // namespace
}  // namespace events_service::testing
