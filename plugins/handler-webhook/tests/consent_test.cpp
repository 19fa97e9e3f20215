// Endpoints consent later, by a URL that a lender makes, which the test plays.
#include <map>
#include <trellis/service.hpp>

#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

/// Stands for service-events.
class Desk final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-desk", .version = "1.0.0"};
  struct ShardState {
    ShardState(Desk&, trellis::Shard&) {}
  };
  struct Question {
    std::string who;
    std::function<std::uint32_t(const common::ConsentGrant&)> granted;
  };

  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr common::ConsentDesk kTable{
        sizeof(common::ConsentDesk), 0,
        [](void* shard, const common::ConsentQuestion* question, void* sink_user,
           void (*sink)(void*, trellis_view)) -> std::uint64_t {
          Desk& mine = of(shard);
          if (mine.full) return 0;
          const std::uint64_t number = ++mine.issued;
          mine.questions[number] = {std::string(trellis::text(question->who)),
                                    [granted = question->granted, user = question->user](const auto& grant) {
                                      return granted(user, &grant);
                                    }};
          sink(sink_user, trellis::view("https://broker.example.com/consent/" + std::to_string(number)));
          return number;
        },
        [](void* shard, std::uint64_t number) { of(shard).questions.erase(number); }};
    return id == trellis::kTableId<common::ConsentDesk> ? &kTable : Service::table(id);
  }

  std::map<std::uint64_t, Question> questions;
  std::uint64_t issued = 0;
  bool full = false;

 private:
  static Desk& of(void* shard) {
    return *static_cast<Desk*>(static_cast<trellis::Plugin*>(trellis::glue::shard(shard).plugin()));
  }
};

class LaterConsent : public HandlerTest {
 protected:
  static constexpr const char* kEventGrid = R"(, "mode": "eventgrid")";

  LaterConsent() {
    desk_ = &host_.load<Desk>("{}").as<Desk>();
    plugin_.emplace(load());
  }

  /// Asks, and has the endpoint answer.
  DeliveryWatch asked(const OpenDestination& destination, const std::string& answer) {
    const DeliveryWatch watch = destination.check();
    auto peer = server();
    request_ = Asked::of(peer.received());
    peer.send(answer);
    if (peer.open()) peer.disconnect();
    return watch;
  }
  /// A destination's block with a consent of before.
  static std::string remembered(const std::string& consent, const std::string& more = {}) {
    std::string all = block(more);
    all.pop_back();
    return all + R"(, "consent": ")" + consent + "\"}";
  }
  std::uint32_t call(std::uint64_t number, std::string_view origin = {}, std::string_view rate = {}) {
    std::uint32_t said = 0;
    desk_->host().post(0, [&, granted = desk_->questions.at(number).granted] {
      said = granted({sizeof(common::ConsentGrant), 0, trellis::view(origin), trellis::view(rate)});
    });
    host_.turn();
    return said;
  }
  std::int64_t checks(const std::string& verdict) const {
    return host_.metric("trellis_webhook_checks_total", "verdict=\"" + verdict + "\"");
  }

  Desk* desk_ = nullptr;
  std::optional<Driver> plugin_;
  Asked request_;
};

TEST_F(LaterConsent, AUrlGoesWithAValidation) {
  const auto destination = plugin_->open(block(kEventGrid));
  const auto watch = asked(destination, http(200, "{}"));
  const auto body = trellis::json::parse(request_.body).value();
  EXPECT_EQ(body.items.at(0).find("data")->find("validationUrl")->text, "https://broker.example.com/consent/1");
  EXPECT_EQ(desk_->questions.at(1).who, "https://hooks.example.org");
  EXPECT_EQ(watch.outcome(), Settled::awaited);
  EXPECT_EQ(watch.reason(),
            "awaiting manual action: https://hooks.example.org has not sent the validation code back yet; the URL that "
            "it was sent is good for 10 minutes");
  EXPECT_EQ(call(1), common::kConsentGiven);
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(watch.reason(), R"({"origin":"trellis"})");
  EXPECT_TRUE(desk_->questions.empty());
  EXPECT_EQ(checks("awaited"), 1);
  EXPECT_EQ(checks("consent"), 1);
}

