// Destinations consent before they get events, some of them later, and by a URL.
#include <optional>

#include "common/consent/consent_link.hpp"
#include "push_bench.hpp"

namespace events_service::testing {
namespace {

class Consent : public Push {
 protected:
  void TearDown() override {
    question_.reset();
    Push::TearDown();
  }
  /// The destination says neither yes nor no.
  void awaits(milliseconds time = minutes(10)) {
    says.consent = [this, time](trellis::Settlement& settlement, const std::string&) {
      settlement.awaited({.reason = "ask the boss"}, time);
      question_.emplace(std::move(settlement));
    };
  }
  /// It says yes, to be remembered.
  void consents(const std::string& note) {
    says.consent = [note](trellis::Settlement& settlement, const std::string&) { settlement.consented(note); };
  }
  std::string state() { return deliveries().text("state"); }
  trellis::Config deliveries() {
    const auto watch = bench->request("GET", "/topics/orders/eventsubscriptions/push/deliveries", "", "");
    EXPECT_EQ(watch.status(), 200u) << watch.body();
    return trellis::Config::parse(watch.body()).value();
  }
  /// Whether the destination was opened with a consent of before.
  bool remembered() const { return says.opened.back().find(R"(,"consent":)") != std::string::npos; }
  /// Empty: it does not wait.
  std::string_view provisioning() { return bench->service.as<Events>().consent_states().of("default", "Orders/push"); }

