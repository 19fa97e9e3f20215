#include <gtest/gtest.h>

#include "group_query.hpp"

namespace topic_spaces {
namespace {

const rights::Attributes kPress{{"type", "press"},
                                {"floor", std::int64_t{3}},
                                {"digits", "3"},
                                {"sensors", std::vector<std::string>{"motion", "noise"}}};

bool matches(std::string_view query, std::string_view name = "Press-04") {
  const auto parsed = GroupQuery::parse(query);
  EXPECT_TRUE(parsed) << query << ": " << (parsed ? "" : parsed.error().text);
  return parsed && parsed.value().matches({name, &kPress});
}

std::string fault(std::string_view query) {
  const auto parsed = GroupQuery::parse(query);
  return parsed ? "" : parsed.error().text;
}

TEST(GroupQuery, ComparesTexts) {
  EXPECT_TRUE(matches(R"(attributes.type = "press")"));
  EXPECT_TRUE(matches("attributes.type = 'press'"));
  EXPECT_FALSE(matches("attributes.type = 'Press'")) << "case counts";
  EXPECT_TRUE(matches("attributes.type != 'mill'"));
  EXPECT_TRUE(matches("attributes.type <> 'mill'"));
  EXPECT_FALSE(matches("attributes.type <> 'press'"));
}

TEST(GroupQuery, ComparesNumbers) {
  EXPECT_TRUE(matches("attributes.floor = 3"));
  EXPECT_TRUE(matches("attributes.floor <= 3 and attributes.floor >= 3"));
  EXPECT_TRUE(matches("attributes.floor < 4 and attributes.floor > -9223372036854775808"));
  EXPECT_FALSE(matches("attributes.floor < 3 or attributes.floor > 3"));
}

TEST(GroupQuery, KnowsNoConversionBetweenTextAndNumber) {
  EXPECT_FALSE(matches("attributes.floor = '3'"));
  EXPECT_TRUE(matches("attributes.floor != '3'"));
  EXPECT_FALSE(matches("attributes.digits = 3"));
  EXPECT_TRUE(matches("attributes.digits != 3"));
  EXPECT_FALSE(matches("attributes.digits < 9"));
  EXPECT_FALSE(matches("attributes.digits >= 0"));
}

TEST(GroupQuery, OneItemOfAListSuffices) {
  EXPECT_TRUE(matches("attributes.sensors = 'noise'"));
  EXPECT_FALSE(matches("attributes.sensors = 'heat'"));
  EXPECT_TRUE(matches("attributes.sensors IN ['heat', 'motion']"));
  EXPECT_FALSE(matches("attributes.sensors != 'noise'"));
  EXPECT_TRUE(matches("attributes.sensors != 'heat'"));
  EXPECT_FALSE(matches("attributes.sensors > 1"));
}

TEST(GroupQuery, AMissingAttributeMakesEveryComparisonFalse) {
  for (const std::string_view query : {"attributes.none = 'a'", "attributes.none != 'a'", "attributes.none <> 1",
                                       "attributes.none < 1", "attributes.none >= 1", "attributes.none IN ['a']"}) {
    EXPECT_FALSE(matches(query)) << query;
  }
}

TEST(GroupQuery, NamesOfAttributesAreCaseSensitive) { EXPECT_FALSE(matches("attributes.Type = 'press'")); }

TEST(GroupQuery, AuthenticationNamesAreNot) {
  EXPECT_TRUE(matches("authenticationName = 'PRESS-04'"));
  EXPECT_TRUE(matches("authenticationName IN ['a', 'press-04']"));
  EXPECT_FALSE(matches("authenticationName != 'press-04'"));
  EXPECT_TRUE(matches("authenticationName != 'mill'"));
  EXPECT_FALSE(matches("authenticationName < 5"));
}

TEST(GroupQuery, AndBindsTighterThanOr) {
  EXPECT_TRUE(matches("attributes.floor = 3 or attributes.floor = 4 and attributes.type = 'mill'"));
  EXPECT_FALSE(matches("(attributes.floor = 3 or attributes.floor = 4) and attributes.type = 'mill'"));
}

TEST(GroupQuery, KeywordsHaveAnyCase) {
  EXPECT_TRUE(matches("attributes.floor in [3] AND attributes.type In ['press'] oR attributes.x = 1"));
}

TEST(GroupQuery, ABackslashEscapesTheQuote) {
  EXPECT_TRUE(matches(R"(authenticationName = 'it\'s')", "it's"));
  EXPECT_TRUE(matches(R"(authenticationName = "a\"b\\")", R"(a"b\)"));
  EXPECT_TRUE(matches(R"(authenticationName = 'a\n')", R"(a\n)")) << "of other characters it is a character";
}

TEST(GroupQuery, SpacesAreNotNeeded) { EXPECT_TRUE(matches("attributes.floor=3 and(attributes.type!='mill')")); }

TEST(GroupQuery, MistakesAreToldWithTheirPlace) {
  EXPECT_EQ(fault(""), "byte 0: expected attributes.<name>, authenticationName or '(', found the end");
  EXPECT_EQ(fault("attributes.type"), "byte 15: expected a comparison (=, !=, <, >, <=, >=, IN), found the end");
  EXPECT_EQ(fault("attributes.type = press"), "byte 18: expected a text in quotes or a whole number, found \"press\"");
  EXPECT_EQ(fault("attributes.type = 'press"),
            "byte 18: expected a text in quotes or a whole number, found \"'press\"");
  EXPECT_EQ(fault("attributes.floor < 'a'"), "byte 19: expected a whole number, found \"'a'\"");
  EXPECT_EQ(fault("attributes.floor = 3 attributes.x = 1"),
            "byte 21: expected 'and', 'or' or the end, found \"attributes.x\"");
  EXPECT_EQ(fault("(attributes.floor = 3"), "byte 21: expected ')', found the end");
  EXPECT_EQ(fault("attributes.a IN []"), "byte 17: expected a text in quotes or a whole number, found \"]\"");
  for (const std::string_view query :
       {"attributes.a = 1.5", "attributes.a = true", "attributes.a LIKE 'x'", "NOT attributes.a = 1", "attributes. = 1",
        "type = 'a'", "attributes.a = 99999999999999999999", "attributes.a == 1", "attributes.a-b = 1", "\xff"}) {
    EXPECT_NE(fault(query), "") << query;
  }
}

TEST(GroupQuery, IsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "attributes.a = 1" + std::string(depth, ')');
  };
  EXPECT_EQ(fault(nested(GroupQuery::kMostDepth)), "");
  EXPECT_NE(fault(nested(GroupQuery::kMostDepth + 1)), "");
  EXPECT_NE(fault(std::string(GroupQuery::kMostBytes + 1, ' ')), "");
}

}  // namespace
}  // namespace topic_spaces
