// Small things that are read from text: filters, entity tags, queries.
#include <gmock/gmock-matchers.h>

#include "entity_tags.hpp"
#include "envelope.hpp"
#include "name_filter.hpp"
#include "query.hpp"

namespace management {
namespace {

using ::testing::HasSubstr;

bool passes(std::string_view filter, std::string_view name) {
  const auto parsed = NameFilter::parse(filter);
  EXPECT_TRUE(parsed) << filter << ": " << parsed.error().text;
  return parsed && parsed->passes(name);
}
std::string error_of(std::string_view filter) {
  const auto parsed = NameFilter::parse(filter);
  return parsed ? "" : parsed.error().text;
}

TEST(NameFilter, ComparesNames) {
  EXPECT_TRUE(passes("name eq 'press-04'", "press-04"));
  EXPECT_FALSE(passes("name eq 'press-04'", "Press-04"));
  EXPECT_TRUE(passes("name ne 'press-04'", "mill"));
  EXPECT_TRUE(passes("contains(name,'ess')", "press"));
  EXPECT_TRUE(passes("contains( name , 'ess' )", "press"));
  EXPECT_FALSE(passes("contains(name,'ess')", "mill"));
  EXPECT_TRUE(passes("name eq 'it''s'", "it's"));
}

TEST(NameFilter, AndBindsTighterThanOrAndNotTighterThanBoth) {
  EXPECT_TRUE(passes("name eq 'a' or name eq 'b' and name eq 'c'", "a"));
  EXPECT_FALSE(passes("(name eq 'a' or name eq 'b') and name eq 'c'", "a"));
  EXPECT_FALSE(passes("not contains(name,'a') and contains(name,'b')", "ab"));
  EXPECT_TRUE(passes("not (contains(name,'a') and contains(name,'b'))", "a"));
  EXPECT_TRUE(passes("not not name eq 'a'", "a"));
}

TEST(NameFilter, SaysWhatItDoesNotUnderstand) {
  EXPECT_THAT(error_of("title eq 'a'"), HasSubstr("character 1: expected name, contains, not or '('"));
  EXPECT_THAT(error_of("name like 'a'"), HasSubstr("character 6: expected eq or ne"));
  EXPECT_THAT(error_of("name eq a"), HasSubstr("expected text in single quotes"));
  EXPECT_THAT(error_of("name eq 'a"), HasSubstr("expected a single quote at the end"));
  EXPECT_THAT(error_of("name eq 'a' name"), HasSubstr("expected and, or, or the end"));
  EXPECT_THAT(error_of("(name eq 'a'"), HasSubstr("expected ')'"));
  EXPECT_THAT(error_of("nameeq 'a'"), HasSubstr("expected name"));
}

TEST(NameFilter, IsBounded) {
  EXPECT_THAT(error_of(std::string(1000, '(')), HasSubstr("less nesting"));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "not ";
  EXPECT_THAT(error_of(deep + "name eq 'a'"), HasSubstr("less nesting"));
  std::string wide = "name eq 'a'";
  for (int i = 0; i < 1000; ++i) wide += " or name eq 'a'";
  EXPECT_THAT(error_of(wide), HasSubstr("a shorter expression"));
}

TEST(EntityTags, AreRevisionsInQuotes) {
  EXPECT_EQ(to_tag(17), "\"17\"");
  EXPECT_TRUE(EntityTags::parse("\"17\"")->contains(17));
  EXPECT_FALSE(EntityTags::parse("\"17\"")->contains(18));
  EXPECT_TRUE(EntityTags::parse("W/\"3\" , \"17\"")->contains(17));
  EXPECT_TRUE(EntityTags::parse("*")->any());
  EXPECT_FALSE(EntityTags::parse("\"other\"")->contains(0));
  for (const std::string_view wrong : {"17", "", "\"17", "\"17\" \"18\"", "\"17\",", "*,\"1\""})
    EXPECT_FALSE(EntityTags::parse(wrong)) << wrong;
}

TEST(Query, IsDecodedAndKnowsItsParameters) {
  Query query;
  EXPECT_FALSE(Query::read("api-version=2025&$filter=name+eq%20'a%2Bb'&$top=5", {"$filter", "$top"}, query));
  EXPECT_EQ(query.find("$filter"), "name eq 'a+b'");
  std::size_t top = 0;
  EXPECT_FALSE(query.number("$top", 1, 100, 20, top));
  EXPECT_EQ(top, 5u);
  EXPECT_THAT(query.number("$top", 1, 4, 2, top)->message, HasSubstr("from 1 to 4"));
  Query other;
  EXPECT_EQ(Query::read("$tip=5", {"$top"}, other)->target, "$tip");
  EXPECT_TRUE(Query::read("$top=5&$top=6", {"$top"}, other));
  EXPECT_TRUE(Query::read("$top=%zz", {"$top"}, other));
}

TEST(Query, EncodesWhatItDecodes) {
  Query query;
  EXPECT_FALSE(Query::read("a=" + percent_encode("x &+%/'\"ä"), {"a"}, query));
  EXPECT_EQ(query.find("a"), "x &+%/'\"ä");
}

TEST(Envelope, TellsTimesAsTheStandardWantsThem) {
  EXPECT_EQ(to_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_time(1'709'208'000'250), "2024-02-29T12:00:00.250Z");
}

}  // namespace
}  // namespace management
