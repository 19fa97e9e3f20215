#include <gtest/gtest.h>

#include "topic_template.hpp"

namespace topic_spaces {
namespace {

std::string fault(std::string_view text) {
  std::vector<Variable> variables;
  const auto parsed = TopicTemplate::parse(text, variables);
  return parsed ? "" : parsed.error().text;
}

TEST(TopicTemplate, IsAFilterWithVariables) {
  for (const std::string_view text :
       {"a/b", "a/+/b", "a/#", "#", "+", "a//b", "/", "lines/${client.authenticationName|.cell2}/rpm",
        "${client.attributes.line}", "pre-${client.attributes.a}-${client.attributes.b|x}post/+", "a$b/$c"}) {
    EXPECT_EQ(fault(text), "") << text;
  }
}

TEST(TopicTemplate, MistakesAreTold) {
  EXPECT_EQ(fault(""), "a template is not empty");
  EXPECT_EQ(fault("a/#/b"), "'#' stands in the last level only");
  EXPECT_EQ(fault("a/b#"), "'+' and '#' stand alone in a level, not as in \"b#\"");
  EXPECT_EQ(fault("a/${client.authenticationName|+}"),
            "'+' and '#' stand alone in a level, not as in \"${client.authenticationName|+}\"");
  EXPECT_EQ(fault("a/${client.authenticationName"), "\"${\" without '}' in the level \"${client.authenticationName\"");
  EXPECT_EQ(fault("a/${client.attributes.a|x/y}"), "\"${\" without '}' in the level \"${client.attributes.a|x\"");
  EXPECT_EQ(fault("a/${client.attributes.a-b}"), "\"a-b\" is no name of an attribute");
  EXPECT_NE(fault("a/${client.name}"), "");
  EXPECT_NE(fault("a/${}"), "");
  EXPECT_NE(fault("a/\xff"), "");
  EXPECT_NE(fault("${client.attributes.a}${client.attributes.b}${client.attributes.c}${client.attributes.d}"
                  "${client.attributes.e}"),
            "");
}

TEST(TopicTemplate, KnowsWhetherAVariableRepeats) {
  std::vector<Variable> variables;
  EXPECT_TRUE(TopicTemplate::parse("${client.attributes.a}/${client.attributes.a}", variables).value().repeats);
  EXPECT_FALSE(TopicTemplate::parse("${client.attributes.a}/${client.attributes.b}", variables).value().repeats);
  EXPECT_EQ(variables.size(), 2u);
}

TEST(TopicTemplate, PutsInValues) {
  std::vector<Variable> variables;
  const auto from = TopicTemplate::parse("x-${client.attributes.a|.y}/+/${client.attributes.b}/#", variables).value();
  EXPECT_EQ(substituted(from, {{"1", "2"}, {"k"}}, 10), (std::vector<std::string>{"x-1.y/+/k/#", "x-2.y/+/k/#"}));
  EXPECT_EQ(substituted(from, {{"1", "2"}, {"k"}}, 1).size(), 1u);
  EXPECT_TRUE(substituted(from, {{"1"}, {}}, 10).empty()) << "a variable is missing";
}

TEST(Covers, FollowsTheTableOfTheAlgorithm) {
  EXPECT_TRUE(covers("#", "a/b"));
  EXPECT_TRUE(covers("a/#", "a"));
  EXPECT_TRUE(covers("a/#", "a/+/#"));
  EXPECT_FALSE(covers("a/+", "a/#"));
  EXPECT_TRUE(covers("a/+", "a/b"));
  EXPECT_TRUE(covers("a/+", "a/+"));
  EXPECT_FALSE(covers("a/b", "a/+"));
  EXPECT_FALSE(covers("a/b", "a/b/c"));
  EXPECT_FALSE(covers("a/b/c", "a/b"));
  EXPECT_FALSE(covers("#", "$SYS/a"));
  EXPECT_FALSE(covers("+/a", "$SYS/a"));
  EXPECT_TRUE(covers("$SYS/#", "$SYS/a"));
}

TEST(Overlap, AsksForOneTopicOfBoth) {
  EXPECT_TRUE(overlap("a/+", "+/b"));
  EXPECT_TRUE(overlap("a/#", "a"));
  EXPECT_TRUE(overlap("a/b/c", "#"));
  EXPECT_TRUE(overlap("a/+/c/#", "a/b/+"));
  EXPECT_FALSE(overlap("a/b", "a/c"));
  EXPECT_FALSE(overlap("a/b", "a"));
  EXPECT_FALSE(overlap("$SYS/a", "#"));
  EXPECT_FALSE(overlap("+/a", "$SYS/a"));
}

TEST(Fits, TriesEveryValue) {
  std::vector<Variable> variables;
  const auto from = TopicTemplate::parse("${client.attributes.a}${client.attributes.b}", variables).value();
  const auto& pieces = from.segments[0].pieces;
  EXPECT_TRUE(fits("aab", pieces, {{"a", "aa"}, {"ab", "b"}}));
  EXPECT_FALSE(fits("aac", pieces, {{"a", "aa"}, {"ab", "b"}}));
  EXPECT_FALSE(fits("a", pieces, {{"a"}, {}}));
}

TEST(Fits, IsBoundedHoweverManyWaysThereAre) {
  std::vector<Variable> variables;
  const auto from =
      TopicTemplate::parse("${client.attributes.a}${client.attributes.a}${client.attributes.a}${client.attributes.a}",
                           variables)
          .value();
  std::vector<std::string> many;
  for (std::size_t size = 1; size < 90; ++size) many.emplace_back(size, 'a');
  EXPECT_FALSE(fits(std::string(300, 'a') + 'b', from.segments[0].pieces, {many}));
  EXPECT_TRUE(fits(std::string(300, 'a'), from.segments[0].pieces, {many}));
}

}  // namespace
}  // namespace topic_spaces
