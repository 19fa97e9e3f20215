// Metrics: declared once, counted per shard, rendered as Prometheus text.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <trellis/runtime/metrics.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

TEST(Metrics, RendersFamiliesSortedWithOneHeadEach) {
  Metrics metrics;
  metrics.add_shards(2);
  const MetricId second = metrics.declare(MetricType::counter, "b_total", R"(kind="y")", "All b.");
  const MetricId first = metrics.declare(MetricType::counter, "b_total", R"(kind="x")", "All b.");
  const MetricId gauge = metrics.declare(MetricType::gauge, "a_now", "", "Now.");
  metrics.cells(0).add(first, 2);
  metrics.cells(1).add(first, 3);
  metrics.cells(1).add(second, 7);
  metrics.add_any(gauge, -4);
  EXPECT_EQ(metrics.render(),
            "# HELP a_now Now.\n"
            "# TYPE a_now gauge\n"
            "a_now -4\n"
            "# HELP b_total All b.\n"
            "# TYPE b_total counter\n"
            "b_total{kind=\"x\"} 5\n"
            "b_total{kind=\"y\"} 7\n");
}

// As Prometheus has them: each bucket counts what is in those below it, too.
TEST(Metrics, RendersHistogramsCumulatively) {
  Metrics metrics;
  metrics.add_shards(2);
  std::vector<MetricId> buckets;
  for (const std::string_view bound : {"5", "10", "+Inf"}) {
    const std::string labels = R"(op="read",le=")" + std::string(bound) + '"';
    buckets.push_back(metrics.declare(MetricType::histogram, "wait_ms", labels, "Waits."));
  }
  const MetricId sum = metrics.declare(MetricType::histogram, "wait_ms", R"(op="read")", "Waits.");
  const MetricId bare = metrics.declare(MetricType::histogram, "wait_ms", R"(le="+Inf")", "Waits.");
  EXPECT_EQ(std::set<MetricId>({buckets[0], buckets[1], buckets[2], sum, bare}).size(), 5u);
  EXPECT_EQ(metrics.declare(MetricType::histogram, "wait_ms", R"(op="read",le="10")", ""), buckets[1]);
  metrics.cells(0).add(buckets[0], 2);
  metrics.cells(1).add(buckets[1], 1);
  metrics.cells(1).add(buckets[2], 1);
  metrics.cells(0).add(sum, 321);
  EXPECT_EQ(metrics.render(),
            "# HELP wait_ms Waits.\n"
            "# TYPE wait_ms histogram\n"
            "wait_ms_bucket{le=\"+Inf\"} 0\n"
            "wait_ms_sum 0\n"
            "wait_ms_count 0\n"
            "wait_ms_bucket{op=\"read\",le=\"5\"} 2\n"
            "wait_ms_bucket{op=\"read\",le=\"10\"} 3\n"
            "wait_ms_bucket{op=\"read\",le=\"+Inf\"} 4\n"
            "wait_ms_sum{op=\"read\"} 321\n"
            "wait_ms_count{op=\"read\"} 4\n");
}

TEST(Metrics, LabelsHoldAnyValue) {
  EXPECT_EQ(metric_label("namespace", "default"), R"(namespace="default")");
  EXPECT_EQ(metric_label("namespace", "x\"y\nz\\"), R"(namespace="x\"y\nz\\")");
}

TEST(Metrics, RendersNothingWhenNothingIsDeclared) { EXPECT_EQ(Metrics().render(), ""); }

TEST(Metrics, FamiliesAreNotMixedWithThoseTheyArePrefixOf) {
  Metrics metrics;
  metrics.declare(MetricType::counter, "a", R"(x="2")", "");
  metrics.declare(MetricType::counter, "a_b", "", "");
  metrics.declare(MetricType::counter, "a", R"(x="1")", "");
  const std::string text = metrics.render();
  EXPECT_LT(text.find("a{x=\"2\"}"), text.find("# HELP a_b"));
  EXPECT_EQ(text.find("# TYPE a counter"), text.rfind("# TYPE a counter"));
}

TEST(Metrics, DeclaringAgainFindsTheSame) {
  Metrics metrics;
  const MetricId id = metrics.declare(MetricType::counter, "a_total", R"(x="1")", "Help.");
  EXPECT_NE(id, 0u);
  EXPECT_EQ(metrics.declare(MetricType::counter, "a_total", R"(x="1")", "Other help."), id);
  EXPECT_NE(metrics.declare(MetricType::counter, "a_total", R"(x="2")", "Help."), id);
}

TEST(Metrics, RefusesNamesThatAreNone) {
  Metrics metrics;
  for (const char* name : {"", "1a", "A", "a-b", "a b", "a:b", "\xC3\xA4", "a{"}) {
    EXPECT_EQ(metrics.declare(MetricType::counter, name, "", ""), 0u) << name;
  }
  for (const char* name : {"a", "_a", "a1_b2"})
    EXPECT_NE(metrics.declare(MetricType::counter, name, "", ""), 0u) << name;
}

TEST(Metrics, AnswersNoneWhenTheTableIsFull) {
  Metrics metrics;
  std::set<MetricId> ids;
  for (std::size_t i = 1; i < MetricCells::kCapacity; ++i) {
    ids.insert(metrics.declare(MetricType::counter, "m" + std::to_string(i), "", ""));
  }
  EXPECT_EQ(ids.size(), MetricCells::kCapacity - 1);
  EXPECT_EQ(ids.count(0), 0u);
  EXPECT_EQ(metrics.declare(MetricType::counter, "one_more", "", ""), 0u);
  EXPECT_EQ(metrics.declare(MetricType::counter, "m7", "", ""), 7u) << "what is there is still found";
}

TEST(Metrics, NoneReadsAsZero) {
  Metrics metrics;
  metrics.add_any(0, 5);
  EXPECT_EQ(metrics.read(0), 0);
  EXPECT_EQ(metrics.read(MetricCells::kCapacity), 0);
}

TEST(Metrics, AddsUpWhatAllThreadsCounted) {
  constexpr int kEach = 20'000;
  Metrics metrics;
  metrics.add_shards(2);
  const MetricId id = metrics.declare(MetricType::counter, "n_total", "", "");
  std::vector<std::thread> threads;
  for (std::size_t shard = 0; shard < 2; ++shard) {
    threads.emplace_back([&, shard] {
      for (int i = 0; i < kEach; ++i) metrics.cells(shard).add(id, 1);
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) metrics.add_any(id, 1);
    });
  }
  std::int64_t last = 0;
  for (int i = 0; i < 100; ++i) {  // readers see it grow meanwhile
    const std::int64_t now = metrics.read(id);
    EXPECT_GE(now, last);
    last = now;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.read(id), 4 * kEach);
}

TEST(Metrics, MayBeDeclaredWhileOthersRender) {
  Metrics metrics;
  std::thread declarer([&] {
    for (int i = 0; i < 200; ++i) metrics.declare(MetricType::gauge, "g" + std::to_string(i), "", "Help.");
  });
  for (int i = 0; i < 20; ++i) EXPECT_THAT(metrics.render() + "\n", ::testing::EndsWith("\n"));
  declarer.join();
  EXPECT_THAT(metrics.render(), ::testing::HasSubstr("\ng199 0\n"));
}

}  // namespace
}  // namespace trellis::runtime
