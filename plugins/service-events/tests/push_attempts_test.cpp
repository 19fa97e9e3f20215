// Deliveries that fail: when they are tried again, and what becomes of the event and of its destination.
#include "push_bench.hpp"

namespace events_service::testing {
namespace {

TEST_F(Push, AFailureIsTriedAgainByTheSchedule) {
  begin();
  says.answer = fails(Cause::other);
  publish_ids({"a"});
  ASSERT_EQ(says.batches.size(), 1u);
  EXPECT_EQ(attempts_within(seconds(9)), 0u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u);  // 10 s
  EXPECT_EQ(attempts_within(seconds(19)), 0u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u);  // 30 s
  EXPECT_EQ(attempts_within(seconds(30)), 1u);
  EXPECT_EQ(attempts_within(seconds(239)), 0u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u);  // 5 min
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempts_within(minutes(5)), 1u) << i;
  EXPECT_EQ(says.batches.size(), 10u);
  EXPECT_EQ(says.attempts.back(), 9u);
  EXPECT_EQ(attempts_within(minutes(60)), 0u);
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="maximum_deliveries")"), 1);
  expect_idle();
}

TEST_F(Push, TellsHowItsDeliveriesGo) {
  begin();
  publish_ids({"a"});
  says.answer = fails(Cause::busy);
  publish_ids({"b"});
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "not \"this\" one", .cause = Cause::bad_request, .code = 400});
  };
  publish_ids({"c"});
  const std::string_view path = "/topics/orders/eventsubscriptions/push/deliveries";
  const auto answer = bench->request("GET", path, "", "");
  EXPECT_EQ(answer.status(), 200u);
  const auto all = trellis::Config::parse(answer.body()).value();
  EXPECT_EQ(all.text("state"), "delivering");
  EXPECT_EQ(all.integer("delivered"), 1);
  EXPECT_EQ(all.integer("failed"), 1);
  EXPECT_EQ(all.integer("refused"), 1);
  EXPECT_EQ(all.integer("underWay"), 0);
  const auto failures = all.list("recentFailures");
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].text("id"), "c");
  EXPECT_EQ(failures[0].text("outcome"), "refused");
  EXPECT_EQ(failures[0].text("lastDeliveryOutcome"), "BadRequest");
  EXPECT_EQ(failures[0].text("reason"), "not \"this\" one");
  EXPECT_EQ(failures[0].integer("code"), 400);
  EXPECT_EQ(failures[1].text("lastDeliveryOutcome"), "Busy");
  bench->put("eventSubscriptions", "orders/pulled");
  EXPECT_EQ(bench->request("GET", "/topics/orders/eventsubscriptions/pulled/deliveries", "", "").status(), 400u);
  EXPECT_EQ(bench->request("GET", "/topics/orders/eventsubscriptions/none/deliveries", "", "").status(), 404u);
}

TEST_F(Push, TheLogOfDeliveriesHasTheLastFailuresOnly) {
  begin(R"("maxParallelDeliveries":1000,)");
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = std::string(10'000, 'x'), .cause = Cause::bad_request});
  };
  for (int i = 0; i < 40; ++i) publish_ids({"e" + std::to_string(i)});
  const auto answer = bench->request("GET", "/topics/orders/eventsubscriptions/push/deliveries", "", "");
  const auto failures = trellis::Config::parse(answer.body()).value().list("recentFailures");
  ASSERT_EQ(failures.size(), 32u);
  EXPECT_EQ(failures[0].text("id"), "e39");
  EXPECT_EQ(failures[31].text("id"), "e8");
  EXPECT_EQ(failures[0].text("reason").size(), 300u);
}

TEST_F(Push, WaitsOfItsOwnComeInPlaceOfTheSchedule) {
  begin(R"("retryDelays":["PT1S","PT5S"],)");
  says.answer = fails(Cause::other);
  publish_ids({"a"});
  ASSERT_EQ(says.batches.size(), 1u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(attempts_within(milliseconds(4900)), 0u) << i;
    EXPECT_EQ(attempts_within(milliseconds(100)), 1u) << i;
  }
}

