// The life cycle, errors in it, time, posting, and the promises a TestHost watches over.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <thread>
#include <trellis/stage.hpp>
#include <trellis/testing/test_host.hpp>

namespace trellis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string>& steps() {
  static std::vector<std::string> all;
  return all;
}

/// Notes what happens to it and fails where told.
class Diary final : public Stage {
 public:
  static constexpr PluginInfo kInfo{.id = "stage-diary", .version = "1.0.0", .wants = {TRELLIS_HOST_LOOP}};
  static Schema schema() { return Schema{}.text("fail", {.fallback = "nowhere"}); }

  struct ShardState {
    ShardState(Diary&, Shard& shard) { steps().push_back("open " + std::to_string(shard.index())); }
    ~ShardState() { steps().emplace_back("close"); }
  };

  Diary() { steps() = {"create"}; }
  ~Diary() override { steps().emplace_back("destroy"); }
  Result<void> configure(const Config& config) override {
    steps().emplace_back("configure");
    where_ = config.text("fail");
    if (where_ == "configure") return fail("fail: will not be configured");
    if (where_ == "configure throws") throw std::runtime_error("configure threw");
    if (where_ == "configure throws a number") throw 7;
    if (where_ == "misread") (void)config.integer("fail");
    return ok();
  }
  Result<void> start() override {
    steps().emplace_back("start");
    if (where_ == "start") return fail("fail: will not start");
    return ok();
  }
  void drain(std::chrono::milliseconds) override { steps().emplace_back("drain"); }
  void stop() override {
    steps().emplace_back("stop");
    if (where_ == "stop throws") throw std::runtime_error("stop threw");
  }
  void on_messages(MessageBatch batch) noexcept override {
    batch.judge([](const Message&) { return Verdict::pass; });
  }

 private:
  std::string where_;
};

TEST(LifeCycle, GoesStepByStep) {
  {
    testing::TestHost host({.shards = 2});
    host.load<Diary>();
  }
  EXPECT_THAT(steps(), ElementsAre("create", "configure", "start", "open 0", "open 1", "drain", "close", "close",
                                   "stop", "stop", "destroy"));
}

TEST(LifeCycle, EndsInOrderAfterAFailedStart) {
  testing::TestHost host;
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "start"})"), "fail: will not start");
  EXPECT_THAT(steps(), ElementsAre("create", "configure", "start", "stop", "stop", "destroy"));
}

TEST(LifeCycle, TurnsWhatIsThrownIntoSentences) {
  testing::TestHost host;
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "configure"})"), "fail: will not be configured");
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "configure throws"})"), "configure threw");
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "configure throws a number"})"),
            "the plugin threw something that is no std::exception");
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "misread"})"), "/fail: expected a whole number, found text");
}

TEST(LifeCycle, LogsWhatIsThrownByStop) {
  testing::TestHost host;
  EXPECT_EQ(host.refusal<Diary>(R"({"fail": "stop throws"})"), "");
  EXPECT_TRUE(host.logged("stop threw"));
}

TEST(LifeCycle, IsRefusedWhereAWantedTableIsMissing) {
  testing::TestHost host({.missing_tables = {TRELLIS_HOST_LOOP}});
  EXPECT_EQ(host.refusal<Diary>("{}"),
            "wants the host table \"trellis.host.loop/1\", which this kernel does not offer");
}

TEST(LifeCycle, LoadThrowsTheSentence) {
  testing::TestHost host;
  try {
    host.load<Diary>(R"({"fail": "start"})");
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "plugin 'stage-diary': fail: will not start");
  }
}

/// Calls back from timers and posts, as the test asks.
class Restless final : public Stage {
 public:
  static constexpr PluginInfo kInfo{.id = "stage-restless", .version = "1.0.0"};
  void on_messages(MessageBatch batch) noexcept override {
    batch.judge([](const Message&) { return Verdict::pass; });
  }
};

TEST(Timers, FireOnceAtTheirTime) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  int fired = 0;
  Timer timer;
  Timer cancelled;
  host.on_shard(plugin.instance(), 0, [&](void* state) {
    const auto& shard = *static_cast<Shard*>(state);
    timer = shard.after(100ms, [&] { ++fired; });
    cancelled = shard.after(50ms, [&] { fired += 100; });
    cancelled.cancel();
  });
  EXPECT_TRUE(timer.waiting());
  host.advance(99ms);
  EXPECT_EQ(fired, 0);
  host.advance(1ms);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.waiting());
  host.advance(1h);
  EXPECT_EQ(fired, 1);
}

TEST(Timers, SeeTheTimeTheyAskedFor) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  const auto begin = host.now();
  std::chrono::milliseconds seen{};
  Timer timer;
  host.on_shard(plugin.instance(), 0, [&](void* state) {
    const auto& shard = *static_cast<Shard*>(state);
    timer = shard.after(70ms, [&] { seen = shard.now(); });
  });
  host.advance(10s);
  EXPECT_EQ(seen - begin, 70ms);
}

