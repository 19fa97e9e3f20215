// Routes and event subscriptions that let a plugin choose.
#include <trellis/predicate.hpp>

#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using ::testing::HasSubstr;
using trellis::testing::Sample;

/// Passes messages whose payload has a word in it.
class Word final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "predicate-word", .version = "1.0.0"};
  trellis::Result<void> configure(const trellis::Config&) override { return trellis::ok(); }
  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override {
    const auto word = filter.find("word");
    if (!word || word->as_text().empty()) return trellis::fail("/word: expected a word");
    return std::make_unique<Has>(word->as_text());
  }

 private:
  class Has final : public trellis::Condition {
   public:
    explicit Has(std::string word) : word_(std::move(word)) {}
    bool matches(const trellis::Message& message) const noexcept override {
      return message.payload().find(word_) != std::string_view::npos;
    }

   private:
    const std::string word_;
  };
};

constexpr std::string_view kHot = R"("predicate":{"plugin":"predicate-word","filter":{"word":"hot"}})";

class ByPredicate : public ::testing::Test {
 protected:
  void say(std::string_view payload) {
    bench.host.publish({.topic = "plant/l1", .payload = std::string(payload), .qos = 1, .publisher = "press"});
    bench.host.turn();
  }
  std::int64_t routed(std::string_view outcome) {
    return bench.host.metric("trellis_events_routed_total", "outcome=\"" + std::string(outcome) + "\"");
  }
  std::string refused(std::string_view type, std::string_view name, std::string_view predicate) {
    const std::string own = type == "routes" ? R"("topicFilters":["#"],"topic":"orders",)" : "";
    return bench.host.put_resource(type, name, "{" + own + "\"predicate\":" + std::string(predicate) + "}");
  }

  trellis::testing::Instance* word = nullptr;
  EventsBench bench{"{}", 2, [this](trellis::testing::TestHost& host) { word = &host.load<Word>().instance(); }};
};

TEST_F(ByPredicate, ARouteTakesMessagesThatPass) {
  bench.put("routes", "hot", R"({"topicFilters":["plant/#"],"topic":"orders",)" + std::string(kHot) + "}");
  say("cold");
  say("hot 1");
  say("warm");
  say("so hot");
  EXPECT_EQ(bench.receive().size(), 2u);
  EXPECT_EQ(routed("routed"), 2);
  EXPECT_EQ(routed("filtered"), 2);
  bench.put("routes", "hot", R"({"topicFilters":["plant/#"],"topic":"orders","predicate":{"plugin":"predicate-word",
    "filter":{"word":"cold"}}})");
  say("cold");
  EXPECT_EQ(routed("routed"), 3) << "it follows its resource";
}

TEST_F(ByPredicate, ASubscriptionGetsEventsThatPass) {
  bench.put("eventSubscriptions", "orders/audit", "{" + std::string(kHot) + "}");
  bench.put("eventSubscriptions", "orders/others");
  EXPECT_EQ(bench.publish(EventsBench::event("1", R"(,"data":"hot")")).status(), 200u);
  EXPECT_EQ(bench.publish(EventsBench::event("2", R"(,"data":"cold")")).status(), 200u);
  EXPECT_EQ(bench
                .publish("[" + EventsBench::event("3") + "," + EventsBench::event("hot-4") + "]",
                         "application/cloudevents-batch+json; charset=utf-8", 1)
                .status(),
            200u);
  EXPECT_EQ(ids(bench.receive()), (Ids{"1", "hot-4"}));
  EXPECT_EQ(EventsBench::read(bench.start_receive(100, "", 0, "others")).size(), 4u);
}

TEST_F(ByPredicate, WhatNoneOfThemPassesIsUnmatched) {
  bench.put("eventSubscriptions", "orders/audit", "{" + std::string(kHot) + "}");
  bench.publish("[" + EventsBench::event("1") + "," + EventsBench::event("hot") + "]",
                "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(bench.host.metric("trellis_events_matched_total", R"(outcome="matched")"), 1);
  EXPECT_EQ(bench.host.metric("trellis_events_matched_total", R"(outcome="unmatched")"), 1);
}

TEST_F(ByPredicate, BothFilterAndPredicateHaveToPass) {
  bench.put("eventSubscriptions", "orders/audit",
            R"({"filtersConfiguration":{"includedEventTypes":["order.created"]},)" + std::string(kHot) + "}");
  bench.publish(EventsBench::event("hot-1"));
  bench.publish(R"({"specversion":"1.0","id":"hot-2","source":"/shop","type":"other"})");
  bench.publish(EventsBench::event("3"));
  EXPECT_EQ(ids(bench.receive()), Ids{"hot-1"});
}

TEST_F(ByPredicate, DeadLettersAreChosenToo) {
  bench.put("topics", "graves");
  bench.put("eventSubscriptions", "graves/all", "{" + std::string(kHot) + "}");
  bench.put("eventSubscriptions", "orders/audit",
            R"({"deliveryConfiguration":{"queue":{"deadLetterDestinationWithResourceIdentity":{"deadLetterDestination":
              {"endpointType":"NamespaceTopic","properties":{"topicName":"graves"}}}}}})");
  bench.publish(EventsBench::event("1"));
  bench.publish(EventsBench::event("hot-2"));
  for (const Received& one : bench.receive()) bench.settle("reject", {one.token});
  bench.host.turn();
  EXPECT_EQ(bench.host.metric("trellis_events_dead_lettered_total", R"(outcome="success")"), 1)
      << "nobody wants the other, which waits";
}

TEST_F(ByPredicate, NothingIsLostWhileThePluginDoesNotRun) {
  bench.put("topics", "others");
  bench.put("routes", "hot", R"({"topicFilters":["plant/#"],"topic":"others",)" + std::string(kHot) + "}");
  bench.put("eventSubscriptions", "orders/audit", "{" + std::string(kHot) + "}");
  word->stop();
  say("hot");
  EXPECT_EQ(routed("routed"), 0);
  EXPECT_EQ(bench.publish(EventsBench::event("hot")).status(), 503u);
  bench.host.load<Word>();
  bench.host.turn();
  EXPECT_EQ(routed("routed"), 1) << "at once";
  EXPECT_EQ(bench.publish(EventsBench::event("hot")).status(), 200u);
}

TEST_F(ByPredicate, WhatIsWrongIsRefused) {
  for (const auto& [type, name] : {std::pair("routes", "wrong"), std::pair("eventSubscriptions", "orders/wrong")}) {
    EXPECT_THAT(refused(type, name, R"({"plugin":"predicate-none"})"),
                HasSubstr("/predicate/plugin: needs the plugin \"predicate-none\", which is not in the configuration"));
    EXPECT_THAT(refused(type, name, R"({"plugin":"service-events"})"), HasSubstr("or no predicate"));
    EXPECT_EQ(refused(type, name, R"({"plugin":"predicate-word","filter":{"word":""}})"),
              "/predicate/filter/word: expected a word");
    EXPECT_THAT(refused(type, name, R"({"filter":{}})"), HasSubstr("plugin"));
  }
}

}  // namespace
}  // namespace events_service::testing
