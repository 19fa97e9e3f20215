// Whatever clients do, and in whatever order: pull delivery against a model of it.
#include <array>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>

#include "events_bench.hpp"
#include "pull_model.hpp"

namespace events_service::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kStepsOfSeed = 10'000;
constexpr std::size_t kMostEvents = 60;  // that one subscription has
constexpr std::size_t kMostWaiting = 6;

struct Name {
  const char* name;
  const char* filter;
  bool (*wants)(std::string_view type, std::string_view subject);
};
constexpr std::array<Name, 3> kNames{
    {{"audit", "{}", [](std::string_view, std::string_view) { return true; }},
     {"created", R"({"includedEventTypes":["order.created"]})",
      [](std::string_view type, std::string_view) { return type == "order.created"; }},
     {"europe", R"({"filters":[{"operatorType":"StringBeginsWith","key":"subject","values":["eu/"]}]})",
      [](std::string_view, std::string_view subject) { return subject.starts_with("eu/"); }}}};

/// A token that a client has, whatever became of it.
struct Token {
  std::string text;
  std::size_t subscription;
};

class Run {
 public:
  Run(std::uint32_t seed, std::uint32_t shards)
      : random_(seed),
        shards_(shards),
        wide_(seed % 2 == 0),
        bench_(wide_ ? R"({"wide_ranges":true})" : "{}", shards),
        home_(static_cast<std::uint32_t>(std::hash<std::string>()("orders") % shards)) {
    EXPECT_EQ(bench_.host.remove_resource("eventSubscriptions", "orders/audit"), "");
    for (std::size_t i = 0; i < kNames.size(); ++i) put(i);
  }

