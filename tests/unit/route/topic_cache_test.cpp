// What a shard remembers of earlier matches.
#include "route/topic_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace trellis::kernel {
namespace {

MatchedTopic& remember(TopicCache& cache, std::uint32_t name_space, const std::string& topic,
                       std::uint64_t generation) {
  MatchedTopic& slot = cache.slot(name_space, topic);
  slot.name_space = name_space;
  slot.topic = topic;
  slot.generation = generation;
  return slot;
}

bool holds(TopicCache& cache, std::uint32_t name_space, const std::string& topic) {
  return TopicCache::holds(cache.slot(name_space, topic), name_space, topic);
}

TEST(TopicCache, RemembersATopicPerNamespace) {
  TopicCache cache;
  EXPECT_FALSE(holds(cache, 0, "a/b"));
  remember(cache, 0, "a/b", 7);
  EXPECT_TRUE(holds(cache, 0, "a/b"));
  EXPECT_EQ(cache.slot(0, "a/b").generation, 7u);
  EXPECT_FALSE(holds(cache, 1, "a/b"));
  EXPECT_FALSE(holds(cache, 0, "a/c"));
}

TEST(TopicCache, NeverAnswersForAnotherTopic) {
  TopicCache cache;
  for (int i = 0; i < 50'000; ++i) {
    const std::string topic = "t/" + std::to_string(i);
    const MatchedTopic& slot = cache.slot(0, topic);
    ASSERT_FALSE(TopicCache::holds(slot, 0, topic)) << "not seen before";
    remember(cache, 0, topic, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(holds(cache, 0, topic));
  }
}

TEST(TopicCache, GrowsUntilWhatIsUsedAgainAndAgainFits) {
  TopicCache cache;
  int misses = 0;
  for (int round = 0; round < 40; ++round) {
    misses = 0;
    for (int i = 0; i < 3000; ++i) {
      const std::string topic = "t/" + std::to_string(i);
      if (holds(cache, 0, topic)) continue;
      ++misses;
      remember(cache, 0, topic, 1);
    }
  }
  EXPECT_LT(misses, 100) << "in the last round";
}

TEST(MatchedTopic, KnowsWhenNobodyIsThere) {
  MatchedTopic slot;
  EXPECT_TRUE(slot.nobody());
  slot.other_shards = 2;
  EXPECT_FALSE(slot.nobody());
}

}  // namespace
}  // namespace trellis::kernel