  std::optional<trellis::Settlement> question_;
};

TEST_F(Consent, SomebodyMayGiveItLater) {
  awaits();
  begin();
  publish_ids({"a"});
  EXPECT_EQ(state(), "AwaitingManualAction");
  EXPECT_EQ(deliveries().text("reason"), "ask the boss");
  EXPECT_EQ(provisioning(), "AwaitingManualAction");
  bench->host.advance(minutes(9));
  EXPECT_EQ(says.asked, 1) << "nobody is asked again meanwhile";
  EXPECT_TRUE(says.delivered().empty());
  question_->delivered();
  bench->host.turn();
  EXPECT_EQ(says.delivered(), (Ids{"a"}));
  EXPECT_EQ(state(), "delivering");
  EXPECT_FALSE(deliveries().contains("reason"));
  EXPECT_EQ(provisioning(), "");
}

TEST_F(Consent, IsAskedForAgainWhenNobodyGaveIt) {
  awaits();
  begin();
  bench->host.advance(minutes(10));
  EXPECT_EQ(state(), "AwaitingManualAction") << "the last answer was that somebody is to consent";
  EXPECT_EQ(says.asked, 1);
  bench->host.advance(seconds(10));
  EXPECT_EQ(says.asked, 2);
  question_->refused("no");
  bench->host.turn();
  EXPECT_EQ(metric("trellis_events_push_checks_failed_total"), 2);
  EXPECT_EQ(state(), "awaiting consent");
  EXPECT_EQ(provisioning(), "Failed");
}

TEST_F(Consent, AnAnswerOfNoIsNotAwaited) {
  says.consent = [](trellis::Settlement& settlement, const std::string&) { settlement.refused("never"); };
  begin();
  EXPECT_EQ(state(), "awaiting consent");
  EXPECT_EQ(deliveries().text("reason"), "never");
  EXPECT_EQ(provisioning(), "Failed");
}

TEST_F(Consent, IsRememberedByTheNextInstance) {
  consents(R"({"rate":30})");
  begin();
  EXPECT_FALSE(remembered()) << "the first time";
  reload();
  EXPECT_THAT(says.opened.back(), HasSubstr(R"(,"consent":"{\"rate\":30}"})"));
  publish_ids({"a"});
  EXPECT_EQ(says.delivered(), (Ids{"a"}));
  reload();
  EXPECT_TRUE(remembered());
}

TEST_F(Consent, WithoutANoteIsNotRemembered) {
  consents("yes");
  begin();
  says.consent = Script().consent;
  says.opened.clear();
  reload();
  EXPECT_THAT(says.opened.front(), HasSubstr(R"(,"consent":"yes")"));
  EXPECT_FALSE(remembered()) << "the last answer counts";
}

TEST_F(Consent, OfAnotherDestinationIsForgotten) {
  consents("yes");
  begin("", R"(,"endpointUrl":"https://a.example.org/")");
  bench->put("eventSubscriptions", "orders/push", configuration("", R"(,"endpointUrl":"https://b.example.org/")"));
  EXPECT_EQ(says.asked, 2);
  EXPECT_FALSE(remembered());
  bench->put("eventSubscriptions", "orders/push", configuration("", R"(,"endpointUrl":"https://a.example.org/")"));
  EXPECT_EQ(says.asked, 3);
  EXPECT_FALSE(remembered()) << "the first one is another one by now, too";
  bench->put("eventSubscriptions", "orders/push",
             configuration(R"("maxDeliveryCount":3,)", R"(,"endpointUrl":"https://a.example.org/")"));
  EXPECT_EQ(says.asked, 3) << "how it is delivered is for the broker alone";
}

TEST_F(Consent, EndsWithPushingAndWithTheSubscription) {
  consents("yes");
  begin();
  bench->put("eventSubscriptions", "orders/push");
  bench->put("eventSubscriptions", "orders/push", configuration());
  EXPECT_FALSE(remembered());
  ASSERT_EQ(bench->host.remove_resource("eventSubscriptions", "orders/push"), "");
  bench->host.turn();
  bench->put("eventSubscriptions", "orders/push", configuration());
  EXPECT_FALSE(remembered());
}

TEST_F(Consent, TooLongANoteIsNotKept) {
  consents(std::string(1025, 'x'));
  begin();
  reload();
  EXPECT_FALSE(remembered());
}

// ---- URLs

/// A handler whose destinations are asked by a URL; what they are told is the test's.
class AskingHandler final : public trellis::WithLenders<trellis::Handler> {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-asking", .version = "1.0.0"};
  struct Asked {
    std::uint32_t shard;
    std::optional<common::ConsentLink> link;
    std::vector<std::string> grants;  // origin, rate
  };

  void lenders_changed() override { desk_ = trellis::borrow<common::ConsentDesk>(host()); }
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config&) override {
    return std::make_unique<Place>(*this);
  }
  std::vector<std::unique_ptr<Asked>> asked;

 private:
  struct Place : trellis::Destination {
    explicit Place(AskingHandler& asking) : owner(asking) {}
    void check(const trellis::Shard& shard, trellis::Settlement consent) override {
      auto made = std::make_unique<Asked>(Asked{shard.index(), {}, {}});
      made->link = common::ConsentLink::issue(
          *owner.desk_, shard, "https://hooks.example.org", [mine = made.get()](const common::ConsentGrant& grant) {
            mine->grants.emplace_back(trellis::text(grant.allowed_origin));
            mine->grants.emplace_back(trellis::text(grant.allowed_rate));
            return mine->grants.front() == "other" ? common::kConsentNotOurs : common::kConsentGiven;
          });
      owner.asked.push_back(std::move(made));
      consent.delivered();
    }
    void deliver(trellis::DeliveryBatch batch) override {
      batch.each([](trellis::Delivery& delivery) { delivery.delivered(); });
    }
    AskingHandler& owner;
  };

  std::optional<common::ConsentLink::Desk> desk_;
};

class ConsentUrl : public ::testing::Test {
 protected:
  explicit ConsentUrl(
      const std::string& settings = R"({"push": {"callback_url": "https://broker.example.com/events/"}})") {
    bench_.emplace(settings, 2, [this](trellis::testing::TestHost& host) {
      handler_ = &host.load<AskingHandler>().as<AskingHandler>();
    });
    bench_->put("eventSubscriptions", "orders/hook",
                R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"Plugin",)"
                R"("properties":{"plugin":"handler-asking"}}}}})");
  }
  void TearDown() override {
    forget();
    bench_.reset();
  }
  ResponseWatch call(const std::string& path, std::string_view method = "GET", trellis::testing::TextPairs headers = {},
                     std::uint32_t shard = 0) {
    return bench_->request(method, path, "", "", "text/plain", std::move(headers), shard);
  }
  /// Nothing is asked any more, on the shards where it was.
  void forget() {
    for (std::uint32_t shard = 0; shard < 2; ++shard) {
      handler_->host().post(shard, [this, shard] {
        std::erase_if(handler_->asked, [&](const auto& one) { return one->shard == shard; });
      });
    }
    bench_->host.turn();
  }
  /// Below the mount.
  std::string path() const {
    const std::string& url = handler_->asked.back()->link->url();
    return url.substr(url.find("/consent/"));
  }
  std::int64_t calls(const std::string& outcome) {
    return bench_->host.metric("trellis_events_consent_calls_total", "outcome=\"" + outcome + "\"");
  }

  AskingHandler* handler_ = nullptr;
  std::optional<EventsBench> bench_;
};

TEST_F(ConsentUrl, IsGoodOnce) {
  ASSERT_EQ(handler_->asked.size(), 1u);
  EXPECT_THAT(handler_->asked[0]->link->url(),
              ::testing::MatchesRegex("https://broker.example.com/events/consent/[0-9a-f]{32}"));
  EXPECT_EQ(bench_->host.metric("trellis_events_consents_awaited"), 1);
  const auto first = call(path());
  EXPECT_EQ(first.status(), 200u);
  EXPECT_EQ(first.body(),
            "{\"status\":\"Succeeded\",\"message\":\"Events are delivered to this destination from now on.\"}\n");
  EXPECT_EQ(first.header("cache-control"), "no-store");
  EXPECT_EQ(call(path()).status(), 404u);
  EXPECT_EQ(handler_->asked[0]->grants, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(calls("given"), 1);
  EXPECT_EQ(calls("unknown"), 1);
  EXPECT_EQ(bench_->host.metric("trellis_events_consents_awaited"), 0);
}

TEST_F(ConsentUrl, TellsWhatTheCallerGrants) {
  EXPECT_EQ(call(path(), "POST", {{"webhook-allowed-origin", "broker"}, {"webhook-allowed-rate", "120"}}).status(),
            200u);
  EXPECT_EQ(handler_->asked[0]->grants, (std::vector<std::string>{"broker", "120"}));
}

TEST_F(ConsentUrl, TheSameAnswerComesToAllThatIsNoConsent) {
  const auto wrong = call("/consent/00000000000000000000000000000000");
  EXPECT_EQ(wrong.status(), 404u);
  for (const std::string& one : {std::string("/consent/"), path() + "0", path().substr(0, path().size() - 1)}) {
    EXPECT_EQ(call(one).status(), 404u) << one;
    EXPECT_EQ(call(one).body(), wrong.body()) << one;
  }
  for (const std::string_view method : {"HEAD", "PUT", "OPTIONS", "DELETE"}) {
    EXPECT_EQ(call(path(), method).status(), 404u) << method;
  }
  const auto other = call(path(), "POST", {{"webhook-allowed-origin", "other"}});
  EXPECT_EQ(other.status(), 404u);
  EXPECT_EQ(other.body(), wrong.body());
  EXPECT_EQ(handler_->asked[0]->grants.size(), 2u) << "of the last one alone";
}

TEST_F(ConsentUrl, PeopleGetAPage) {
  const trellis::testing::TextPairs browser{{"accept", "text/html,application/xhtml+xml"}};
  const auto wrong = call("/consent/0", "GET", browser);
  EXPECT_EQ(wrong.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(wrong.body(), HasSubstr("There is nothing to confirm here."));
  EXPECT_THAT(call(path(), "GET", browser).body(), HasSubstr("<h1>Confirmed</h1>"));
}

TEST_F(ConsentUrl, MayBeCalledOnAnyShard) {
  EXPECT_EQ(call(path(), "GET", {}, 1).status(), 200u);
  EXPECT_EQ(call(path(), "GET", {}, 0).status(), 404u);
}

TEST_F(ConsentUrl, IsAnsweredWhenTheConsentIsKept) {
  bench_->host.hold_kept();
  const auto watch = call(path());
  EXPECT_FALSE(watch.answered());
  bench_->host.release_kept();
  EXPECT_EQ(watch.status(), 200u);
}

TEST_F(ConsentUrl, IsNothingWhenWithdrawn) {
  const std::string was = path();
  forget();
  EXPECT_EQ(call(was).status(), 404u);
}

class NoConsentUrl : public ConsentUrl {
 protected:
  NoConsentUrl() : ConsentUrl("{}") {}
};

TEST_F(NoConsentUrl, WhereNobodyCouldCome) {
  ASSERT_EQ(handler_->asked.size(), 1u);
  EXPECT_FALSE(handler_->asked[0]->link);
  EXPECT_EQ(call("/consent/0").status(), 404u);
}

}  // namespace
}  // namespace events_service::testing
