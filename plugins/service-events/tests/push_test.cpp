// Events that a handler delivers, with a handler that does as the test says.
#include <deque>
#include <map>
#include <optional>
#include <trellis/handler.hpp>

#include "letters_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using trellis::Cause;

/// What the handler is to answer, and what it was given.
struct Script {
  using Answer = std::function<void(trellis::Settlement&, const std::string& id)>;
  Answer answer = [](trellis::Settlement& settlement, const std::string&) { settlement.delivered(); };
  Answer consent = [](trellis::Settlement& settlement, const std::string&) { settlement.delivered(); };
  bool holds = false;  // settles nothing until release()
  std::vector<Ids> batches;
  std::vector<std::uint32_t> attempts;
  std::deque<std::pair<trellis::KeptDelivery, std::string>> held;
  std::vector<std::string> opened;
  int released = 0;
  int asked = 0;

  Ids delivered() const {
    Ids all;
    for (const Ids& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
    return all;
  }
  Ids last_two() const {
    const Ids all = delivered();
    return all.size() < 2 ? all : Ids(all.end() - 2, all.end());
  }
  void let_go(std::size_t count = 1) {
    for (; count > 0 && !held.empty(); --count) {
      auto [delivery, id] = std::move(held.front());
      held.pop_front();
      answer(delivery, id);
    }
  }
};
Script* script = nullptr;

std::string id_of(const trellis::Message& message) {
  return trellis::Config::parse(message.payload()).value().text("id");
}

class ScriptedHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-scripted", .version = "1.0.0"};
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override {
    if (destination.object("properties").contains("wrong")) return trellis::fail("/properties/wrong: no such property");
    script->opened.emplace_back(destination.json());
    return std::make_unique<Place>();
  }

 private:
  struct Place : trellis::Destination {
    ~Place() override { ++script->released; }
    void check(const trellis::Shard&, trellis::Settlement consent) override {
      ++script->asked;
      script->consent(consent, "");
    }
    void deliver(trellis::DeliveryBatch batch) override {
      Ids ids;
      batch.each([&](trellis::Delivery& delivery) {
        const std::string id = id_of(delivery.message());
        ids.push_back(id);
        script->attempts.push_back(delivery.attempts());
        if (script->holds) {
          script->held.emplace_back(delivery.keep(), id);
        } else {
          script->answer(delivery, id);
          EXPECT_EQ(id_of(delivery.message()), id) << "messages live for the call";
        }
      });
      script->batches.push_back(std::move(ids));
    }
  };
};

/// A subscription "orders/push" beside others, whose events go to the handler above.
class Push : public ::testing::Test {
 protected:
  Push() { script = &says; }
  void TearDown() override {
    says.holds = false;
    says.held.clear();
  }

  /// more: members of push, each with a comma behind it; properties: of the destination.
  std::string configuration(std::string_view more = "", std::string_view properties = "") const {
    return R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{)" + std::string(more) +
           R"("destination":{"endpointType":"Plugin","properties":{"plugin":"handler-scripted")" +
           std::string(properties) + "}}}}}";
  }
  void begin(std::string_view more = "", std::string_view properties = "", std::string_view settings = "") {
    bench.emplace(R"({"push":{"jitter_percent":0})" + std::string(settings) + "}", 1,
                  [](trellis::testing::TestHost& host) { host.load<ScriptedHandler>(); });
    bench->put("eventSubscriptions", "orders/push", configuration(more, properties));
  }
  void publish(const std::vector<std::string>& events) {
    std::string batch = "[";
    for (const std::string& one : events) batch += (batch.size() > 1 ? "," : "") + one;
    EXPECT_EQ(bench->publish(batch + "]", "application/cloudevents-batch+json").status(), 200u);
  }
  void publish_ids(const Ids& ids) {
    std::vector<std::string> events;
    for (const std::string& id : ids) events.push_back(EventsBench::event(id));
    publish(events);
  }
  /// How often each event was given to the handler from now on while that time goes by.
  std::size_t attempts_within(std::chrono::milliseconds time) {
    const std::size_t before = says.batches.size();
    bench->host.advance(time);
    return says.batches.size() - before;
  }
  std::int64_t metric(std::string_view name, std::string_view labels = {}) { return bench->host.metric(name, labels); }
  void expect_idle() {
    EXPECT_EQ(metric("trellis_events_locked"), 0);
    EXPECT_EQ(metric("trellis_events_push_under_way"), 0);
  }

