// Which texts are topic names, and how they fall into levels.
#include <gtest/gtest.h>

#include <string>
#include <trellis/topic.hpp>
#include <vector>

namespace trellis {
namespace {

using namespace std::string_literals;

TEST(TopicName, MayHaveAnyTextInItsLevels) {
  for (const char* topic :
       {"a", "a/b/c", "/", "//", "/a", "a/", "a//b", " ", "$SYS/load", "sensoren/küche/°C", "a b"}) {
    EXPECT_TRUE(valid_topic_name(topic)) << topic;
  }
}

TEST(TopicName, MayNotBeEmptyNorHoldWildcards) {
  for (const char* topic : {"", "+", "#", "a/+", "a/#", "a+b", "a#", "#/a"}) {
    EXPECT_FALSE(valid_topic_name(topic)) << topic;
  }
}

TEST(TopicName, MayNotHoldTheNullCharacter) {
  EXPECT_FALSE(valid_topic_name("a\0b"s));
  EXPECT_FALSE(valid_topic_name("longer than a word\0"s));
  EXPECT_FALSE(valid_topic_name("\0"s));
}

TEST(TopicName, HasAtMost65535Bytes) {
  EXPECT_TRUE(valid_topic_name(std::string(kMaxTopicBytes, 'x')));
  EXPECT_FALSE(valid_topic_name(std::string(kMaxTopicBytes + 1, 'x')));
}

TEST(TopicName, HasAtMost256Levels) {
  const std::string slashes(kMaxTopicLevels - 1, '/');
  EXPECT_TRUE(valid_topic_name(slashes));
  EXPECT_FALSE(valid_topic_name(slashes + "/"));
  EXPECT_TRUE(valid_topic_filter(slashes));
  EXPECT_FALSE(valid_topic_filter(slashes + "/"));
}

TEST(Text, AcceptsEveryLengthOfUtf8Sequence) {
  EXPECT_TRUE(valid_text(""));
  EXPECT_TRUE(valid_text("plain"));
  EXPECT_TRUE(valid_text("\xC2\x80"));          // U+0080
  EXPECT_TRUE(valid_text("\xE0\xA0\x80"));      // U+0800
  EXPECT_TRUE(valid_text("\xED\x9F\xBF"));      // U+D7FF
  EXPECT_TRUE(valid_text("\xEE\x80\x80"));      // U+E000
  EXPECT_TRUE(valid_text("\xF0\x90\x80\x80"));  // U+10000
  EXPECT_TRUE(valid_text("\xF4\x8F\xBF\xBF"));  // U+10FFFF
}

TEST(Text, RefusesWhatIsNotWellFormed) {
  const std::vector<std::string> wrong = {
      "\x80",              // a continuation alone
      "\xC0\x80",          // overlong null
      "\xC1\xBF",          // overlong
      "\xE0\x9F\xBF",      // overlong
      "\xF0\x8F\xBF\xBF",  // overlong
      "\xED\xA0\x80",      // surrogate U+D800
      "\xED\xBF\xBF",      // surrogate U+DFFF
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",  // no such lead
      "\xFF",              // no such lead
      "\xC3",              // cut
      "\xE2\x82",          // cut
      "\xF0\x9F\x98",      // cut
      "\xC3(",             // no continuation
  };
  for (const std::string& text : wrong) {
    EXPECT_FALSE(valid_text(text));
    EXPECT_FALSE(valid_topic_name(text));
    EXPECT_FALSE(valid_topic_filter(text));
  }
}

TEST(Text, IsJudgedTheSameAtEveryOffset) {
  // Eight bytes at a time are taken as ASCII; whatever is not must be found at each place in such a word.
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string lead(before, 'x');
    for (const std::string& tail : {""s, "y"s, "longer tail"s}) {
      EXPECT_TRUE(valid_text(lead + "\xC3\xA4" + tail)) << before;
      EXPECT_FALSE(valid_text(lead + "\xC3" + tail)) << before;
      EXPECT_FALSE(valid_text(lead + "\0"s + tail)) << before;
    }
  }
}

TEST(TopicLevels, AreCountedWithTheEmptyOnes) {
  EXPECT_EQ(topic_levels("a"), 1u);
  EXPECT_EQ(topic_levels("a/b"), 2u);
  EXPECT_EQ(topic_levels("/"), 2u);
  EXPECT_EQ(topic_levels("a//b/"), 4u);
}

TEST(LevelCursor, YieldsEveryLevelInOrder) {
  LevelCursor cursor("a//b/");
  std::vector<std::string> levels;
  while (cursor.more()) levels.emplace_back(cursor.next());
  EXPECT_EQ(levels, (std::vector<std::string>{"a", "", "b", ""}));
}

}  // namespace
}  // namespace trellis