TEST_F(Push, WaitsOfItsOwnAreDurationsOfASecondToADay) {
  begin();
  for (const char* wrong : {R"(["PT0S"])", R"(["P2D"])", R"(["5s"])"}) {
    const auto answer = bench->host.put_resource("eventSubscriptions", "orders/other",
                                                 configuration(R"("retryDelays":)" + std::string(wrong) + ","));
    EXPECT_THAT(answer, HasSubstr("/retryDelays/0: expected a duration from PT1S to P1D, found \"")) << wrong;
  }
}

class PushProfile : public Push {
 protected:
  struct Failure {
    Cause cause;
    std::uint32_t code;  // 0: nobody answered
  };
  /// How often an event that always fails that way is tried within an hour.
  std::size_t attempts(Failure failure) {
    says.answer = [=](trellis::Settlement& settlement, const std::string&) {
      settlement.retry({.reason = "no", .cause = failure.cause, .code = failure.code});
    };
    const std::size_t before = says.batches.size();
    publish_ids({"e" + std::to_string(before)});
    bench->host.advance(minutes(60));
    return says.batches.size() - before;
  }
  const std::vector<Failure> gaps_{{Cause::timed_out, 0}, {Cause::socket, 0},   {Cause::resolution, 0},
                                   {Cause::forbidden, 0}, {Cause::canceled, 0}, {Cause::not_found, 404}};
  const std::vector<Failure> others_{{Cause::timed_out, 408}, {Cause::timed_out, 504}, {Cause::busy, 503},
                                     {Cause::aborted, 0},     {Cause::other, 500},     {Cause::not_found, 0},
                                     {Cause::full, 507}};
};

TEST_F(PushProfile, OfTheServiceGivesUpWhatGotNoAnswerAtOnce) {
  begin(R"("retryProfile":"service",)", "", R"(,"push":{"failures":1000,"jitter_percent":0})");
  for (const Failure& one : gaps_) EXPECT_EQ(attempts(one), 1u) << static_cast<int>(one.cause);
  EXPECT_EQ(metric("trellis_events_push_attempts_total", R"(outcome="refused")"), 6);
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="rejected")"), 6) << "no place for dead letters is named";
  for (const Failure& one : others_) EXPECT_EQ(attempts(one), 10u) << static_cast<int>(one.cause) << ' ' << one.code;
  expect_idle();
}

TEST_F(PushProfile, IsDurableUnlessItIsSaid) {
  begin("", "", R"(,"push":{"failures":1000,"jitter_percent":0})");
  for (const Failure& one : gaps_) EXPECT_EQ(attempts(one), 10u) << static_cast<int>(one.cause);
}

TEST_F(PushProfile, HasADefaultInTheSettings) {
  begin("", "", R"(,"push":{"failures":1000,"jitter_percent":0,"retry_profile":"service"})");
  EXPECT_EQ(attempts({Cause::socket, 0}), 1u);
  bench->put("eventSubscriptions", "orders/push", configuration(R"("retryProfile":"durable",)"));
  EXPECT_EQ(attempts({Cause::socket, 0}), 10u);
}

TEST_F(PushProfile, OfTheServiceHasNoGapsInTheBasicSchedule) {
  begin(R"("retryProfile":"service","retrySchedule":"basic",)", "", R"(,"push":{"failures":1000,"jitter_percent":0})");
  for (const Failure& one : gaps_) EXPECT_GT(attempts(one), 3u) << static_cast<int>(one.cause);
}

TEST_F(PushProfile, ThatIsDurableKeepsWhatIsGivenUpInFiles) {
  TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  begin(R"("maxDeliveryCount":1,)", "", R"(,"dead_letters":{})");
  attempts({Cause::socket, 0});
  EXPECT_TRUE(
      bench->host.wait([&] { return metric("trellis_events_dead_lettered_total", R"(outcome="success")") == 1; }));
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() + "/dead-letters/default/orders/push"));
  // Who wants what the service does gets it: nothing is kept that no place is named for.
  bench->put("eventSubscriptions", "orders/push", configuration(R"("maxDeliveryCount":1,"retryProfile":"service",)"));
  attempts({Cause::socket, 0});
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="rejected")"), 1);
  bench.reset();
  std::filesystem::current_path(before);
}

TEST_F(Push, WhatTheDestinationAsksForIsWaitedFor) {
  begin();
  says.answer = fails(Cause::busy, seconds(45));
  publish_ids({"a"});
  EXPECT_EQ(attempts_within(seconds(44)), 0u);
  says.answer = Script().answer;
  EXPECT_EQ(attempts_within(seconds(1)), 1u);
  EXPECT_EQ(attempts_within(minutes(10)), 0u);
}

