// How one pattern relates to topics and filters.
#include <gtest/gtest.h>

#include "topic_pattern.hpp"

namespace acl {
namespace {

using Doubt = TopicPattern::Doubt;
using Placeholders = TopicPattern::Placeholders;

TopicPattern pattern(std::string_view filter, Placeholders placeholders = Placeholders::replaced) {
  TopicPattern made;
  EXPECT_EQ(made.parse(filter, placeholders), "") << filter;
  return made;
}

bool covers(std::string_view rule, std::string_view filter) { return pattern(rule).covers(filter, {}, Doubt::fails); }
bool overlaps(std::string_view rule, std::string_view filter) {
  return pattern(rule).overlaps(filter, {}, Doubt::fails);
}

TEST(TopicPattern, CoversTopicsAsSubscriptionsDo) {
  EXPECT_TRUE(covers("a/b", "a/b"));
  EXPECT_FALSE(covers("a/b", "a/b/c"));
  EXPECT_FALSE(covers("a/b", "a"));
  EXPECT_TRUE(covers("a/+/c", "a/b/c"));
  EXPECT_TRUE(covers("a/+", "a/"));
  EXPECT_FALSE(covers("a/+", "a"));
  EXPECT_TRUE(covers("a/#", "a"));
  EXPECT_TRUE(covers("a/#", "a/b/c"));
  EXPECT_TRUE(covers("#", "a"));
  EXPECT_TRUE(covers("+/+", "/a"));
  EXPECT_FALSE(covers("+", "/a"));
}

TEST(TopicPattern, WildcardsInFrontDoNotReachDollarTopics) {
  EXPECT_FALSE(covers("#", "$SYS/broker"));
  EXPECT_FALSE(covers("+/broker", "$SYS/broker"));
  EXPECT_TRUE(covers("$SYS/#", "$SYS/broker"));
  EXPECT_FALSE(covers("#", "$SYS/#"));
  EXPECT_FALSE(overlaps("#", "$SYS/#"));
  EXPECT_FALSE(overlaps("$SYS/#", "#"));
  EXPECT_FALSE(overlaps("$SYS/broker", "+/broker"));
  EXPECT_TRUE(overlaps("a/+", "a/$SYS"));
}

TEST(TopicPattern, CoversAFilterOnlyAsAWhole) {
  EXPECT_TRUE(covers("a/#", "a/+/c"));
  EXPECT_TRUE(covers("a/#", "a/#"));
  EXPECT_TRUE(covers("a/+", "a/+"));
  EXPECT_FALSE(covers("a/+", "a/#"));
  EXPECT_FALSE(covers("a/b", "a/+"));
  EXPECT_FALSE(covers("a/b/#", "a/#"));
  EXPECT_FALSE(covers("a", "a/#"));
}

TEST(TopicPattern, OverlapsWhereOneTopicMatchesBoth) {
  EXPECT_TRUE(overlaps("a/b", "a/+"));
  EXPECT_TRUE(overlaps("a/b", "#"));
  EXPECT_TRUE(overlaps("a/b", "a/b/#"));
  EXPECT_TRUE(overlaps("a/b/#", "a/b"));
  EXPECT_TRUE(overlaps("+/b", "a/+"));
  EXPECT_TRUE(overlaps("+", "#"));
  EXPECT_FALSE(overlaps("a/b", "a/+/c"));
  EXPECT_FALSE(overlaps("a/b/c", "a/+"));
  EXPECT_FALSE(overlaps("a/b", "c/#"));
}

TEST(TopicPattern, PlaceholdersAreReplacedLevelByLevel) {
  const Names ada{.client_id = "m1", .username = "ada"};
  EXPECT_TRUE(pattern("home/%u/%c/#").covers("home/ada/m1/temp", ada, Doubt::fails));
  EXPECT_FALSE(pattern("home/%u/#").covers("home/bob/x", ada, Doubt::fails));
  EXPECT_TRUE(pattern("home/dev-%c-%u").covers("home/dev-m1-ada", ada, Doubt::fails));
  EXPECT_FALSE(pattern("home/dev-%c").covers("home/dev-m12", ada, Doubt::fails));
  EXPECT_TRUE(pattern("home/%u/#").overlaps("home/+/temp", ada, Doubt::fails));
  EXPECT_FALSE(pattern("home/%u/#").overlaps("home/bob/#", ada, Doubt::fails));
  EXPECT_TRUE(pattern("home/100%/x").covers("home/100%/x", ada, Doubt::fails));
}

TEST(TopicPattern, LiteralPlaceholdersStandForThemselves) {
  const Names ada{.client_id = "m1", .username = "ada"};
  const TopicPattern literal = pattern("home/%u", Placeholders::literal);
  EXPECT_FALSE(literal.covers("home/ada", ada, Doubt::fails));
  EXPECT_TRUE(literal.covers("home/%u", ada, Doubt::fails));
  EXPECT_TRUE(literal.exact());
}

TEST(TopicPattern, NamesThatChangeTheShapeAllowNothingAndDenyAll) {
  for (const char* name : {"+", "#", "a/b", "x+", "$SYS"}) {
    const Names names{.client_id = name, .username = "ada"};
    const TopicPattern own = pattern("home/%c/#");
    const std::string topic = "home/" + std::string(name) + "/x";
    EXPECT_FALSE(own.covers(topic, names, Doubt::fails)) << name;
    EXPECT_FALSE(own.covers("home/anything/x", names, Doubt::fails)) << name;
    EXPECT_FALSE(own.overlaps("home/#", names, Doubt::fails)) << name;
    EXPECT_TRUE(own.covers("home/anything/x", names, Doubt::holds)) << name;
  }
}

TEST(TopicPattern, AMissingNameMatchesNothing) {
  EXPECT_FALSE(pattern("home/%u/x").covers("home//x", {.client_id = "m1", .username = {}}, Doubt::fails));
  EXPECT_FALSE(pattern("home/%u/x").covers("home//x", {.client_id = "m1", .username = {}}, Doubt::holds));
}

TEST(TopicPattern, RefusesWhatIsNoFilter) {
  for (const char* filter : {"", "a/#/b", "a#", "a+/b", "#/a"}) {
    TopicPattern made;
    EXPECT_NE(made.parse(filter, Placeholders::literal), "") << filter;
  }
}

}  // namespace
}  // namespace acl
