// The generator publishes, receives and acknowledges, and notices what a server does wrong.
#include "events.hpp"

#include <gtest/gtest.h>

#include "fake_event_server.hpp"

namespace trellis::bench {
namespace {

Options brief(const FakeEventServer& server, const std::string& scenario) {
  Options options;
  options.scenario = scenario;
  options.wire = "http";
  options.publishers = 3;
  options.subscribers = 2;
  options.events.key = "key";
  options.events.stall_ns = 10'000'000'000;
  options.events.batch = 10;
  options.flow.broker.port = server.port();
  options.flow.payload = 512;
  options.flow.window = 30;
  options.flow.warmup = std::chrono::milliseconds(20);
  options.flow.duration = std::chrono::milliseconds(250);
  return options;
}

Result pull(Wrong wrong) {
  const FakeEventServer server(wrong);
  Options options = brief(server, "events-pull");
  // What is lost is waited for in vain; the others end as soon as everything has come.
  if (wrong == Wrong::loses || wrong == Wrong::loses_tokens) options.events.stall_ns = 500'000'000;
  return run_http_events(options);
}

TEST(Events, ArePulledAndAllAccountedFor) {
  const Result result = pull(Wrong::nothing);
  EXPECT_TRUE(result.passed) << result.complaint;
  EXPECT_EQ(result.cost, "broker_us_per_event");
  EXPECT_GT(result.figures["delivered"].asUInt64(), 0U);
  EXPECT_EQ(result.figures["repeated_and_said_so"].asUInt64(), 0U);
}

TEST(Events, MayComeInChunks) {
  const FakeEventServer server(Wrong::nothing, "key", true);
  const Result result = run_http_events(brief(server, "events-pull"));
  EXPECT_TRUE(result.passed) << result.complaint;
}

TEST(Events, ThatAreLostAreMissed) {
  const Result result = pull(Wrong::loses);
  EXPECT_FALSE(result.passed);
  EXPECT_GT(result.figures["faults"]["lost"].asUInt64(), 0U) << result.complaint;
  EXPECT_TRUE(result.figures["faults"]["stalled"].asBool());
}

TEST(Events, ThatComeTwiceHaveToSaySo) {
  const Result silent = pull(Wrong::repeats);
  EXPECT_FALSE(silent.passed);
  EXPECT_GT(silent.figures["faults"]["duplicated"].asUInt64(), 0U) << silent.complaint;

  const Result open = pull(Wrong::repeats_openly);
  EXPECT_TRUE(open.passed) << open.complaint;
  EXPECT_GT(open.figures["repeated_and_said_so"].asUInt64(), 0U);
}

TEST(Events, WhoseTokensFailAreCounted) {
  const Result result = pull(Wrong::loses_tokens);
  EXPECT_FALSE(result.passed);
  EXPECT_GT(result.figures["faults"]["refused"].asUInt64(), 0U) << result.complaint;
  EXPECT_EQ(result.figures["faults"]["lost"].asUInt64(), 0U);
}

TEST(Events, ArePublishedAloneAndInBatchesAndReceivedAfterwards) {
  for (const std::uint32_t batch : {1U, 20U}) {
    const FakeEventServer server(Wrong::nothing);
    Options options = brief(server, "events-publish");
    options.events.batch = batch;
    const Result result = run_http_events(options);
    EXPECT_TRUE(result.passed) << result.complaint;
    EXPECT_EQ(result.figures["events_in_all"].asUInt64() % batch, 0U);
  }
  const FakeEventServer server(Wrong::loses);
  Options options = brief(server, "events-publish");
  options.events.stall_ns = 500'000'000;
  EXPECT_FALSE(run_http_events(options).passed);
}

TEST(Events, AreNotMissedWhereTheServerKeepsNothing) {
  const FakeEventServer server(Wrong::loses);
  Options options = brief(server, "events-publish");
  options.events.publish_only = true;
  const Result result = run_http_events(options);
  EXPECT_TRUE(result.passed) << result.complaint;
  EXPECT_GT(result.figures["delivered"].asUInt64(), 0U);
}

TEST(Events, FindReceiversThatWait) {
  const FakeEventServer server(Wrong::nothing);
  Options options = brief(server, "events-waiting");
  options.subscribers = 60;
  options.events.batch = 1;
  options.flow.rate = 500;
  const Result result = run_http_events(options);
  EXPECT_TRUE(result.passed) << result.complaint;
  EXPECT_GT(server.most_waiting(), 50U);
  EXPECT_GT(result.figures["latency_us"]["count"].asUInt64(), 0U);
  EXPECT_GT(result.figures["latency_us"]["p50"].asDouble(), 0.0);
}

TEST(Events, ThatAreRefusedEndTheRunWithTheServersWords) {
  const FakeEventServer server(Wrong::nothing, "another");
  try {
    run_http_events(brief(server, "events-pull"));
    FAIL() << "ran with the wrong key";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("wrong key"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("status 401"), std::string::npos) << error.what();
  }
}

TEST(Events, NeedAServerAndAScenario) {
  Options options;
  {
    const FakeEventServer server(Wrong::nothing);
    options = brief(server, "events-none");
    EXPECT_THROW(run_http_events(options), std::runtime_error);
    EXPECT_THROW(run_nats_events(options), std::runtime_error);
  }
  options.scenario = "events-pull";
  EXPECT_THROW(run_http_events(options), std::runtime_error);  // nobody listens any more
}

}  // namespace
}  // namespace trellis::bench