TEST_F(Push, WhatIsRefusedIsADeadLetterAtOnce) {
  begin();
  bench->put("topics", "dead");
  bench->put("eventSubscriptions", "dead/all");
  bench->put("eventSubscriptions", "orders/push", configuration(destination(To::topic) + ","));
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "400", .cause = Cause::bad_request, .code = 400});
  };
  publish_ids({"a"});
  const auto letters =
      EventsBench::read(bench->post("/topics/dead/eventsubscriptions/all:receive", "maxEvents=10&maxWaitTime=10", ""));
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_THAT(letters[0].event, HasSubstr(R"("deadletterreason":"Undeliverable due to client error")"));
  EXPECT_THAT(letters[0].event, HasSubstr(R"("deliveryattempts":1)"));
}

TEST_F(Push, TheFileOfADeadLetterSaysWhatCameOfTheLastAttempt) {
  TemporaryFolder folder;
  begin(destination(To::file) + R"(,"maxDeliveryCount":2,)", "",
        R"(,"dead_letters":{"path":")" + folder.path() + "\"}");
  says.answer = fails(Cause::timed_out);
  publish_ids({"a"});
  bench->host.advance(seconds(10));
  EXPECT_TRUE(
      bench->host.wait([&] { return metric("trellis_events_dead_lettered_total", R"(outcome="success")") == 1; }));
  std::string text;
  for (const auto& one : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (one.is_regular_file()) text = LettersBench::text_of(one.path().string());
  }
  EXPECT_THAT(text, HasSubstr(R"("deadletterreason":"Maximum delivery attempts was exceeded.")"));
  EXPECT_THAT(text, HasSubstr(R"("deliveryresult":"TimedOut")"));
}

TEST_F(Push, AnEventThatIsTooOldIsNotDelivered) {
  begin(R"("eventTimeToLive":"PT20M",)");
  says.answer = fails(Cause::other);
  publish_ids({"a"});
  bench->host.advance(minutes(19));
  EXPECT_EQ(says.batches.size(), 7u) << "0, 10 s, 30 s, 1, 5, 10 and 15 min";
  EXPECT_EQ(attempts_within(minutes(10)), 0u);
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
  expect_idle();
}

TEST_F(Push, AHandlerThatSaysNothingHasFailed) {
  begin();
  says.holds = true;
  publish_ids({"a"});
  bench->host.advance(minutes(15));
  EXPECT_EQ(metric("trellis_events_push_attempts_total", R"(outcome="failed")"), 1);
  says.holds = false;
  EXPECT_EQ(attempts_within(seconds(10)), 1u);
  says.let_go();
  bench->host.turn();
  EXPECT_EQ(bench->host.late_answers(), 1u);
  expect_idle();
}

TEST_F(Push, ADestinationThatFailsAgainAndAgainIsLeftAlone) {
  begin(R"("maxParallelDeliveries":1,"maxDeliveryCount":10,)");
  says.answer = fails(Cause::socket);
  Ids many;
  for (int i = 0; i < 40; ++i) many.push_back(std::to_string(i));
  publish_ids(many);
  EXPECT_EQ(says.batches.size(), 10u) << "failures in a row";
  EXPECT_EQ(pauses(), 1);
  EXPECT_EQ(attempts_within(seconds(29)), 0u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u) << "one that tries";
  EXPECT_EQ(attempts_within(seconds(29)), 0u);
  says.answer = Script().answer;
  bench->host.advance(seconds(1));
  bench->host.advance(minutes(2));
  EXPECT_EQ(metric("trellis_events_push_attempts_total", R"(outcome="delivered")"), 40);
  expect_idle();
}

TEST_F(Push, AnEventThatTheDestinationDoesNotWantDoesNotStopTheOthers) {
  begin(R"("maxParallelDeliveries":1,)");
  says.answer = [](trellis::Settlement& settlement, const std::string& id) {
    if (id != "z") return settlement.refused({.reason = "no", .cause = Cause::bad_request, .code = 400});
    settlement.delivered();
  };
  Ids many;
  for (int i = 0; i < 30; ++i) many.push_back(std::to_string(i));
  many.emplace_back("z");
  publish_ids(many);
  EXPECT_EQ(says.delivered().back(), "z");
  EXPECT_EQ(pauses(), 0);
}