  void step() {
    move_to_free_time(below(20) == 0 ? below(400'000) : below(below(3) == 0 ? 20'000 : 1'000));
    const std::size_t what = below(1000);
    const std::size_t which = below(kNames.size());
    if (what < 300) {
      publish();
    } else if (what < 560) {
      receive(which);
    } else if (what < 940) {
      settle(which);
    } else if (what < 965) {
      leave(which);
    } else if (what < 985) {
      put(which);
    } else if (what < 990) {
      remove(which);
    } else if (what < 993) {
      renew_for_long();
    } else {
      refused(which);
    }
    pass(now() + 1);  // what is to be done at once is done then
    check();
  }

  const ModelCounts& counts() const noexcept { return counts_; }
  /// How it stands, for whoever looks for a fault.
  std::string described() const {
    static constexpr std::array<const char*, 3> kStates{" available", " locked", " deferred"};
    std::string out = " at " + std::to_string(now());
    for (std::size_t which = 0; which < kNames.size(); ++which) {
      if (!subscriptions_[which]) continue;
      const ModelSubscription& model = *subscriptions_[which];
      out += "\n" + std::string(kNames[which].name) + ": at most " + std::to_string(model.settings.most_deliveries) +
             " deliveries, " + std::to_string(model.waiting.size()) + " wait";
      for (const ModelEvent& one : model.events) {
        out += "\n  " + one.id + kStates[static_cast<std::size_t>(one.state)] + " until " + std::to_string(one.due) +
               ", delivered " + std::to_string(one.deliveries) + " times, ends " + std::to_string(model.end_of(one));
      }
    }
    return out;
  }

 private:
  std::size_t below(std::size_t most) { return static_cast<std::size_t>(random_() % most); }
  template <class List>
  const auto& any_of(const List& list) {
    return list[below(list.size())];
  }
  std::uint32_t any_shard() { return static_cast<std::uint32_t>(below(shards_)); }
  std::int64_t now() const { return bench_.host.wall().count(); }

  // ---- time

  /// Moves the time, at least so far, to a moment whose milliseconds nothing else that goes on has: what of two things
  /// that are due at once comes first is nobody's business. Delays of releases end with a second.
  void move_to_free_time(std::size_t ms) {
    std::int64_t to = now() + static_cast<std::int64_t>(ms) + 1;
    pass(to);
    std::set<std::int64_t> taken{0};
    for (const auto& one : subscriptions_) {
      if (!one) continue;
      for (const ModelEvent& event : one->events) taken.insert({event.published % 1000, event.due % 1000});
      for (const ModelReceive& receive : one->waiting) taken.insert(receive.due % 1000);
    }
    ASSERT_LT(taken.size(), 900u);
    while (taken.contains(to % 1000)) ++to;
    pass(to);
  }
  void pass(std::int64_t to) {
    bench_.host.advance(milliseconds(to - now()));
    for (auto& one : subscriptions_) {
      if (one) one->live_until(to);
    }
    compare_answers();
  }

  // ---- what clients do

  void publish() {
    const bool batch = below(3) == 0;
    const bool refuse = below(40) == 0;
    std::string body;
    const std::size_t count = batch ? below(6) : 1;
    std::vector<std::function<void()>> later;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string id = "e" + std::to_string(++last_id_);
      const std::string type = below(2) == 0 ? "order.created" : "order.paid";
      const std::string subject = below(3) == 0 ? "us/1" : "eu/1";
      body += (body.empty() ? "" : ",") + std::string(R"({"specversion":"1.0","source":"/shop","id":")") + id +
              R"(","type":")" + type + R"(","subject":")" + subject + "\"}";
      for (std::size_t s = 0; s < kNames.size(); ++s) {
        if (!subscriptions_[s] || !kNames[s].wants(type, subject)) continue;
        later.push_back([this, id, s] { subscriptions_[s]->publish(id); });
      }
    }
    for (const auto& one : subscriptions_) {
      if (one && one->events.size() + count > kMostEvents) return;
    }
    bench_.host.refuse_offers(refuse);
    const auto watch = batch ? bench_.publish("[" + body + "]", "application/cloudevents-batch+json", any_shard())
                             : bench_.publish(body, "application/cloudevents+json; charset=utf-8", any_shard());
    bench_.host.refuse_offers(false);
    ASSERT_EQ(watch.status(), refuse ? 503u : 200u) << watch.body();
    if (refuse) return;
    published_ += count;
    for (const auto& one : later) one();
    for (auto& one : subscriptions_) {
      if (one) one->look();
    }
  }

  void receive(std::size_t which) {
    static constexpr std::array<std::size_t, 4> kMost{1, 2, 5, 100};
    const std::size_t most = any_of(kMost);
    const std::size_t wait_s = wide_ && below(2) == 0 ? 0 : 10 + below(111);
    const std::uint32_t shard = any_shard();
    if (subscriptions_[which] && subscriptions_[which]->waiting.size() >= kMostWaiting) return;
    const auto watch = bench_.start_receive(static_cast<std::uint32_t>(most), "&maxWaitTime=" + std::to_string(wait_s),
                                            shard, kNames[which].name);
    if (!subscriptions_[which]) {
      EXPECT_EQ(watch.status(), 404u);
      return;
    }
    watches_.push_back({watch, which});
    subscriptions_[which]->receive(watches_.size() - 1, most, static_cast<std::int64_t>(wait_s) * 1000, shard != home_);
  }

  void leave(std::size_t which) {
    if (!subscriptions_[which] || subscriptions_[which]->waiting.empty()) return;
    // Of two that left unseen on other shards nobody says whose events are back first.
    for (const ModelReceive& one : subscriptions_[which]->waiting) {
      if (one.gone && one.away) return;
    }
    const std::size_t number = any_of(subscriptions_[which]->waiting).number;
    watches_[number].first.leave();
    subscriptions_[which]->leave(number);
  }

  /// What becomes of a token that is asked for, as the model has it.
  struct Asked {
    std::string text;
    std::string error;
  };

  void settle(std::size_t which) {
    static constexpr std::array<const char*, 6> kOperations{"acknowledge", "acknowledge", "release",
                                                            "release",     "reject",      "renewLock"};
    static constexpr std::array<std::size_t, 5> kDelays{0, 10, 60, 600, 3600};
    const std::string operation = any_of(kOperations);
    const std::size_t delay_s = operation == "release" ? any_of(kDelays) : 0;
    std::vector<std::string> tokens;
    for (std::size_t i = below(5); i > 0; --i) tokens.push_back(any_token(which));
    settle(which, operation, tokens, delay_s);
  }

  std::string any_token(std::size_t which) {
    const std::size_t how = below(20);
    std::vector<std::string> good;
    if (subscriptions_[which]) {
      for (const ModelEvent& one : subscriptions_[which]->events) {
        if (one.state == ModelEvent::State::locked) good.push_back(one.token);
      }
    }
    if (how < 14 && !good.empty()) return any_of(good);
    if (tokens_.empty() || how == 14) return "no token";
    // Of whatever subscription, and whatever became of it; most are of late.
    std::string token = tokens_[tokens_.size() - 1 - below(std::min<std::size_t>(tokens_.size(), 200))].text;
    if (how == 15) {  // forged: from the name of the key on
      const std::size_t at = 8 + below(token.size() - 9);
      token[at] = token[at] == 'A' ? 'B' : 'A';
      forged_.insert(token);
    }
    return token;
  }

  void settle(std::size_t which, const std::string& operation, const std::vector<std::string>& tokens,
              std::size_t delay_s) {
    std::string body;
    for (const std::string& token : tokens) body += (body.empty() ? "" : ",") + trellis::json::quote(token);
    const auto watch =
        bench_.post("/topics/orders/eventsubscriptions/" + std::string(kNames[which].name) + ":" + operation,
                    operation == "release" ? "releaseDelayInSeconds=" + std::to_string(delay_s) : "",
                    R"({"lockTokens":[)" + body + "]}", "application/json", {}, any_shard());
    if (!subscriptions_[which]) {
      EXPECT_EQ(watch.status(), 404u);
      return;
    }
    std::vector<std::string> succeeded;
    std::vector<std::string> failed;
    std::set<std::string> before;
    for (const std::string& token : tokens) {
      std::string error = "TokenLost";
      if (before.insert(token).second) {
        const bool bad = token == "no token" || forged_.contains(token);
        error = bad ? "BadToken"
                    : subscriptions_[which]->settle(operation, token, static_cast<std::int64_t>(delay_s) * 1000);
      }
      count_settled(operation, error.empty());
      if (error.empty()) {
        succeeded.push_back(token);
      } else {
        failed.push_back(token + " " + error);
      }
    }
    subscriptions_[which]->look();
    compare_settled(watch, succeeded, failed);
  }

  void count_settled(const std::string& operation, bool good) {
    if (operation == "acknowledge") ++(good ? counts_.acknowledged : counts_.acknowledge_failed);
    if (operation == "release") ++(good ? counts_.released : counts_.release_failed);
    if (operation == "reject") ++(good ? counts_.rejected : counts_.reject_failed);
    if (operation == "renewLock") ++(good ? counts_.renewed : counts_.renew_failed);
  }

  /// One client keeps its lock until it may not any more.
  void renew_for_long() {
    for (std::size_t which = 0; which < kNames.size(); ++which) {
      if (!subscriptions_[which]) continue;
      for (const ModelEvent& one : subscriptions_[which]->events) {
        if (one.state != ModelEvent::State::locked) continue;
        const std::string token = one.token;
        for (const std::int64_t since = one.since; now() - since < 3'700'000;) {
          move_to_free_time(20'000 + below(30'000));
          settle(which, "renewLock", {token}, 0);
        }
        return settle(which, below(2) == 0 ? "acknowledge" : "release", {token}, 0);
      }
    }
  }

