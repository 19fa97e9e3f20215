// The last message of each topic.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <trellis/keeping/retained.hpp>
#include <trellis/topic.hpp>
#include <vector>

#include "message/publication.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A store and its gauges.
class RetainedBench {
 public:
  bool store(std::string_view topic, std::string_view payload = "x") {
    return retained.store(*testing::message(topic, payload, 0, TRELLIS_MESSAGE_RETAIN));
  }
  std::vector<std::string> find(std::string_view filter, std::int64_t wall_ms = 0) const {
    std::vector<std::string> topics;
    for (const MessagePtr& message : retained.find(filter, wall_ms).messages) topics.emplace_back(message->topic());
    return topics;
  }
  /// The same, so many messages and levels at a time.
  std::vector<std::string> find_in_parts(std::string_view filter, std::size_t messages, std::size_t steps) const {
    std::vector<std::string> topics;
    RetainedFound found;
    do {
      const std::string behind = found.behind;
      found = retained.find(filter, 0, {.behind = behind, .messages = messages, .steps = steps});
      for (const MessagePtr& message : found.messages) topics.emplace_back(message->topic());
    } while (!found.all);
    return topics;
  }
  std::int64_t gauge(const char* name) {
    return metrics.read(metrics.declare(MetricType::gauge, name, "namespace=\"n\"", ""));
  }
  std::int64_t count() { return gauge("trellis_retained_messages"); }
  std::int64_t bytes() { return gauge("trellis_retained_bytes"); }

  Metrics metrics;
  Retained retained{metrics, "n"};
};

TEST(Retained, KeepsTheLastMessageOfATopic) {
  RetainedBench bench;
  bench.store("a", "old");
  bench.store("a", "newer");
  const auto found = bench.retained.find("a", 0).messages;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->payload(), "newer");
  EXPECT_EQ(bench.count(), 1);
  EXPECT_EQ(bench.bytes(), 6);
}

TEST(Retained, AnEmptyPayloadForgetsTheTopic) {
  RetainedBench bench;
  bench.store("a");
  EXPECT_TRUE(bench.store("a", ""));
  EXPECT_TRUE(bench.store("never", ""));
  EXPECT_THAT(bench.find("#"), IsEmpty());
  EXPECT_EQ(bench.count(), 0);
  EXPECT_EQ(bench.bytes(), 0);
}

TEST(Retained, FindsByWildcardInOrderOfTopics) {
  RetainedBench bench;
  for (const char* topic : {"a", "a/b", "a/b/c", "a/c", "ab", "b", "$SYS/x", "a/"}) bench.store(topic);
  EXPECT_THAT(bench.find("a/#"), ElementsAre("a", "a/", "a/b", "a/b/c", "a/c"));
  EXPECT_THAT(bench.find("a/+"), ElementsAre("a/", "a/b", "a/c"));
  EXPECT_THAT(bench.find("+"), ElementsAre("a", "ab", "b"));
  EXPECT_THAT(bench.find("#"), ElementsAre("a", "a/", "a/b", "a/b/c", "a/c", "ab", "b"));
  EXPECT_THAT(bench.find("+/b/#"), ElementsAre("a/b", "a/b/c"));
  EXPECT_THAT(bench.find("$SYS/#"), ElementsAre("$SYS/x"));
  EXPECT_THAT(bench.find("a/b/c"), ElementsAre("a/b/c"));
  EXPECT_THAT(bench.find("c/#"), IsEmpty());
}

/// Level by level: a slash comes before every other character.
struct InOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char one, char other) {
      const auto rank = [](char c) { return c == '/' ? 0 : 1 + static_cast<unsigned char>(c); };
      return rank(one) < rank(other);
    });
  }
};

TEST(Retained, LeavesOutWhatWasStoredSince) {
  RetainedBench bench;
  for (const char* topic : {"a", "b", "c"}) bench.store(topic);
  const std::uint64_t until = bench.retained.stored();
  bench.store("b", "newer");
  bench.store("d");
  std::vector<std::string> topics;
  for (const auto& message : bench.retained.find("#", 0, {.behind = {}, .until = until}).messages)
    topics.emplace_back(message->topic());
  EXPECT_THAT(topics, ElementsAre("a", "c"));
}

TEST(Retained, GoesOnBehindATopicThatIsGone) {
  RetainedBench bench;
  for (const char* topic : {"a", "a/b", "a/b/c", "d"}) bench.store(topic);
  const RetainedFound found = bench.retained.find("#", 0, {.behind = {}, .messages = 3});
  EXPECT_FALSE(found.all);
  for (const char* topic : {"a/b", "a/b/c"}) bench.store(topic, "");
  bench.store("a/c");
  const RetainedFound rest = bench.retained.find("#", 0, {.behind = found.behind});
  ASSERT_EQ(rest.messages.size(), 2u);
  EXPECT_EQ(rest.messages[0]->topic(), "a/c");
  EXPECT_EQ(rest.messages[1]->topic(), "d");
}

TEST(Retained, LooksAtFewLevelsAtATime) {
  RetainedBench bench;
  for (int i = 0; i < 1000; ++i) bench.store("dev/" + std::to_string(i));
  RetainedFound found;
  int parts = 0;
  do {
    const std::string behind = found.behind;
    found = bench.retained.find("+/+/nothing", 0, {.behind = behind, .steps = 100});
    EXPECT_THAT(found.messages, IsEmpty());
    ASSERT_LT(++parts, 20);
  } while (!found.all);
  EXPECT_GE(parts, 10);
}

