// Which texts are topic filters, and what they match.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <trellis/topic.hpp>
#include <vector>

namespace trellis {
namespace {

TEST(TopicFilter, MayHaveWildcardsAloneInTheirLevel) {
  for (const char* filter :
       {"a", "+", "#", "a/+", "+/a", "a/+/b", "+/+", "a/#", "/#", "+/#", "/+", "//", "$SYS/#", "$share"}) {
    EXPECT_TRUE(valid_topic_filter(filter)) << filter;
  }
}

TEST(TopicFilter, MayNotMixWildcardsWithTextNorHoldHashBeforeTheEnd) {
  for (const char* filter : {"", "a+", "+a", "a/b+", "#a", "a#", "##", "++", "#/a", "a/#/b", "a/#/", "a/+b/c", "+#"}) {
    EXPECT_FALSE(valid_topic_filter(filter)) << filter;
  }
}

struct Case {
  const char* filter;
  const char* topic;
};

TEST(TopicFilter, MatchesByTheRules) {
  const std::vector<Case> cases = {
      {"a", "a"},
      {"a/b/c", "a/b/c"},
      {"+", "a"},
      {"+/b", "a/b"},
      {"a/+", "a/b"},
      {"a/+", "a/"},  // an empty level is one level
      {"+/+", "/a"},
      {"/+", "/a"},
      {"a/+/c", "a//c"},
      {"#", "a"},
      {"#", "a/b/c"},
      {"#", "/"},
      {"a/#", "a"},  // the parent too
      {"a/#", "a/"},
      {"a/#", "a/b"},
      {"a/#", "a/b/c"},
      {"a/+/#", "a/b"},
      {"a/+/#", "a/b/c/d"},
      {"+/#", "a"},
      {"/#", "/"},
      {"$SYS/#", "$SYS/load"},
      {"$SYS/+", "$SYS/load"},
      {"$SYS/#", "$SYS"},
      {"a/+", "a/$b"},  // only the first level is special
      {"a/#", "a/$b/c"},
  };
  for (const auto& [filter, topic] : cases) EXPECT_TRUE(topic_matches(filter, topic)) << filter << " vs " << topic;
}

TEST(TopicFilter, DoesNotMatchOtherwise) {
  const std::vector<Case> cases = {
      {"a", "A"},
      {"a", "b"},
      {"a", "a/"},
      {"a", "/a"},
      {"a", "aa"},
      {"a/b", "a"},
      {"a", "a/b"},
      {"+", "a/b"},
      {"+", "/a"},
      {"+", "a/"},
      {"a/+", "a"},
      {"a/+", "a/b/c"},
      {"a/#", "ab"},
      {"a/#", "b/a"},
      {"a/+/#", "a"},
      {"/#", "a"},
      {"+/a/#", "x/b"},
      {"#", "$SYS/load"},
      {"+/load", "$SYS/load"},
      {"+", "$SYS"},
      {"+/#", "$SYS"},
      {"$sys/#", "$SYS/load"},
  };
  for (const auto& [filter, topic] : cases) EXPECT_FALSE(topic_matches(filter, topic)) << filter << " vs " << topic;
}

// The rules once more, written as the definition reads: over lists of levels, by recursion.
using Levels = std::vector<std::string>;

Levels split(const std::string& text) {
  Levels levels(1);
  for (const char c : text) {
    if (c == '/') {
      levels.emplace_back();
    } else {
      levels.back() += c;
    }
  }
  return levels;
}

bool matches_from(const Levels& filter, std::size_t f, const Levels& topic, std::size_t t) {
  if (f == filter.size()) return t == topic.size();
  if (filter[f] == "#") return true;
  if (t == topic.size()) return false;
  return (filter[f] == "+" || filter[f] == topic[t]) && matches_from(filter, f + 1, topic, t + 1);
}

bool matches_by_definition(const std::string& filter, const std::string& topic) {
  const Levels levels = split(filter);
  if (topic[0] == '$' && (levels[0] == "+" || levels[0] == "#")) return false;
  return matches_from(levels, 0, split(topic), 0);
}

TEST(TopicFilter, MatchesAsTheDefinitionSaysForRandomPairs) {
  std::mt19937 random(20240611);
  const std::vector<std::string> words = {"a", "b", "", "$x"};
  const auto levels = [&](bool wild) {
    std::string text;
    const unsigned count = 1 + random() % 4;
    for (unsigned i = 0; i < count; ++i) {
      if (i > 0) text += '/';
      if (wild && random() % 3 == 0) {
        text += random() % 3 == 0 && i + 1 == count ? "#" : "+";
      } else {
        text += words[random() % words.size()];
      }
    }
    return text.empty() ? std::string("a") : text;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string filter = levels(true);
    const std::string topic = levels(false);
    ASSERT_TRUE(valid_topic_filter(filter)) << filter;
    ASSERT_TRUE(valid_topic_name(topic)) << topic;
    ASSERT_EQ(topic_matches(filter, topic), matches_by_definition(filter, topic)) << filter << " vs " << topic;
  }
}

}  // namespace
}  // namespace trellis
