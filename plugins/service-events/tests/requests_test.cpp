// What is counted and measured of requests, whatever they ask for.
#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::seconds;

/// With a clock that the test moves.
struct TimedBench : EventsBench {
  explicit TimedBench(std::uint32_t shards = 1) : EventsBench("{}", shards) {
    service.as<Events>().set_clock([this] { return us; });
  }
  std::int64_t bucket(std::string_view operation, std::string_view bound) const {
    return host.metric("trellis_events_latency_microseconds",
                       "operation=\"" + std::string(operation) + "\",le=\"" + std::string(bound) + '"');
  }
  std::int64_t sum(std::string_view operation) const {
    return host.metric("trellis_events_latency_microseconds", "operation=\"" + std::string(operation) + '"');
  }
  std::int64_t requests(std::string_view operation, std::string_view result) const {
    return host.metric("trellis_events_requests_total",
                       "operation=\"" + std::string(operation) + "\",result=\"" + std::string(result) + '"');
  }
  std::int64_t us = 5'000'000;
};

TEST(Latency, OfAPublishEndsWhenItsEventsAreKept) {
  TimedBench bench;
  bench.host.hold_kept();
  const auto watch = bench.publish(bench.event("a"));
  bench.us += 3'000;
  bench.host.release_kept();
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(bench.bucket("publish", "10000"), 1);
  EXPECT_EQ(bench.bucket("publish", "2500"), 0);
  EXPECT_EQ(bench.sum("publish"), 3'000);
  EXPECT_EQ(bench.requests("publish", "success"), 1);
}

// Otherwise it would say how seldom there are events.
TEST(Latency, OfAReceiveThatWaitsBeginsWithItsEvents) {
  for (const std::uint32_t shard : {0u, 1u}) {
    TimedBench bench(2);
    const auto watch = bench.start_receive(10, "&maxWaitTime=60", shard);
    bench.us += 30'000'000;
    bench.host.advance(seconds(30));
    EXPECT_FALSE(watch.answered());
    bench.publish(bench.event("a"));
    ASSERT_TRUE(watch.answered());
    EXPECT_EQ(bench.bucket("receive", "100"), 1) << shard;
    EXPECT_EQ(bench.sum("receive"), 0) << shard;
  }
}

TEST(Latency, OfAReceiveThatGotNothingIsNone) {
  TimedBench bench;
  const auto watch = bench.start_receive(10, "&maxWaitTime=10");
  bench.us += 10'000'000;
  bench.host.advance(seconds(11));
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(bench.sum("receive"), 0);
  EXPECT_EQ(bench.bucket("receive", "100") + bench.bucket("receive", "+Inf"), 0);
  EXPECT_EQ(bench.requests("receive", "success"), 1);
}

TEST(Latency, IsOfEachOperation) {
  TimedBench bench;
  bench.publish("[" + bench.event("a") + "," + bench.event("b") + "," + bench.event("c") + "]",
                "application/cloudevents-batch+json");
  const auto all = bench.receive(3);
  ASSERT_EQ(all.size(), 3u);
  const auto settle_slowly = [&](std::string_view operation, const std::string& token) {
    bench.host.hold_kept();
    const auto watch = bench.settle(operation, {token});
    bench.us += 200;
    bench.host.release_kept();
    EXPECT_EQ(watch.status(), 200u);
  };
  settle_slowly("renewLock", all[0].token);
  settle_slowly("acknowledge", all[0].token);
  settle_slowly("release", all[1].token);
  settle_slowly("reject", all[2].token);
  for (const std::string_view operation : {"renew", "acknowledge", "release", "reject"}) {
    EXPECT_EQ(bench.bucket(operation, "250"), 1) << operation;
    EXPECT_EQ(bench.sum(operation), 200) << operation;
    EXPECT_EQ(bench.requests(operation, "success"), 1) << operation;
  }
}

TEST(Requests, AreCountedByWhatTheyAskForAndWhatBecameOfThem) {
  TimedBench bench(2);
  bench.publish("{");
  bench.post("/topics/nothing:publish", "", bench.event("a"), "application/cloudevents+json");
  bench.post("/topics/orders/eventsubscriptions/nobody:receive", "", "");
  bench.settle("acknowledge", {"x"}, "", 1);
  bench.request("GET", "/topics/orders:publish", "", "");
  bench.post("/elsewhere", "", "");
  bench.post("/topics/orders/eventsubscriptions/audit:receive", "maxEvents=0", "");
  bench.request("GET", "/topics/orders/eventsubscriptions/nobody/deadletters", "", "");
  EXPECT_EQ(bench.requests("publish", "bad_request"), 2);
  EXPECT_EQ(bench.requests("publish", "not_found"), 1);
  EXPECT_EQ(bench.requests("receive", "not_found"), 1);
  EXPECT_EQ(bench.requests("receive", "bad_request"), 1);
  EXPECT_EQ(bench.requests("acknowledge", "success"), 1) << "one of which every token failed, asked on another shard";
  EXPECT_EQ(bench.requests("unknown", "not_found"), 1);
  EXPECT_EQ(bench.requests("dead_letters", "not_found"), 1);
  EXPECT_EQ(bench.sum("publish"), 0);
}

TEST(Requests, OfFullSubscriptionsAndFailedStoresAreToldApart) {
  EventsBench full(R"({"queued_events": 1})", 2);
  for (const std::uint32_t shard : {0u, 1u}) full.publish(full.event("a"), "application/cloudevents+json", shard);
  const auto publishes = [](const EventsBench& bench, std::string_view result) {
    return bench.host.metric("trellis_events_requests_total",
                             R"(operation="publish",result=")" + std::string(result) + '"');
  };
  EXPECT_EQ(publishes(full, "success"), 1);
  EXPECT_EQ(publishes(full, "quota"), 1);
  EventsBench failing;
  failing.host.refuse_offers(true);
  failing.publish(failing.event("a"));
  EXPECT_EQ(publishes(failing, "unavailable"), 1);
}

TEST(Requests, WhoseClientHasGoneAreAborted) {
  for (const std::uint32_t shard : {0u, 1u}) {
    TimedBench bench(2);
    const auto gone = bench.start_receive(10, "", shard);
    gone.leave();
    bench.us += 500;
    bench.publish(bench.event("a"));
    EXPECT_EQ(bench.requests("receive", "aborted"), 1) << shard;
    EXPECT_EQ(bench.bucket("receive", "100") + bench.bucket("receive", "+Inf") + bench.sum("receive"), 0) << shard;
  }
}

TEST(Publish, ThatIsRefusedIsLoggedOnceAMinuteForEachReason) {
  EventsBench bench;
  const auto lines = [&] {
    std::vector<std::string> found;
    for (const auto& line : bench.host.logs()) {
      if (line.text == "a publish is refused") found.push_back(line.field("code") + ' ' + line.field("topic"));
    }
    return found;
  };
  for (int i = 0; i < 3; ++i) bench.publish("{");
  bench.post("/topics/nothing:publish", "", bench.event("a"), "application/cloudevents+json");
  EXPECT_EQ(lines(), (std::vector<std::string>{"BadRequest orders", "Gone nothing"}));
  bench.host.advance(seconds(61));
  bench.publish("{");
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_EQ(bench.host.logs().back().field("others_not_logged"), "2");
  EXPECT_EQ(bench.host.logs().back().field("peer"), "127.0.0.1:40000");
}

}  // namespace
}  // namespace events_service::testing