TEST(Retained, AgreesWithThePlainRuleForRandomFilters) {
  std::mt19937 random(99);
  static const char* const kWords[] = {"a", "b", "", "$x"};
  const auto levels = [&](bool wild) {
    std::string text;
    const unsigned count = 1 + random() % 4;
    for (unsigned i = 0; i < count; ++i) {
      if (i > 0) text += '/';
      const bool wildcard = wild && random() % 3 == 0;
      text += !wildcard ? kWords[random() % 4] : i + 1 == count && random() % 2 == 0 ? "#" : "+";
    }
    return text.empty() ? std::string("a") : text;
  };
  RetainedBench bench;
  std::set<std::string, InOrder> topics;
  for (int i = 0; i < 3000; ++i) {
    const std::string topic = levels(false);
    const bool keep = random() % 3 != 0;
    bench.store(topic, keep ? "x" : "");
    keep ? static_cast<void>(topics.insert(topic)) : static_cast<void>(topics.erase(topic));
    const std::string filter = levels(true);
    std::vector<std::string> expected;
    for (const std::string& kept : topics) {
      if (topic_matches(filter, kept)) expected.push_back(kept);
    }
    ASSERT_EQ(bench.find(filter), expected) << filter;
    ASSERT_EQ(bench.find_in_parts(filter, 1 + random() % 3, 3 + random() % 5), expected) << filter;
    ASSERT_EQ(bench.count(), static_cast<std::int64_t>(topics.size()));
  }
}

TEST(Retained, AFilterCostsOnlyWhatItCanMatch) {
  RetainedBench bench;
  for (int i = 0; i < 20'000; ++i) bench.store("dev/" + std::to_string(i) + "/state");
  const std::clock_t began = std::clock();
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(bench.find("+/zz"), IsEmpty());
  // Under a millisecond; looking at every topic took five seconds.
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 1);
}

TEST(Retained, LimitsTheLevelsThatFewDeepTopicsMake) {
  RetainedBench bench;
  bench.retained.set_limits({.messages = 100, .bytes = 1'000'000});
  const std::string deep(kMaxTopicLevels - 1, '/');
  int kept = 0;
  while (kept < 100 && bench.store(std::to_string(kept) + deep)) ++kept;
  EXPECT_EQ(kept, 4);
  EXPECT_TRUE(bench.store("0" + deep, "")) << "forgetting makes room";
  EXPECT_TRUE(bench.store("shallow"));
  EXPECT_EQ(bench.count(), 4);
}

TEST(Retained, LimitsTheNumberOfTopicsButNotTheirReplacement) {
  RetainedBench bench;
  bench.retained.set_limits({.messages = 2, .bytes = 1000});
  EXPECT_TRUE(bench.store("a"));
  EXPECT_TRUE(bench.store("b"));
  EXPECT_FALSE(bench.store("c"));
  EXPECT_TRUE(bench.store("a", "replaced"));
  EXPECT_TRUE(bench.store("b", ""));
  EXPECT_TRUE(bench.store("c"));
}

TEST(Retained, LimitsTheirBytes) {
  RetainedBench bench;
  bench.retained.set_limits({.messages = 100, .bytes = 20});
  EXPECT_TRUE(bench.store("a", "123456789"));
  EXPECT_FALSE(bench.store("b", "1234567890"));
  EXPECT_TRUE(bench.store("b", "123456789"));
  EXPECT_FALSE(bench.store("b", "1234567890"));
  EXPECT_TRUE(bench.store("a", "1"));
  EXPECT_EQ(bench.bytes(), 12);
}

TEST(Retained, HidesWhatHasExpiredAndSweepsIt) {
  RetainedBench bench;
  bench.store("a/stays");
  bench.retained.store(*testing::expiring("a/goes", "x", 0, 10'000, 5));
  bench.retained.store(*testing::expiring("b", "x", 0, 10'000, 5));
  EXPECT_THAT(bench.find("a/#", 14'999), ElementsAre("a/goes", "a/stays"));
  EXPECT_THAT(bench.find("a/#", 15'000), ElementsAre("a/stays"));
  EXPECT_THAT(bench.find("b", 15'000), IsEmpty());
  EXPECT_THAT(bench.find("b/#", 15'000), IsEmpty());
  EXPECT_EQ(bench.count(), 3);
  std::vector<std::string> gone;
  bool swept = false;
  bench.retained.sweep(
      15'000, [&](const Message& message) { gone.emplace_back(message.topic()); }, [&] { swept = true; });
  EXPECT_THAT(gone, UnorderedElementsAre("a/goes", "b"));
  EXPECT_TRUE(swept);
  EXPECT_EQ(bench.count(), 1);
}

TEST(Retained, IsReadWhileOthersStore) {
  RetainedBench bench;
  std::thread writer([&] {
    for (int i = 0; i < 3000; ++i) bench.store("a/" + std::to_string(i % 50), i % 7 == 0 ? "" : "x");
  });
  for (int i = 0; i < 200; ++i) {
    for (const MessagePtr& message : bench.retained.find("a/#", 0).messages) EXPECT_EQ(message->payload(), "x");
  }
  writer.join();
}

}  // namespace
}  // namespace trellis::kernel
