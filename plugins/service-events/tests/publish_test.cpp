#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Publish, AnswersWithAnEmptyObject) {
  EventsBench bench;
  const auto watch = bench.publish(bench.event("a-1"));
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(watch.body(), "{}");
  EXPECT_EQ(watch.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(bench.host.metric("trellis_events_published_total", R"(outcome="success")"), 1);
}

TEST(Publish, TakesBatchesAndBinaryEvents) {
  EventsBench bench;
  EXPECT_EQ(bench.publish("[" + bench.event("a") + "," + bench.event("b") + "]", "application/cloudevents-batch+json")
                .status(),
            200u);
  EXPECT_EQ(bench.publish("[]", "application/cloudevents-batch+json").status(), 200u);
  EXPECT_EQ(bench
                .post("/topics/ORDERS:publish", "", "hello", "text/plain",
                      {{"ce-specversion", "1.0"}, {"ce-id", "c"}, {"ce-source", "/s"}, {"ce-type", "t"}})
                .status(),
            200u);
  const auto all = bench.receive();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].event, bench.event("a"));
  EXPECT_EQ(all[2].id, "c");
  EXPECT_THAT(all[2].event, HasSubstr(R"("data_base64":"aGVsbG8=")"));
}

TEST(Publish, StoresAllOfABatchOrNothing) {
  EventsBench bench;
  const auto watch = bench.publish("[" + bench.event("a") + R"(,{"specversion":"1.0","id":"b","source":"/s"}])",
                                   "application/cloudevents-batch+json");
  EXPECT_EQ(watch.status(), 400u);
  EXPECT_THAT(watch.body(), HasSubstr("type"));
  EXPECT_EQ(watch.header("x-ms-error-code"), "BadRequest");
  EXPECT_TRUE(bench.receive().empty());
}

TEST(Publish, ToATopicThatIsNotThereIsGone) {
  EventsBench bench;
  const auto watch = bench.post("/topics/nothing:publish", "", bench.event("a"), "application/cloudevents+json");
  EXPECT_EQ(watch.status(), 410u);
  EXPECT_THAT(watch.body(), HasSubstr(R"(\"nothing\")"));
}

// RFC 9110, 15.5.6: whoever refuses a method says which there are.
TEST(Publish, ByAnotherMethodIsToldTheRightOne) {
  EventsBench bench;
  const auto watch =
      bench.service.request({.method = "GET", .path = "/topics/orders:publish", .query = "api-version=2024-06-01"});
  bench.host.turn();
  EXPECT_EQ(watch.status(), 405u);
  EXPECT_EQ(watch.header("allow"), "POST");
  EXPECT_EQ(watch.header("x-ms-error-code"), "MethodNotAllowed");
}

TEST(Publish, WaitsUntilTheEventsAreKept) {
  EventsBench bench;
  bench.host.hold_kept();
  const auto watch = bench.publish(bench.event("a"));
  EXPECT_FALSE(watch.answered());
  bench.host.release_kept();
  EXPECT_EQ(watch.status(), 200u);
  bench.host.hold_kept();
  const auto failed = bench.publish(bench.event("b"));
  bench.host.release_kept(trellis::Status::internal);
  EXPECT_EQ(failed.status(), 503u);
  EXPECT_EQ(failed.header("retry-after"), "1");
}

TEST(Publish, IsRefusedWhileTheStoreTakesNothing) {
  EventsBench bench;
  bench.host.refuse_offers(true);
  EXPECT_EQ(bench.publish(bench.event("a")).status(), 503u);
  bench.host.refuse_offers(false);
  EXPECT_EQ(bench.publish(bench.event("a")).status(), 200u);
  EXPECT_EQ(bench.receive().size(), 1u);
}

TEST(Publish, IsRefusedWhereASubscriptionIsFull) {
  EventsBench bench(R"({"queued_events": 2})");
  EXPECT_EQ(bench.publish("[" + bench.event("a") + "," + bench.event("b") + "]", "application/cloudevents-batch+json")
                .status(),
            200u);
  const auto watch = bench.publish(bench.event("c"));
  EXPECT_EQ(watch.status(), 403u);
  EXPECT_EQ(watch.header("x-ms-error-code"), "QuotaExceeded");
}