  static Script::Answer fails(Cause cause, std::chrono::milliseconds after = {}) {
    return [=](trellis::Settlement& settlement, const std::string&) {
      settlement.retry({.reason = "no", .cause = cause, .code = 500}, after);
    };
  }

  static Script::Answer puts_off(std::chrono::milliseconds after) {
    return [=](trellis::Settlement& settlement, const std::string&) {
      settlement.later({.reason = "no token", .cause = Cause::other}, after);
    };
  }
  static std::string of(std::string_view id, std::string_view subject) {
    return EventsBench::event(id, R"(,"subject":")" + std::string(subject) + '"');
  }
  /// Another instance of the plugin takes over.
  void reload() {
    bench->service = bench->host.load<Events>(EventsBench::open_to_all(R"({"push":{"jitter_percent":0}})"));
    bench->host.advance(seconds(5));
  }

  Script says;
  std::optional<EventsBench> bench;
};

TEST_F(Push, EventsAreDeliveredAtOnceAndOnce) {
  begin();
  publish_ids({"a", "b", "c"});
  EXPECT_EQ(says.delivered(), (Ids{"a", "b", "c"}));
  EXPECT_THAT(says.attempts, ElementsAre(0, 0, 0));
  EXPECT_EQ(attempts_within(minutes(30)), 0u);
  EXPECT_EQ(metric("trellis_events_push_attempts_total", R"(outcome="delivered")"), 3);
  expect_idle();
  EXPECT_EQ(ids(bench->receive()), (Ids{"a", "b", "c"})) << "of the other subscription";
}

