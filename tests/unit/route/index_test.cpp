// The subscription index: who matches what, beside the plain rule.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <trellis/topic.hpp>
#include <vector>

#include "route/index_bench.hpp"

namespace trellis::kernel {
namespace {

using ::testing::ElementsAre;
using testing::IndexBench;
using ::testing::IsEmpty;
using testing::subscription;

TEST(SubscriptionIndex, FindsLiteralsAndWildcards) {
  IndexBench bench(5);
  bench.subscribe(0, "a/b");
  bench.subscribe(1, "a/+");
  bench.subscribe(2, "a/#");
  bench.subscribe(3, "#");
  bench.subscribe(4, "+/b");
  EXPECT_THAT(bench.match("a/b"), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(bench.match("a"), ElementsAre("2", "3"));
  EXPECT_THAT(bench.match("a/c"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(bench.match("a/b/c"), ElementsAre("2", "3"));
  EXPECT_THAT(bench.match("x/b"), ElementsAre("3", "4"));
  EXPECT_THAT(bench.match("$x/b"), IsEmpty());
}

TEST(SubscriptionIndex, KeepsWildcardsAwayFromTheBrokersOwnTopics) {
  IndexBench bench(4);
  bench.subscribe(0, "#");
  bench.subscribe(1, "+/load");
  bench.subscribe(2, "$SYS/#");
  bench.subscribe(3, "$SYS/+");
  EXPECT_THAT(bench.match("$SYS/load"), ElementsAre("2", "3"));
  EXPECT_THAT(bench.match("$SYS"), ElementsAre("2"));
}

TEST(SubscriptionIndex, OneSubscriberIsFoundOncePerFilter) {
  IndexBench bench(1);
  EXPECT_FALSE(bench.subscribe(0, "a/b"));
  EXPECT_FALSE(bench.subscribe(0, "a/+"));
  EXPECT_TRUE(bench.subscribe(0, "a/b")) << "replaced";
  EXPECT_THAT(bench.match("a/b"), ElementsAre("0", "0"));
  EXPECT_TRUE(bench.unsubscribe(0, "a/b"));
  EXPECT_FALSE(bench.unsubscribe(0, "a/b"));
  EXPECT_FALSE(bench.unsubscribe(0, "never/seen"));
  EXPECT_THAT(bench.match("a/b"), ElementsAre("0"));
}

TEST(SubscriptionIndex, KeepsToTheLimitsOfWhoSubscribes) {
  IndexBench bench(3);
  const auto add = [&](std::size_t who, std::string_view filter, std::string_view group,
                       const trellis_subscription_limits& limits) {
    trellis_subscription wanted = subscription(filter, 1, group);
    wanted.limits = &limits;
    const trellis_status status = bench.index.subscribe(*bench.all[who], wanted);
    if (status == TRELLIS_OK) bench.all[who]->subscriptions.insert({std::string(filter), std::string(group)});
    return status;
  };
  const trellis_subscription_limits two{sizeof two, 0, 0, 0, 2};
  EXPECT_EQ(add(0, "a", "", two), TRELLIS_OK);
  EXPECT_EQ(add(1, "a", "", two), TRELLIS_OK);
  EXPECT_EQ(add(2, "a", "", two), TRELLIS_QUOTA);
  EXPECT_EQ(add(0, "a", "", two), TRELLIS_EXISTED) << "there is none more by that";
  EXPECT_THAT(bench.match("a"), ElementsAre("0", "1"));
  EXPECT_TRUE(bench.unsubscribe(0, "a"));
  EXPECT_EQ(add(2, "a", "", two), TRELLIS_OK);

  const trellis_subscription_limits shares{sizeof shares, 2, 2, 3, 0};
  EXPECT_EQ(add(1, "a", "g", shares), TRELLIS_OK);
  EXPECT_EQ(add(1, "b", "h", shares), TRELLIS_OK);
  EXPECT_EQ(add(1, "c", "g", shares), TRELLIS_QUOTA) << "two per subscriber";
  EXPECT_EQ(add(1, "c", "", shares), TRELLIS_OK) << "others do not count";
  EXPECT_EQ(add(2, "a", "i", shares), TRELLIS_QUOTA) << "two names";
  EXPECT_EQ(add(2, "a", "g", shares), TRELLIS_OK);
  EXPECT_EQ(add(2, "b", "g", shares), TRELLIS_OK);
  EXPECT_EQ(add(0, "a", "g", shares), TRELLIS_QUOTA) << "three under one name";
  EXPECT_TRUE(bench.unsubscribe(1, "b", "h"));
  EXPECT_EQ(add(0, "a", "i", shares), TRELLIS_OK) << "the name nobody uses any more is free";
}

TEST(SubscriptionIndex, ReplacingChangesTheOptions) {
  IndexBench bench(1);
  for (std::uint32_t turn = 0; turn < 20; ++turn) {
    bench.index.subscribe(*bench.all[0], subscription("a", turn % 3, "", turn,
                                                      turn % 2 == 0 ? TRELLIS_SUBSCRIBE_NO_LOCAL
                                                                    : TRELLIS_SUBSCRIBE_RETAIN_AS_PUBLISHED));
    int found = 0;
    bench.index.match(
        "a",
        [&](const SubscriptionList& list) {
          list.for_each([&](const Subscriber&, const IndexedSubscription& as) {
            ++found;
            EXPECT_EQ(as.qos, turn % 3);
            EXPECT_EQ(as.identifier, turn);
            EXPECT_EQ(as.no_local, turn % 2 == 0);
            EXPECT_EQ(as.retain_as_published, turn % 2 == 1);
          });
        },
        [](const SharedGroup&) {});
    EXPECT_EQ(found, 1);
  }
}

TEST(SubscriptionIndex, GroupsAreApartFromPlainSubscriptions) {
  IndexBench bench(3);
  bench.subscribe(0, "a/+", "g");
  bench.subscribe(1, "a/+", "g");
  bench.subscribe(1, "a/+", "h");
  bench.subscribe(2, "a/+");
  bench.subscribe(0, "a/#", "g");
  EXPECT_THAT(bench.match("a/b"), ElementsAre("2", "g/0", "g/0", "g/1", "h/1"));
  EXPECT_FALSE(bench.unsubscribe(2, "a/+", "g"));
  EXPECT_FALSE(bench.unsubscribe(0, "a/+", "nobody"));
  EXPECT_TRUE(bench.unsubscribe(0, "a/+", "g"));
  EXPECT_THAT(bench.match("a/b"), ElementsAre("2", "g/0", "g/1", "h/1"));
}

TEST(SubscriptionIndex, GroupsOfAFilterComeAndGoInAnyOrder) {
  IndexBench bench(2);
  for (const char* group : {"g", "h", "i", "j"}) bench.subscribe(0, "a", group);
  bench.subscribe(1, "a", "h");
  bench.subscribe(1, "a/#", "h");
  EXPECT_THAT(bench.match("a"), ElementsAre("g/0", "h/0", "h/1", "h/1", "i/0", "j/0"));
  EXPECT_TRUE(bench.unsubscribe(0, "a", "h"));
  EXPECT_TRUE(bench.unsubscribe(1, "a", "h")) << "in the middle";
  EXPECT_TRUE(bench.unsubscribe(0, "a", "g")) << "the first one";
  EXPECT_FALSE(bench.unsubscribe(0, "a", "g"));
  EXPECT_THAT(bench.match("a"), ElementsAre("h/1", "i/0", "j/0"));
  EXPECT_TRUE(bench.unsubscribe(0, "a", "j")) << "the newest";
  bench.subscribe(0, "a", "k");
  EXPECT_THAT(bench.match("a"), ElementsAre("h/1", "i/0", "k/0"));
  for (const char* group : {"i", "k"}) EXPECT_TRUE(bench.unsubscribe(0, "a", group));
  EXPECT_TRUE(bench.unsubscribe(1, "a/#", "h"));
  EXPECT_THAT(bench.match("a"), IsEmpty());
}

TEST(SubscriptionIndex, TwentyThousandGroupsOnOneFilterCostNoMoreThanOnTwentyThousand) {
  IndexBench bench(1);
  const std::clock_t began = std::clock();  // of this process: whoever shares the machine does not count
  for (int i = 0; i < 20'000; ++i) bench.subscribe(0, "a", std::to_string(i));
  EXPECT_EQ(bench.match("a").size(), 20'000u);
  for (int i = 0; i < 20'000; ++i) bench.unsubscribe(0, "a", std::to_string(i));
  EXPECT_THAT(bench.match("a"), IsEmpty());
  // Milliseconds; copying the groups for each new one took half a minute.
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 5);
}

TEST(SubscriptionIndex, GenerationsChangeForTopicsThatMayBeConcerned) {
  IndexBench bench(2);
  for (const char* filter : {"a/b", "a/#", "a", "+/b", "#"}) {
    const std::uint64_t before = bench.index.generation_of("a/b");
    bench.subscribe(0, filter);
    const std::uint64_t between = bench.index.generation_of("a/b");
    EXPECT_NE(between, before) << filter;
    bench.unsubscribe(0, filter);
    EXPECT_NE(bench.index.generation_of("a/b"), between) << filter;
  }
  const std::uint64_t before = bench.index.generation_of("a/b");
  EXPECT_FALSE(bench.unsubscribe(1, "a/b"));
  EXPECT_EQ(bench.index.generation_of("a/b"), before) << "nothing changed";
}

TEST(SubscriptionIndex, ManyLevelsAndManyChildren) {
  IndexBench bench(1);
  std::string deep = "l";
  for (std::size_t i = 1; i < kMaxTopicLevels; ++i) deep += "/l";
  bench.subscribe(0, deep);
  EXPECT_THAT(bench.match(deep), ElementsAre("0"));
  for (int i = 0; i < 5000; ++i) bench.subscribe(0, "wide/" + std::to_string(i));
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(bench.match("wide/" + std::to_string(i)).size(), 1u) << i;
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(bench.unsubscribe(0, "wide/" + std::to_string(i)));
  EXPECT_THAT(bench.match("wide/7"), IsEmpty());
}

/// The index beside a plain set of subscriptions.
class IndexModel {
 public:
  explicit IndexModel(unsigned seed) : random_(seed), bench_(kSubscribers) {}

  void change() {
    const Key key{random_() % kSubscribers, levels(true),
                  random_() % 3 == 0 ? std::string(1, "gh"[random_() % 2]) : ""};
    if (random_() % 2 == 0) {
      ASSERT_EQ(bench_.subscribe(key.who, key.filter, key.group), !model_.insert(key).second) << key.filter;
    } else if (random_() % 4 != 0 && !model_.empty()) {
      const Key known = *std::next(model_.begin(), static_cast<std::ptrdiff_t>(random_() % model_.size()));
      model_.erase(known);
      ASSERT_TRUE(bench_.unsubscribe(known.who, known.filter, known.group)) << known.filter;
    } else {
      ASSERT_EQ(bench_.unsubscribe(key.who, key.filter, key.group), model_.erase(key) == 1) << key.filter;
    }
    bench_.epochs.collect();
  }
  void check() {
    const std::string topic = levels(false);
    std::vector<std::string> expected;
    for (const Key& key : model_) {
      if (!topic_matches(key.filter, topic)) continue;
      expected.push_back((key.group.empty() ? "" : key.group + "/") + std::to_string(key.who));
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(bench_.match(topic), expected) << topic;
  }

 private:
  static constexpr std::size_t kSubscribers = 8;
  struct Key {
    std::size_t who;
    std::string filter;
    std::string group;
    auto operator<=>(const Key&) const = default;
  };
  std::string levels(bool wild) {
    static const char* const kWords[] = {"a", "b", "c", "", "$x", "long level name"};
    std::string text;
    const unsigned count = 1 + random_() % 4;
    for (unsigned i = 0; i < count; ++i) {
      if (i > 0) text += '/';
      if (!wild || random_() % 3 != 0) {
        text += kWords[random_() % 6];
      } else {
        text += i + 1 == count && random_() % 2 == 0 ? "#" : "+";
      }
    }
    return text.empty() ? "a" : text;
  }

  std::mt19937 random_;
  IndexBench bench_;
  std::set<Key> model_;
};

TEST(SubscriptionIndex, AgreesWithThePlainRuleOverRandomChanges) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    IndexModel model(seed);
    for (int i = 0; i < 5000; ++i) {
      ASSERT_NO_FATAL_FAILURE(model.change()) << "seed " << seed << " step " << i;
      ASSERT_NO_FATAL_FAILURE(model.check()) << "seed " << seed << " step " << i;
    }
  }
}

TEST(SubscriptionIndex, AHundredThousandOnOneFilterComeAndGoQuickly) {
  constexpr std::size_t kMany = 100'000;
  IndexBench bench(kMany);
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_FALSE(bench.subscribe(i, "t"));
  for (std::size_t i = 0; i < kMany; i += 10) ASSERT_TRUE(bench.subscribe(i, "t"));
  EXPECT_EQ(bench.match("t").size(), kMany);
  for (std::size_t i = 0; i + 3 < kMany; ++i) ASSERT_TRUE(bench.unsubscribe((i * 77'777) % (kMany - 3), "t"));
  EXPECT_EQ(bench.match("t").size(), 3u);
  ASSERT_FALSE(bench.unsubscribe(0, "t"));
  for (std::size_t i = kMany - 3; i < kMany; ++i) ASSERT_TRUE(bench.unsubscribe(i, "t"));
  EXPECT_TRUE(bench.match("t").empty());
}

}  // namespace
}  // namespace trellis::kernel