TEST(Publish, GivesEachSubscriptionWhatItsFilterPasses) {
  EventsBench bench;
  bench.put(
      "eventSubscriptions", "orders/big",
      R"({"filtersConfiguration":{"filters":[{"operatorType":"NumberGreaterThan","key":"data.total","value":100}]}})");
  bench.put("eventSubscriptions", "orders/none", R"({"filtersConfiguration":{"includedEventTypes":["other"]}})");
  bench.publish(bench.event("small", R"(,"data":{"total":5})"));
  bench.publish(bench.event("big", R"(,"data":{"total":500})"));
  const auto big = bench.read(bench.start_receive(10, "", 0, "big"));
  ASSERT_EQ(big.size(), 1u);
  EXPECT_EQ(big[0].id, "big");
  EXPECT_EQ(bench.receive().size(), 2u);
  EXPECT_FALSE(bench.start_receive(10, "", 0, "none").answered());
  bench.put("eventSubscriptions", "orders/audit", R"({"filtersConfiguration":{"includedEventTypes":["other"]}})");
  bench.publish(bench.event("nobody"));
  EXPECT_EQ(bench.host.metric("trellis_events_matched_total", R"(outcome="unmatched")"), 1);
}

TEST(Publish, GivesASubscriptionWhatItsDialectsPass) {
  EventsBench bench;
  bench.put(
      "eventSubscriptions", "orders/audit",
      R"({"filtersConfiguration":{"cloudEventFilters":[{"prefix":{"type":"order."}},{"sql":"level > 5 OR urgent"}]}})");
  bench.publish(bench.event("high", R"(,"level":6)"));
  bench.publish(bench.event("low", R"(,"level":5,"urgent":false)"));
  bench.publish(bench.event("urgent", R"(,"level":5,"urgent":true)"));
  bench.publish(bench.event("error", R"(,"urgent":true)"));  // level is missing
  EXPECT_EQ(ids(bench.receive()), (Ids{"high", "urgent"}));
  EXPECT_EQ(bench.host.metric("trellis_events_matched_total", R"(outcome="unmatched")"), 2);
  EXPECT_EQ(bench.host.metric("trellis_events_filter_errors_total", R"(error="missing_attribute")"), 1);
  EXPECT_EQ(bench.host.metric("trellis_events_filter_errors_total", R"(error="cast")"), 0);
  const auto refusal = [&](const std::string& filters) {
    return bench.host.put_resource("eventSubscriptions", "orders/audit",
                                   R"({"filtersConfiguration":{"cloudEventFilters":[)" + filters + "]}}");
  };
  EXPECT_EQ(
      refusal(R"({"cel": "TRUE"})"),
      R"(/filtersConfiguration/cloudEventFilters/0/cel: expected "sql", "exact", "prefix", "suffix", "all", "any" or "not")");
  EXPECT_EQ(refusal(R"({"all": [{"sql": "level >"}]})"),
            "/filtersConfiguration/cloudEventFilters/0/all/0/sql: expected an operand at column 8, found the end");
}

// Tokens are judged by the front of a path; where the service is mounted is no part of it.
TEST(Publish, NothingStandsBeforeTheTopic) {
  EventsBench bench;
  const auto status = [&](std::string_view path) {
    return bench.post(path, "", bench.event("a"), "application/cloudevents+json").status();
  };
  EXPECT_EQ(status("/topics/orders/topics/orders:publish"), 404u);
  EXPECT_EQ(status("/Topics/other/eventSubscriptions/a/topics/orders:publish"), 404u);
  EXPECT_EQ(status("/base/TOPICS/topics/orders:publish"), 404u);
  EXPECT_EQ(status("/base/topics/orders:publish"), 404u);
  EXPECT_EQ(status("/TOPICS/orders:publish"), 200u);
}

// The topic lives on one shard; requests come in on any.
TEST(Publish, ReachesTheShardOfTheTopic) {
  EventsBench bench("{}", 3);
  for (std::uint32_t shard = 0; shard < 3; ++shard)
    EXPECT_EQ(bench.publish(bench.event(std::to_string(shard)), "application/cloudevents+json", shard).status(), 200u);
  std::vector<std::string> tokens;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    const auto watch = bench.start_receive(1, "", shard);
    const auto one = bench.read(watch);
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].id, std::to_string(shard));
    tokens.push_back(one[0].token);
  }
  const auto acknowledged = bench.settle("acknowledge", tokens, "", 2);
  EXPECT_EQ(trellis::Config::parse(acknowledged.body())->list("succeededLockTokens").size(), 3u);
}

}  // namespace
}  // namespace events_service::testing