TEST_F(Push, TheHandlerIsToldWhereEventsAreFrom) {
  begin("", R"(,"endpointUrl":"https://example.org/?x=1")");
  ASSERT_FALSE(says.opened.empty());
  EXPECT_EQ(
      says.opened.back(),
      R"({"endpointType":"Plugin","properties":{"endpointUrl":"https://example.org/?x=1",)"
      R"("plugin":"handler-scripted"},"context":{"namespace":"default","topic":"orders","subscription":"push"}})");
}

TEST_F(Push, AnotherInstanceThanTheUsualOneMayBeNamed) {
  begin();
  bench->put("eventSubscriptions", "orders/second",
             R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"WebHook",)"
             R"("properties":{"plugin":"handler-scripted","endpointUrl":"https://example.org/"}}}}})");
  ASSERT_FALSE(says.opened.empty());
  EXPECT_THAT(says.opened.back(), HasSubstr(R"({"endpointType":"WebHook","properties":{"endpointUrl":)"
                                            R"("https://example.org/"},"context":)"));
}

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

TEST_F(Push, BatchesAreAsLargeAsTheyMayBe) {
  begin("", R"(,"maxEventsPerBatch":3)");
  says.holds = true;
  publish_ids({"a", "b", "c", "d", "e", "f", "g"});
  EXPECT_EQ(says.batches, (std::vector<Ids>{{"a", "b", "c"}, {"d", "e", "f"}, {"g"}}));
}

TEST_F(Push, BatchesHaveAboutAsManyBytesAsPreferred) {
  begin("", R"(,"maxEventsPerBatch":100,"preferredBatchSizeInKilobytes":1)");
  const std::string data = R"(,"data":")" + std::string(400, 'x') + '"';
  publish({EventsBench::event("a", data), EventsBench::event("b", data), EventsBench::event("c", data),
           EventsBench::event("d", R"(,"data":")" + std::string(2000, 'x') + '"'), EventsBench::event("e")});
  EXPECT_EQ(says.batches, (std::vector<Ids>{{"a", "b"}, {"c"}, {"d"}, {"e"}})) << "one larger event goes alone";
}

TEST_F(Push, ABatchIsTriedAgainAsAWhole) {
  begin("", R"(,"maxEventsPerBatch":2)");
  says.answer = fails(Cause::other);
  publish_ids({"a", "b"});
  says.answer = Script().answer;
  EXPECT_EQ(attempts_within(seconds(10)), 1u);
  EXPECT_EQ(says.batches.back(), (Ids{"a", "b"}));
}

TEST_F(Push, NoMoreRequestsAreUnderWayThanMayBe) {
  begin(R"("maxParallelDeliveries":2,)");
  says.holds = true;
  publish_ids({"a", "b", "c", "d"});
  EXPECT_EQ(says.delivered(), (Ids{"a", "b"}));
  EXPECT_EQ(metric("trellis_events_push_under_way"), 2);
  says.let_go();
  bench->host.turn();
  EXPECT_EQ(says.delivered(), (Ids{"a", "b", "c"}));
  says.let_go(10);
  bench->host.turn();
  says.let_go(10);
  bench->host.turn();
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
  EXPECT_EQ(metric("trellis_events_push_pauses_total"), 1);
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
  EXPECT_EQ(metric("trellis_events_push_pauses_total"), 0);
}

TEST_F(Push, EventsOfOneKeyComeOneAfterTheOther) {
  begin(R"("orderBy":"subject",)");
  says.answer = fails(Cause::other);
  publish({of("a1", "a"), of("a2", "a"), of("b1", "b"), EventsBench::event("x1"), EventsBench::event("x2")});
  EXPECT_EQ(says.delivered(), (Ids{"a1", "b1", "x1", "x2"}));
  says.answer = Script().answer;
  publish({of("a3", "a"), of("b2", "b"), of("c1", "c")});
  EXPECT_EQ(says.batches.back(), (Ids{"c1"})) << "the others wait for those before them";
  says.batches.clear();
  bench->host.advance(seconds(10));
  const Ids after = says.delivered();
  const auto place = [&](std::string_view id) { return std::ranges::find(after, id) - after.begin(); };
  EXPECT_EQ(after.size(), 7u);
  EXPECT_LT(place("a1"), place("a2"));
  EXPECT_LT(place("a2"), place("a3"));
  EXPECT_LT(place("b1"), place("b2"));
  expect_idle();
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
  EXPECT_EQ(metric("trellis_events_push_pauses_total"), 0) << "the endpoint is not to blame";
  expect_idle();
}

TEST_F(Push, WhatWasNotTriedKeepsItsPlaceInTheOrder) {
  begin(R"("orderBy":"subject","maxDeliveryCount":3,)");
  says.answer = fails(Cause::other);
  publish({of("a1", "a"), of("a2", "a")});
  says.answer = puts_off(seconds(5));
  EXPECT_EQ(attempts_within(seconds(10)), 1u);
  says.answer = Script().answer;
  says.batches.clear();
  bench->host.advance(seconds(5));
  EXPECT_EQ(says.delivered(), (Ids{"a1", "a2"}));
  EXPECT_EQ(says.attempts, (std::vector<std::uint32_t>{0, 1, 1, 0}));
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
  EXPECT_EQ(metric("trellis_events_push_pauses_total"), 1);
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

TEST_F(Push, WhatBecomesDueWhilePausedBecomesTooOldAllTheSame) {
  begin(R"("eventTimeToLive":"PT5M",)");
  says.holds = true;
  publish_ids({"a", "b"});
  says.answer = fails(Cause::other);
  says.let_go();
  bench->host.turn();
  bench->put("eventSubscriptions", "orders/push", configuration(R"("eventTimeToLive":"PT5M","paused":true,)"));
  bench->host.advance(seconds(11));  // it is due, while the other one is still under way
  says.answer = Script().answer;
  says.let_go();
  bench->host.advance(minutes(6));
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="expired")"), 1);
  expect_idle();
}

TEST_F(Push, AnOrderHoldsForWhatWasTriedBeforeThereWasOne) {
  begin();
  says.holds = true;
  publish({of("a1", "a"), of("b1", "b")});
  says.answer = fails(Cause::other);
  says.let_go();  // a1 waits for its next attempt, b1 is under way
  bench->host.turn();
  says.answer = Script().answer;
  bench->put("eventSubscriptions", "orders/push", configuration(R"("orderBy":"subject",)"));
  publish({of("a2", "a"), of("b2", "b"), of("c1", "c")});
  EXPECT_EQ(says.delivered(), (Ids{"a1", "b1", "c1"}));
  says.let_go();
  bench->host.turn();
  EXPECT_EQ(says.delivered().back(), "b2");
  says.holds = false;
  says.let_go(10);
  bench->host.advance(seconds(10));
  EXPECT_EQ(says.last_two(), (Ids{"a1", "a2"}));
  expect_idle();
}

TEST_F(Push, AnOrderHoldsForWhatClientsReleasedWithADelay) {
  begin();
  publish({of("a1", "a")});
  const auto received = bench->receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(bench->settled("release", {received[0].token}, "releaseDelayInSeconds=60"), 1u);
  says.batches.clear();
  bench->put("eventSubscriptions", "orders/audit", configuration(R"("orderBy":"subject",)"));
  ASSERT_EQ(bench->host.remove_resource("eventSubscriptions", "orders/push"), "");
  bench->host.turn();
  publish({of("a2", "a")});
  EXPECT_TRUE(says.batches.empty());
  bench->host.advance(seconds(60));
  EXPECT_EQ(says.delivered(), (Ids{"a1", "a2"}));
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

// Whoever reads a resource is not to see them: the management API hides what has the format secret.
TEST(PushSettings, SecretsOfDestinationsAreMarkedInTheSchema) {
  const std::string schema = PushSettings::schema().json();
  const auto parsed = trellis::json::parse(schema);
  ASSERT_TRUE(parsed);
  const auto at = [&](const std::vector<std::string_view>& path) {
    const trellis::json::Value* value = &*parsed;
    for (const std::string_view key : {"properties", "destination", "properties", "properties"})
      value = value == nullptr ? nullptr : value->find(key);
    for (const std::string_view key : path) value = value == nullptr ? nullptr : value->find(key);
    return value == nullptr ? "" : std::string(value->source);
  };
  const std::vector<std::vector<std::string_view>> secrets{
      {"properties", "endpointUrl"},
      {"properties", "bearerToken"},
      {"properties", "oauth", "properties", "clientSecret"},
      {"properties", "apiKey", "properties", "value"},
      {"properties", "signingSecrets", "items"},
      {"properties", "deliveryAttributeMappings", "items", "properties", "properties", "properties", "value"}};
  for (const auto& path : secrets) EXPECT_THAT(at(path), HasSubstr(R"("format":"secret")")) << path.back();
}

TEST_F(Push, EventsWaitWhilePaused) {
  begin(R"("paused":true,)");
  publish_ids({"a", "b"});
  EXPECT_TRUE(says.batches.empty());
  bench->put("eventSubscriptions", "orders/push", configuration());
  EXPECT_EQ(says.delivered(), (Ids{"a", "b"}));
}

TEST_F(Push, WhatWaitsWhilePausedBecomesTooOldAllTheSame) {
  begin(R"("orderBy":"subject","eventTimeToLive":"PT5M",)");
  says.answer = fails(Cause::other);
  publish({EventsBench::event("a1", R"(,"subject":"a")"), EventsBench::event("a2", R"(,"subject":"a")")});
  bench->put("eventSubscriptions", "orders/push",
             configuration(R"("orderBy":"subject","eventTimeToLive":"PT5M","paused":true,)"));
  bench->host.advance(minutes(6));
  EXPECT_EQ(metric("trellis_events_dropped_total", R"(reason="expired")"), 2);
  EXPECT_EQ(says.delivered(), (Ids{"a1"}));
  expect_idle();
}

TEST_F(Push, NothingIsDeliveredBeforeTheDestinationConsents) {
  says.consent = [](trellis::Settlement& settlement, const std::string&) {
    settlement.refused({.reason = "WebHook-Allowed-Origin is missing", .cause = Cause::forbidden});
  };
  begin();
  EXPECT_EQ(says.asked, 1);
  publish_ids({"a"});
  bench->host.advance(seconds(10));
  EXPECT_EQ(says.asked, 2);
  EXPECT_TRUE(says.batches.empty());
  EXPECT_EQ(metric("trellis_events_push_checks_failed_total"), 2);
  EXPECT_TRUE(bench->host.logged("WebHook-Allowed-Origin is missing"));
  says.consent = Script().consent;
  bench->host.advance(seconds(60));
  EXPECT_EQ(says.delivered(), (Ids{"a"}));
}

TEST_F(Push, WhatTheHandlerRefusesIsNoSubscription) {
  begin();
  EXPECT_THAT(bench->host.put_resource("eventSubscriptions", "orders/other", configuration("", R"(,"wrong":1)")),
              HasSubstr("/deliveryConfiguration/push/destination: /properties/wrong: no such property"));
  EXPECT_THAT(
      bench->host.put_resource(
          "eventSubscriptions", "orders/other",
          R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"WebHook"}}}})"),
      HasSubstr("\"WebHook\" needs the plugin 'handler-webhook'"));
  EXPECT_THAT(
      bench->host.put_resource(
          "eventSubscriptions", "orders/other",
          R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"Pigeon"}}}})"),
      HasSubstr("found \"Pigeon\""));
  EXPECT_THAT(bench->host.put_resource("eventSubscriptions", "orders/other",
                                       R"({"deliveryConfiguration":{"deliveryMode":"Push"}})"),
              HasSubstr("/deliveryConfiguration/push: is missing"));
}