TEST_F(Push, AnAttemptThatWasNotMadeDoesNotCount) {
  begin(R"("maxDeliveryCount":2,)");
  says.answer = puts_off(seconds(20));
  publish_ids({"a"});
  ASSERT_EQ(says.batches.size(), 1u);
  publish_ids({"b"});
  EXPECT_EQ(says.batches.size(), 1u) << "nothing else is tried meanwhile";
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempts_within(milliseconds(19'999)), 0u) << i;
    EXPECT_EQ(attempts_within(milliseconds(1)), 1u) << i;
  }
  says.answer = Script().answer;
  bench->host.advance(seconds(20));
  EXPECT_EQ(says.last_two(), (Ids{"a", "b"}));
  EXPECT_THAT(says.attempts, ::testing::Each(0u));
  EXPECT_EQ(metric("trellis_events_push_attempts_total", R"(outcome="later")"), 21);
  EXPECT_EQ(pauses(), 0) << "the endpoint is not to blame";
  expect_idle();
}

TEST_F(Push, AHandlerThatNamesNoWaitIsNotAskedAgainAtOnce) {
  begin();
  says.answer = puts_off(milliseconds(0));
  publish_ids({"a"});
  ASSERT_EQ(says.batches.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(attempts_within(milliseconds(99)), 0u) << i;
    EXPECT_EQ(attempts_within(milliseconds(1)), 1u) << i;
  }
  says.answer = Script().answer;
  bench->host.advance(seconds(1));
  expect_idle();
}

TEST_F(Push, WhatIsPutOffOfABatchComesAgainAndTheRestDoesNot) {
  begin(R"("maxDeliveryCount":2,)");
  says.answer = [](trellis::Settlement& settlement, const std::string& id) {
    if (id == "a") return settlement.delivered();
    settlement.later({.reason = "behind one that failed", .cause = Cause::busy}, seconds(1));
  };
  publish_ids({"a", "b"});
  const std::size_t before = says.batches.size();
  EXPECT_EQ(attempts_within(milliseconds(999)), 0u);
  says.answer = Script().answer;
  EXPECT_EQ(attempts_within(milliseconds(1)), 1u);
  EXPECT_EQ(says.batches.size(), before + 1);
  EXPECT_EQ(says.delivered().back(), "b");
  expect_idle();
}

TEST_F(Push, WhatIsPutOffAgainAndAgainGrowsTooOld) {
  begin(R"("eventTimeToLive":"PT2M",)");
  says.answer = puts_off(seconds(20));
  publish_ids({"a"});
  bench->host.advance(minutes(3));
  EXPECT_EQ(says.batches.size(), 6u) << "0, 20, 40, 60, 80 and 100 s";
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
  expect_idle();
}

TEST_F(Push, TheLastAttemptIsMadeAgainWhereItWasUnderWay) {
  begin(R"("maxDeliveryCount":1,)");
  says.holds = true;
  publish_ids({"a"});
  ASSERT_EQ(says.batches.size(), 1u);
  says.holds = false;
  reload();
  EXPECT_EQ(says.delivered(), (Ids{"a", "a"}));
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="maximum_deliveries")"), 0);
  expect_idle();
}

TEST_F(Push, ADestinationThatAsksForAPauseGetsItAtOnce) {
  begin(R"("maxParallelDeliveries":1,)");
  says.answer = fails(Cause::throttled, seconds(60));
  publish_ids({"a", "b", "c"});
  EXPECT_EQ(says.batches.size(), 1u);
  EXPECT_EQ(pauses(), 1);
  EXPECT_EQ(attempts_within(milliseconds(59'999)), 0u);
  says.answer = Script().answer;
  EXPECT_EQ(attempts_within(milliseconds(1)), 3u);
  expect_idle();
  const auto log = bench->request("GET", "/topics/orders/eventsubscriptions/push/deliveries", "", "").body();
  EXPECT_THAT(log, HasSubstr(R"("lastDeliveryOutcome":"Busy")"));
}

TEST_F(Push, ADestinationThatIsGoneIsLeftAloneAtOnce) {
  begin(R"("maxParallelDeliveries":1,)");
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "410", .cause = Cause::disabled, .code = 410});
  };
  publish_ids({"a", "b"});
  EXPECT_EQ(says.batches.size(), 1u);
  EXPECT_EQ(attempts_within(seconds(299)), 0u);
  EXPECT_EQ(attempts_within(seconds(1)), 1u);
}

