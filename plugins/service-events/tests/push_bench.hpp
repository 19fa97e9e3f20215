// A push subscription, with a handler that does as the test says.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <trellis/handler.hpp>

#include "letters_bench.hpp"

namespace events_service::testing {

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
inline Script* script = nullptr;

inline std::string id_of(const trellis::Message& message) {
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
    const auto unless_set = [&](std::string_view key, std::string_view json) {
      return settings.find(key) == std::string_view::npos ? std::string(json) : std::string();
    };
    // What is given up is only counted, unless the test has a place for it.
    bench.emplace(R"({"wide_ranges":false)" + unless_set("\"push\"", R"(,"push":{"jitter_percent":0})") +
                      unless_set("\"dead_letters\"", R"(,"dead_letters":{"by_default":false})") +
                      std::string(settings) + "}",
                  1, [](trellis::testing::TestHost& host) { host.load<ScriptedHandler>(); });
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
  std::int64_t pauses() {
    return metric("trellis_events_push_pauses_total", R"(reason="failing")") +
           metric("trellis_events_push_pauses_total", R"(reason="asked")");
  }
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

}  // namespace events_service::testing