TEST(Posts, RunOnTheShardInOrder) {
  testing::TestHost host({.shards = 2});
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  std::vector<int> order;
  std::thread([&] {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(kernel.post(1, [&order, i] { order.push_back(i); }));
  }).join();
  host.turn();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST(Posts, ThatPostThemselvesRunOnceATurn) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  int runs = 0;
  bool goes_on = true;
  std::function<void()> again = [&] {
    ++runs;
    if (goes_on) kernel.post(0, again);
  };
  EXPECT_TRUE(kernel.post(0, again));
  for (int turns = 1; turns <= 3; ++turns) {
    host.turn();
    EXPECT_EQ(runs, turns);
  }
  plugin.publish("a");
  host.advance(1s);
  EXPECT_GT(runs, 3) << "drivers and time turn too";
  goes_on = false;
}

TEST(Posts, OfPostsAreDoneBeforeADriverReturns) {
  testing::TestHost host({.shards = 2});
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  bool done = false;
  EXPECT_TRUE(kernel.post(0, [&] { EXPECT_TRUE(kernel.post(1, [&] { kernel.post(0, [&] { done = true; }); })); }));
  plugin.publish("a");
  EXPECT_TRUE(done);
}

TEST(Posts, AreThrownAwayWhereTheShardIsGone) {
  testing::TestHost host({.shards_gone = true});
  auto plugin = host.load<Restless>();
  auto alive = std::make_shared<int>(0);
  EXPECT_FALSE(plugin.as<Restless>().host().post(0, [alive] { ++*alive; }));
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(TestHost, ReportsShardCallsFromElsewhere) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  Shard* shard = nullptr;
  host.on_shard(plugin.instance(), 0, [&](void* state) { shard = static_cast<Shard*>(state); });
  (void)shard->now();
  EXPECT_THAT(host.take_violations(),
              ElementsAre("loop.now_ms is [shard], but was called from a thread outside any call"));
}

TEST(TestHost, ReportsBadMetrics) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  kernel.counter("apples", "Apples.").add_any(-1);
  (void)kernel.gauge("Pears", "Pears.");
  EXPECT_THAT(host.take_violations(),
              ElementsAre("counter \"apples\" does not end in _total", "counter \"apples\" was lowered",
                          "metric name \"Pears\" is not [a-z_][a-z0-9_]*"));
}

TEST(Host, HistogramsCountEachValueInOneBucket) {
  testing::TestHost host;
  auto plugin = host.load<Restless>();
  const Histogram sizes = plugin.as<Restless>().host().histogram("sizes_bytes", "Sizes.", {10, 20}, R"(of="pears")");
  host.on_shard(plugin.instance(), 0, [&](void* state) {
    const auto& shard = *static_cast<Shard*>(state);
    for (const std::int64_t size : {0, 10, 11, 21, 4000}) sizes.add(shard, size);
    Histogram().add(shard, 5);  // counts nothing
  });
  EXPECT_EQ(host.metric("sizes_bytes", R"(of="pears",le="10")"), 2);
  EXPECT_EQ(host.metric("sizes_bytes", R"(of="pears",le="20")"), 1);
  EXPECT_EQ(host.metric("sizes_bytes", R"(of="pears",le="+Inf")"), 2);
  EXPECT_EQ(host.metric("sizes_bytes", R"(of="pears")"), 4042);
}

/// Keeps what it should give back.
class Hoarder final : public Stage {
 public:
  static constexpr PluginInfo kInfo{.id = "stage-hoarder", .version = "1.0.0"};
  void on_messages(MessageBatch batch) noexcept override {
    const auto* table = host().table<trellis_host_message>();
    batch.judge([&](const Message& message) {
      (void)table->retain(message.get());
      return Verdict::pass;
    });
  }
};

void hoard() {
  testing::TestHost host;
  host.load<Hoarder>().publish("a");
}

TEST(TestHostDeathTest, ReportsMessagesNeverReleased) {
  EXPECT_DEATH(hoard(), "1 messages were retained and never released");
}

TEST(TestHost, WorksWithoutOptionalTables) {
  testing::TestHost host(
      {.missing_tables = {TRELLIS_HOST_LOG, TRELLIS_HOST_METRICS, TRELLIS_HOST_NAMESPACE}, .metrics_full = true});
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  kernel.log(Level::info, "nobody reads this");
  kernel.counter("x_total", "x").add_any();
  EXPECT_EQ(kernel.namespace_count(), 0u);
}

TEST(Logs, CarryFields) {
  testing::TestHost host({.log_level = Level::info});
  auto plugin = host.load<Restless>();
  const Host& kernel = plugin.as<Restless>().host();
  kernel.log(Level::debug, "not written");
  kernel.log(Level::warn, "file read again", {{"path", "/x"}, {"users", 12}, {"ok", true}});
  const auto logs = host.logs();
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].plugin, "stage-restless");
  EXPECT_EQ(logs[0].fields, (testing::TextPairs{{"path", "/x"}, {"users", "12"}, {"ok", "true"}}));
}

}  // namespace
}  // namespace trellis