TEST_F(Push, WhatSaysNothingAboutTheDestinationDoesNotEndATry) {
  begin(R"("maxParallelDeliveries":2,)");
  says.answer = fails(Cause::socket);
  Ids many;
  for (int i = 0; i < 40; ++i) many.push_back(std::to_string(i));
  publish_ids(many);
  says.answer = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "400", .cause = Cause::bad_request, .code = 400});
  };
  says.holds = true;
  ASSERT_EQ(attempts_within(seconds(30)), 1u) << "one that tries";
  says.let_go();
  bench->host.turn();
  EXPECT_EQ(says.held.size(), 1u) << "and another one";
  EXPECT_FALSE(bench->host.logged("the destination takes events again"));
  says.answer = Script().answer;
  says.let_go();
  bench->host.turn();
  EXPECT_EQ(says.held.size(), 2u);
}

TEST_F(Push, FewerAttemptsThanWereMadeEndIt) {
  begin(R"("maxDeliveryCount":5,)");
  says.answer = fails(Cause::other);
  publish_ids({"a"});
  bench->host.advance(seconds(30));
  ASSERT_EQ(says.batches.size(), 3u);
  bench->put("eventSubscriptions", "orders/push", configuration(R"("maxDeliveryCount":2,)"));
  EXPECT_EQ(attempts_within(minutes(10)), 0u);
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="maximum_deliveries")"), 1);
  expect_idle();
}

TEST_F(Push, ADeadLetterOfAnEventThatIsTooOldTellsOfItsLastAttempt) {
  TemporaryFolder folder;
  begin(destination(To::file) + R"(,"eventTimeToLive":"PT2M",)",
        R"(,"deliveryAttributeMappings":[)"
        R"({"name":"X-Tenant","type":"Static","properties":{"value":"acme","isSecret":false}},)"
        R"({"name":"X-Key","type":"Static","properties":{"value":"hidden-1","isSecret":true}},)"
        R"({"name":"X-Other","type":"Static","properties":{"value":"hidden-2"}},)"
        R"({"name":"X-Id","type":"Dynamic","properties":{"sourceField":"id"}},)"
        R"({"name":"X-None","type":"Dynamic","properties":{"sourceField":"data.none"}}])",
        R"(,"dead_letters":{"path":")" + folder.path() + "\"}");
  says.answer = fails(Cause::socket);
  publish_ids({"a"});
  bench->host.advance(minutes(3));
  ASSERT_EQ(says.batches.size(), 4u) << "0, 10, 30 and 60 s";
  EXPECT_TRUE(
      bench->host.wait([&] { return metric("trellis_events_dead_lettered_total", R"(outcome="success")") == 1; }));
  std::string text;
  for (const auto& one : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (one.is_regular_file()) text = LettersBench::text_of(one.path().string());
  }
  EXPECT_THAT(text, HasSubstr(R"("deliveryattemptutc":"2026-01-01T00:01:00)"));
  EXPECT_THAT(text, HasSubstr(R"("customDeliveryProperties":{"X-Tenant":"acme","X-Id":"a"})"));
}

TEST_F(Push, WhatCameOfTheLastAttemptIsKnownOfAnEventThatIsTooOld) {
  TemporaryFolder folder;
  begin(destination(To::file) + R"(,"eventTimeToLive":"PT2M",)", "",
        R"(,"dead_letters":{"path":")" + folder.path() + "\"}");
  says.answer = fails(Cause::socket);
  publish_ids({"a"});
  bench->host.advance(minutes(3));
  EXPECT_TRUE(
      bench->host.wait([&] { return metric("trellis_events_dead_lettered_total", R"(outcome="success")") == 1; }));
  for (const auto& one : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (one.is_regular_file()) {
      EXPECT_THAT(LettersBench::text_of(one.path().string()), HasSubstr(R"("deliveryresult":"SocketError")"));
    }
  }
}

}  // namespace
}  // namespace events_service::testing