TEST_F(LaterConsent, AUrlGoesWithOptions) {
  const auto destination = plugin_->open(block());
  const auto watch = asked(destination, http(200));
  EXPECT_EQ(request_.header("webhook-request-callback"), "https://broker.example.com/consent/1");
  EXPECT_EQ(watch.outcome(), Settled::awaited);
  EXPECT_EQ(call(1, "elsewhere"), common::kConsentNotOurs);
  EXPECT_EQ(watch.outcome(), Settled::awaited) << "a wrong origin uses nothing up";
  EXPECT_EQ(call(1, "Trellis"), common::kConsentGiven);
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(LaterConsent, SomeCallBeforeTheyAnswer) {
  const auto destination = plugin_->open(block(kEventGrid));
  const auto watch = destination.check();
  auto peer = server();
  EXPECT_EQ(call(1), common::kConsentGiven);
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  peer.send(http(200, "{}"));
  EXPECT_EQ(checks("awaited"), 0);
  EXPECT_TRUE(desk_->questions.empty());
}

TEST_F(LaterConsent, IsWaitedForForTenMinutes) {
  const auto destination = plugin_->open(block());
  const auto watch = asked(destination, http(200));
  host_.advance(10min - 1s);
  EXPECT_EQ(watch.outcome(), Settled::awaited);
  EXPECT_EQ(desk_->questions.size(), 1u);
  host_.advance(1s);
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.reason(), "awaiting manual action: nobody called the URL in time");
  EXPECT_TRUE(desk_->questions.empty());
  asked(destination, http(200));
  EXPECT_EQ(request_.header("webhook-request-callback"), "https://broker.example.com/consent/2");
}

TEST_F(LaterConsent, AnAnswerEndsTheUrl) {
  const auto destination = plugin_->open(block());
  EXPECT_EQ(asked(destination, http(200, {}, "WebHook-Allowed-Origin: *\r\n")).outcome(), Settled::delivered);
  EXPECT_TRUE(desk_->questions.empty());
  EXPECT_EQ(asked(destination, http(200, {}, "WebHook-Allowed-Origin: other\r\n")).outcome(), Settled::refused);
  EXPECT_TRUE(desk_->questions.empty());
  EXPECT_EQ(asked(destination, http(500)).outcome(), Settled::refused);
  EXPECT_TRUE(desk_->questions.empty());
  EXPECT_EQ(desk_->issued, 3u);
}

TEST_F(LaterConsent, ARateThatTheCallGrantsIsObeyed) {
  const std::string more = R"(, "obeyAllowedRate": true, "timeout": "10s")";
  const auto destination = plugin_->open(block(more));
  const auto watch = asked(destination, http(200));
  EXPECT_EQ(call(1, "*", "30"), common::kConsentGiven);
  EXPECT_EQ(watch.reason(), R"({"origin":"trellis","allowedRate":30})");
  destination.deliver({event("a"), event("b")});
  EXPECT_EQ(host_.dials().size(), 1u);
  host_.advance(2s);
  EXPECT_EQ(host_.dials().size(), 2u);
}

TEST_F(LaterConsent, AConsentOfBeforeHoldsWithItsRate) {
  const auto destination =
      plugin_->open(remembered(R"({\"origin\":\"trellis\",\"allowedRate\":30})", R"(, "obeyAllowedRate": true)"));
  const auto watch = destination.check();
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(watch.reason(), R"({"origin":"trellis","allowedRate":30})") << "to be remembered on";
  EXPECT_TRUE(host_.dials().empty()) << "nobody is asked";
  destination.deliver({event("a"), event("b")});
  EXPECT_EQ(host_.dials().size(), 1u);
  host_.advance(2s);
  EXPECT_EQ(host_.dials().size(), 2u);
}

TEST_F(LaterConsent, AConsentToSomebodyElseIsNone) {
  for (const std::string consent : {"", "?", "[]", "{}", R"({\"origin\":1})", R"({\"origin\":\"before\"})"}) {
    const auto destination = plugin_->open(remembered(consent));
    destination.check();
    EXPECT_THAT(server().received(), StartsWith("OPTIONS ")) << consent;
  }
}

TEST_F(LaterConsent, ASubscriptionMayHaveACallbackOfItsOwn) {
  const auto destination = plugin_->open(block(R"(, "requestCallback": "https://else.example.org/")"));
  EXPECT_EQ(asked(destination, http(200)).outcome(), Settled::retry);
  EXPECT_EQ(request_.header("webhook-request-callback"), "https://else.example.org/");
  EXPECT_EQ(desk_->issued, 0u);
}

TEST_F(LaterConsent, WithoutAUrlOptionsHasNoneAndSilenceIsNoConsent) {
  desk_->full = true;
  EXPECT_EQ(asked(plugin_->open(block()), http(200)).outcome(), Settled::refused);
  EXPECT_EQ(request_.header("webhook-request-callback"), "none");
}

TEST_F(LaterConsent, ADestinationThatIsClosedNeedsNone) {
  {
    const auto closed = plugin_->open(block());
    asked(closed, http(200));
  }
  EXPECT_EQ(call(1), common::kConsentNotOurs);
  asked(plugin_->open(block()), http(200));
  EXPECT_EQ(desk_->questions.size(), 1u) << "the next question clears up";
  EXPECT_TRUE(desk_->questions.contains(2));
}

}  // namespace
}  // namespace hooks
