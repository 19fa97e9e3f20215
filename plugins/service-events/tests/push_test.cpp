// Events that a handler delivers: to whom, how many together, in which order, and while it may.
#include "push_bench.hpp"

namespace events_service::testing {
namespace {

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
      {"properties", "password"},
      {"properties", "connectionString"},
      {"properties", "accountKey"},
      {"properties", "sasToken"},
      {"properties", "systemKey"},
      {"properties", "clientKey"},
      {"properties", "token"},
      {"properties", "nkeySeed"},
      {"properties", "jwt"},
      {"properties", "sasl", "properties", "password"},
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