  /// Requests that are none change nothing.
  void refused(std::size_t which) {
    const std::string path = "/topics/orders/eventsubscriptions/" + std::string(kNames[which].name);
    const std::uint32_t expected = subscriptions_[which] ? 400 : 404;
    const std::string token = tokens_.empty() ? "x" : tokens_.back().text;
    EXPECT_EQ(bench_.post(path + ":acknowledge", "", R"({"lockTokens":")" + token + "\"}").status(), expected);
    EXPECT_EQ(bench_.post(path + ":reject", "", R"({"lockTokens":[")" + token + "\",5]}").status(), expected);
    EXPECT_EQ(bench_.post(path + ":receive", "maxEvents=0", "").status(), 400u);
    EXPECT_EQ(
        bench_.post(path + ":release", "releaseDelayInSeconds=x", R"({"lockTokens":[")" + token + "\"]}").status(),
        400u);
    EXPECT_EQ(bench_.publish("[" + bench_.event("good") + ",{}]", "application/cloudevents-batch+json").status(), 400u);
  }

  // ---- what the administrator does

  /// Creates it, or changes its settings.
  void put(std::size_t which) {
    static constexpr std::array<std::pair<const char*, std::int64_t>, 5> kLives{
        {{"PT1M", 60'000}, {"PT2M", 120'000}, {"PT10M", 600'000}, {"PT2H", 7'200'000}, {"", 86'400'000}}};
    const auto [life, life_ms] = any_of(kLives);
    const std::int64_t lock_s = 60 + static_cast<std::int64_t>(below(241));
    const int most = 1 + static_cast<int>(below(4));
    std::string queue = R"({"receiveLockDurationInSeconds":)" + std::to_string(lock_s) + R"(,"maxDeliveryCount":)" +
                        std::to_string(most);
    if (*life != '\0') queue += R"(,"eventTimeToLive":")" + std::string(life) + "\"";
    bench_.put(
        "eventSubscriptions", name_of(which),
        R"({"deliveryConfiguration":{"queue":)" + queue + R"(}},"filtersConfiguration":)" + kNames[which].filter + "}");
    const ModelSettings settings{lock_s * 1000, most, life_ms};
    auto& model = subscriptions_[which];
    if (model) {
      model->change(settings);
    } else {
      model.emplace(counts_, now(), settings);
    }
  }

  void remove(std::size_t which) {
    if (!subscriptions_[which]) return put(which);
    ASSERT_EQ(bench_.host.remove_resource("eventSubscriptions", name_of(which)), "");
    bench_.host.turn();
    subscriptions_[which]->remove();
    compare_answers();
    subscriptions_[which].reset();
    if (below(2) == 0) put(which);
  }

  static std::string name_of(std::size_t which) { return "orders/" + std::string(kNames[which].name); }

  // ---- comparing

  static std::string text_of(const std::vector<std::pair<std::string, int>>& events) {
    std::string out;
    for (const auto& [id, deliveries] : events) out += id + " (" + std::to_string(deliveries) + ") ";
    return out;
  }

  void compare_answers() {
    for (std::size_t which = 0; which < kNames.size(); ++which) {
      if (!subscriptions_[which]) continue;
      for (const ModelAnswer& expected : std::exchange(subscriptions_[which]->answers, {})) compare(which, expected);
      for (const ModelReceive& one : subscriptions_[which]->waiting) {
        ASSERT_FALSE(watches_[one.number].first.answered()) << watches_[one.number].first.body();
      }
    }
  }

  void compare(std::size_t which, const ModelAnswer& expected) {
    const ResponseWatch& watch = watches_[expected.number].first;
    ASSERT_EQ(watch.status(), expected.status) << "for " << text_of(expected.events);
    if (expected.status != 200) return;
    const std::vector<Received> received = bench_.read(watch);
    std::vector<std::pair<std::string, int>> found;
    for (const Received& one : received) found.emplace_back(one.id, static_cast<int>(one.count));
    ASSERT_EQ(text_of(found), text_of(expected.events));
    for (const Received& one : received) {
      tokens_.push_back({one.token, which});
      for (ModelEvent& event : subscriptions_[which]->events) {
        const bool holds = event.state == ModelEvent::State::locked && event.deliveries == one.count;
        if (holds && event.id == one.id) event.token = one.token;
      }
    }
  }

  void compare_settled(const ResponseWatch& watch, const std::vector<std::string>& succeeded,
                       const std::vector<std::string>& failed) {
    ASSERT_EQ(watch.status(), 200u) << watch.body();
    const auto body = trellis::Config::parse(watch.body());
    ASSERT_TRUE(body) << watch.body();
    EXPECT_EQ(body->texts("succeededLockTokens"), succeeded) << watch.body();
    std::vector<std::string> found;
    for (const trellis::Config& one : body->list("failedLockTokens")) {
      found.push_back(one.text("lockToken") + " " + one.object("error").text("code"));
    }
    EXPECT_EQ(found, failed);
  }

  std::int64_t metric(const char* noun, const char* labels) const {
    return bench_.host.metric("trellis_events_" + std::string(noun) + "_total", labels);
  }

  void check() {
    compare_answers();
    std::int64_t queued = 0;
    std::int64_t leased = 0;
    std::int64_t waiting = 0;
    std::int64_t waiting_or_gone = 0;
    std::int64_t locked = 0;
    std::int64_t held = 0;
    for (std::size_t which = 0; which < kNames.size(); ++which) {
      const auto facts = bench_.host.subscriber(Subscription::queue_name("orders", kNames[which].name));
      ASSERT_EQ(facts.queued, subscriptions_[which] ? subscriptions_[which]->events.size() : 0) << kNames[which].name;
      queued += static_cast<std::int64_t>(facts.queued);
      leased += static_cast<std::int64_t>(facts.leased);
      if (!subscriptions_[which]) continue;
      const ModelSubscription& model = *subscriptions_[which];
      locked += static_cast<std::int64_t>(model.count(ModelEvent::State::locked));
      held += static_cast<std::int64_t>(model.count(ModelEvent::State::deferred));
      waiting_or_gone += static_cast<std::int64_t>(model.waiting.size());
      waiting += std::ranges::count_if(model.waiting, [](const ModelReceive& one) { return !one.gone; });
    }
    check_counts(queued);
    // One that was released stands in the queue again a little before it may be delivered.
    const std::int64_t gauge = bench_.host.metric("trellis_events_locked");
    ASSERT_EQ(gauge, leased);
    ASSERT_TRUE(gauge >= locked && gauge <= locked + held) << gauge << ", " << locked << " and " << held;
    // That somebody left is seen when there is something to give.
    const std::int64_t waits = bench_.host.metric("trellis_events_waiting_receives");
    ASSERT_TRUE(waits >= waiting && waits <= waiting_or_gone) << waits;
  }

  void check_counts(std::int64_t queued) {
    static constexpr const char* kGood = "outcome=\"success\"";
    static constexpr const char* kBad = "outcome=\"failure\"";
    ASSERT_EQ(metric("published", kGood), static_cast<std::int64_t>(published_));
    ASSERT_EQ(metric("received", kGood), counts_.received);
    ASSERT_EQ(metric("received", kBad), counts_.undone);
    ASSERT_EQ(metric("acknowledged", kGood), counts_.acknowledged);
    ASSERT_EQ(metric("acknowledged", kBad), counts_.acknowledge_failed);
    ASSERT_EQ(metric("released", kGood), counts_.released);
    ASSERT_EQ(metric("released", kBad), counts_.release_failed);
    ASSERT_EQ(metric("rejected", kGood), counts_.rejected);
    ASSERT_EQ(metric("rejected", kBad), counts_.reject_failed);
    ASSERT_EQ(metric("renewed", kGood), counts_.renewed);
    ASSERT_EQ(metric("renewed", kBad), counts_.renew_failed);
    ASSERT_EQ(metric("locks_expired", ""), counts_.locks_expired);
    ASSERT_EQ(metric("dropped", R"(reason="rejected")"), counts_.dropped_rejected);
    ASSERT_EQ(metric("dropped", R"(reason="maximum_deliveries")"), counts_.dropped_exhausted);
    ASSERT_EQ(metric("dropped", R"(reason="expired")"), counts_.dropped_expired);
    // Nothing is lost, and nothing is twice.
    ASSERT_EQ(counts_.offered, queued + metric("acknowledged", kGood) + metric("dropped", R"(reason="rejected")") +
                                   metric("dropped", R"(reason="maximum_deliveries")") +
                                   metric("dropped", R"(reason="expired")") + counts_.removed);
  }

  std::mt19937 random_;
  std::uint32_t shards_;
  bool wide_;
  EventsBench bench_;
  std::uint32_t home_;  // the shard of the topic
  ModelCounts counts_;
  std::array<std::optional<ModelSubscription>, kNames.size()> subscriptions_;
  std::vector<std::pair<ResponseWatch, std::size_t>> watches_;
  std::vector<Token> tokens_;
  std::set<std::string> forged_;
  std::size_t last_id_ = 0;
  std::size_t published_ = 0;
};

std::size_t environment_or(const char* name, std::size_t otherwise) {
  const char* const asked = std::getenv(name);
  return asked == nullptr ? otherwise : std::stoul(asked);
}

/// A model that nothing happens in agrees with everything.
void expect_much_happened(const ModelCounts& counts, std::uint32_t shards) {
  ::testing::Test::RecordProperty("offered", std::to_string(counts.offered));
  for (const std::int64_t one : {counts.received, counts.acknowledged, counts.released, counts.rejected, counts.renewed,
                                 counts.acknowledge_failed, counts.release_failed, counts.reject_failed,
                                 counts.renew_failed, counts.locks_expired, counts.dropped_rejected,
                                 counts.dropped_exhausted, counts.dropped_expired, counts.removed}) {
    EXPECT_GT(one, 20);
  }
  EXPECT_EQ(counts.undone > 0, shards > 1);
}

/// TRELLIS_PULL_STEPS asks for more than a quick run has, TRELLIS_SEED for others.
void run(std::uint32_t shards) {
  const std::size_t steps = environment_or("TRELLIS_PULL_STEPS", 100'000) / 2;
  auto seed = static_cast<std::uint32_t>(environment_or("TRELLIS_SEED", 1));
  for (std::size_t done = 0; done < steps; ++seed) {
    Run one(seed, shards);
    for (std::size_t i = 0; i < kStepsOfSeed && done < steps; ++i, ++done) {
      one.step();
      if (::testing::Test::HasFailure()) {
        FAIL() << "with TRELLIS_SEED=" << seed << ", step " << i << ", where the model has" << one.described();
      }
    }
    if (done <= kStepsOfSeed) expect_much_happened(one.counts(), shards);
  }
}

TEST(PullProperty, OneShardDoesAsTheModel) { run(1); }
TEST(PullProperty, SeveralShardsDoAsTheModel) { run(3); }

}  // namespace
}  // namespace events_service::testing
