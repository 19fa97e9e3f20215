// What differs between two configurations.
#include "config/plan.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace trellis::kernel::config::testing {
namespace {

std::vector<Change> plan_of(const std::string& before, const std::string& after) {
  return plan(make_document(before).root(), make_document(after).root());
}

TEST(Plan, IsEmptyForEqualConfigurations) {
  EXPECT_TRUE(plan_of(R"({"a": 1, "b": [1, {"c": 2}]})", R"({ "b": [1, {"c": 2}], "a": 1 })").empty());
}

TEST(Plan, NamesTheDeepestDifference) {
  const auto changes = plan_of(R"({"a": {"b": 1, "gone": 1}, "l": [1, 2]})", R"({"a": {"b": 2, "new": 1}, "l": [1]})");
  EXPECT_EQ(to_text(changes), "changed /a/b\nremoved /a/gone\nadded /a/new\nremoved /l/1\n");
}

TEST(Plan, FollowsNamedItemsThroughTheirList) {
  const auto changes = plan_of(R"({"l": [{"name": "a", "p": 1}, {"name": "b", "p": 2}, {"name": "c"}]})",
                               R"({"l": [{"name": "new"}, {"name": "b", "p": 3}, {"name": "a", "p": 1}]})");
  EXPECT_EQ(to_text(changes), "changed /l/1/p\nremoved /l/2\nadded /l/0\n");
  EXPECT_EQ(changes[0].old_pointer, "/l/1/p");
}

TEST(Plan, MatchesByPositionWhenNamesAreNotUnique) {
  EXPECT_EQ(to_text(plan_of(R"([{"name": "a"}, {"name": "a", "x": 1}])", R"([{"name": "a", "x": 1}])")),
            "added /0/x\nremoved /1\n");
}

TEST(Plan, TellsWhatIsTouched) {
  const auto changes =
      plan_of(R"({"listeners": [{"port": 1}], "log": 1})", R"({"listeners": [{"port": 2}], "log": 1})");
  EXPECT_TRUE(touches(changes, "/listeners"));
  EXPECT_TRUE(touches(changes, "/listeners/0/port/deeper"));
  EXPECT_TRUE(touches(changes, ""));
  EXPECT_FALSE(touches(changes, "/log"));
  EXPECT_FALSE(touches(changes, "/listen"));
}

TEST(Plan, HoldsNoValues) {
  EXPECT_EQ(to_text(plan_of(R"({"password": "one"})", R"({"password": "two"})")), "changed /password\n");
}

}  // namespace
}  // namespace trellis::kernel::config::testing
