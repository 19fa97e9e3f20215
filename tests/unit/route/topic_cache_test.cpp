// What a shard remembers of earlier matches.
#include <gtest/gtest.h>

#include <string>

#include "route/matched_topic.hpp"

namespace trellis::kernel {
namespace {

MatchedTopic& ask(TopicCache& cache, std::uint32_t name_space, const std::string& topic, std::uint64_t generation) {
  MatchedTopic& slot = cache.slot(name_space, topic);
  slot.name_space = name_space;
  slot.topic = topic;
  slot.generation = generation;
  return slot;
}

// Asked for twice, so that it may push out another.
MatchedTopic& remember(TopicCache& cache, std::uint32_t name_space, const std::string& topic,
                       std::uint64_t generation) {
  ask(cache, name_space, topic, generation);
  return ask(cache, name_space, topic, generation);
}

bool holds(TopicCache& cache, std::uint32_t name_space, const std::string& topic) {
  return cache.slot(name_space, topic).is(name_space, topic);
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
    ASSERT_FALSE(slot.is(0, topic)) << "not seen before";
    remember(cache, 0, topic, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(holds(cache, 0, topic));
  }
}

TEST(TopicCache, KeepsWhatIsUsedAgainAndAgain) {
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

TEST(TopicCache, WhatComesOncePushesOutNothing) {
  TopicCache cache;
  const auto often = [](int i) { return "often/" + std::to_string(i); };
  for (int i = 0; i < 64; ++i) remember(cache, 0, often(i), 1);
  for (int i = 0; i < 100'000; ++i) cache.filled(ask(cache, 0, "once/" + std::to_string(i), 1));
  int left = 0;
  for (int i = 0; i < 64; ++i) left += holds(cache, 0, often(i)) ? 1 : 0;
  EXPECT_GE(left, 56) << "a few share a place with others";
}

TEST(TopicCache, KeepsABoundInBytes) {
  TopicCache cache;
  for (int i = 0; i < 20'000; ++i) {
    MatchedTopic& slot = remember(cache, 0, "t/" + std::to_string(i), 1);
    slot.receivers.resize(1000);
    cache.filled(slot);
    ASSERT_TRUE(holds(cache, 0, "t/" + std::to_string(i)));
    ASSERT_LE(cache.bytes(), TopicCache::kMostBytes);
  }
  EXPECT_GT(cache.bytes(), TopicCache::kMostBytes / 2) << "but what fits stays";
}

TEST(TopicCache, GivesTheSpaceOfALargeTopicBackWhenASmallOneTakesItsPlace) {
  TopicCache cache;
  for (int i = 0; i < 300'000; ++i) {
    MatchedTopic& slot = remember(cache, 0, "t/" + std::to_string(i), 1);
    if (i < 100) slot.receivers.resize(5000);
    cache.filled(slot);
  }
  EXPECT_LT(cache.bytes(), 32 * 1024 * (sizeof(MatchedTopic) + 64));
}

TEST(TopicCache, OneTopicLargerThanTheBoundIsKeptAlone) {
  TopicCache cache;
  cache.filled(remember(cache, 0, "small", 1));
  MatchedTopic& large = remember(cache, 0, "large", 1);
  large.receivers.resize(2 * TopicCache::kMostBytes / sizeof(Receiver));
  cache.filled(large);
  EXPECT_TRUE(holds(cache, 0, "large"));
  EXPECT_FALSE(holds(cache, 0, "small"));
}

TEST(MatchedTopic, KnowsWhenNobodyIsThere) {
  MatchedTopic slot;
  EXPECT_TRUE(slot.nobody());
  slot.other_shards = 2;
  EXPECT_FALSE(slot.nobody());
}

}  // namespace
}  // namespace trellis::kernel