TEST_F(Push, NobodyReceivesWhatIsPushed) {
  begin();
  EXPECT_EQ(bench->start_receive(10, "", 0, "push").status(), 400u);
}

TEST_F(Push, AChangedDestinationIsOpenedAndAskedAnew) {
  begin();
  says.holds = true;
  publish_ids({"a"});
  const std::size_t opened = says.opened.size();
  bench->put("eventSubscriptions", "orders/push", configuration("", R"(,"endpointUrl":"https://b")"));
  EXPECT_GT(says.opened.size(), opened);
  says.let_go();
  bench->host.turn();
  expect_idle();
  says.holds = false;
  publish_ids({"b"});
  EXPECT_EQ(says.delivered(), (Ids{"a", "b"}));
}

TEST_F(Push, TheConsentOfAnotherDestinationDoesNotCount) {
  std::vector<trellis::Settlement> asked;
  says.consent = [&](trellis::Settlement& settlement, const std::string&) { asked.push_back(std::move(settlement)); };
  begin();
  publish_ids({"a"});
  bench->put("eventSubscriptions", "orders/push", configuration("", R"(,"endpointUrl":"https://b")"));
  ASSERT_EQ(asked.size(), 2u);
  asked[0].delivered();
  bench->host.turn();
  EXPECT_TRUE(says.batches.empty());
  asked[1].delivered();
  bench->host.turn();
  EXPECT_EQ(says.delivered(), (Ids{"a"}));
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

TEST_F(Push, ASubscriptionThatBecomesAPullOneGivesBackWhatIsUnderWay) {
  begin();
  says.holds = true;
  publish_ids({"a", "b"});
  bench->put("eventSubscriptions", "orders/push");
  const auto all = EventsBench::read(bench->start_receive(10, "", 0, "push"));
  EXPECT_EQ(ids(all), (Ids{"a", "b"}));
  EXPECT_EQ(all[0].count, 2);
}

TEST_F(Push, ARemovedSubscriptionForgetsWhatIsUnderWay) {
  begin();
  says.holds = true;
  publish_ids({"a"});
  ASSERT_EQ(bench->host.remove_resource("eventSubscriptions", "orders/push"), "");
  bench->host.turn();
  says.let_go();
  bench->host.advance(minutes(10));
  EXPECT_EQ(says.released, static_cast<int>(says.opened.size()));
  EXPECT_EQ(metric("trellis_events_push_under_way"), 0);
}

}  // namespace
}  // namespace events_service::testing
