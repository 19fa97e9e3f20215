// Settings on their way to a plugin under test.
#include <gtest/gtest.h>

#include <trellis/schema.hpp>
#include <trellis/testing/normalise.hpp>

namespace trellis::testing {
namespace {

std::string schema() {
  return Schema{}
      .text("name", {.required = true, .pattern = "^[a-z]+$"})
      .integer("count", {.fallback = 3, .minimum = 1, .maximum = 9})
      .bytes("limit", {.fallback = "8MiB"})
      .duration("wait", {.fallback = "1m30s", .maximum = "1h"})
      .seconds("grace", {.fallback = "2m"})
      .choice("mode", {"a", "b"}, {.fallback = "a"})
      .object("inner", Schema{}.boolean("on", {.fallback = true}), {.fallback = "{}"})
      .json();
}

std::string result(std::string_view settings) {
  const auto out = normalise(schema(), settings);
  return out ? *out : out.error().text;
}

TEST(Normalise, FillsDefaultsInAndTurnsUnitsIntoIntegers) {
  EXPECT_EQ(result(R"({"name": "x"})"),
            R"({"name":"x","count":3,"limit":8388608,"wait":90000,"grace":120,"mode":"a","inner":{"on":true}})");
}

TEST(Normalise, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(result("{}"), "/name: is missing");
  EXPECT_EQ(result(R"({"name": "x", "nmae": 1})"), "/nmae: no setting of that name");
  EXPECT_EQ(result(R"({"name": 1})"), "/name: 1 is a whole number, which the schema does not allow here");
  EXPECT_EQ(result(R"({"name": "X"})"), R"(/name: "X" does not match "^[a-z]+$")");
  EXPECT_EQ(result(R"({"name": "x", "count": 10})"), "/count: 10 is above the maximum 9");
  EXPECT_EQ(result(R"({"name": "x", "limit": "8MBB"})"), R"(/limit: "8MBB" is no size like "8MiB")");
  EXPECT_EQ(result(R"({"name": "x", "wait": "2h"})"), R"(/wait: "2h" is above the maximum "1h")");
  EXPECT_EQ(result(R"({"name": "x", "mode": "c"})"), R"(/mode: "c" is not one of ["a","b"])");
  EXPECT_EQ(result(R"({"name": "x", "inner": {"on": 1}})"),
            "/inner/on: 1 is a whole number, which the schema does not allow here");
}

TEST(Normalise, TakesNoSettingsWithoutASchema) {
  EXPECT_EQ(*normalise("", ""), "{}");
  EXPECT_EQ(normalise("", R"({"a": 1})").error().text, "/a: no setting of that name");
}

TEST(CheckSchema, RefusesUnknownKeywordsAndBadDefaults) {
  EXPECT_TRUE(check_schema(schema()));
  EXPECT_EQ(check_schema(R"({"type":"object","patternProperties":{}})").error().text,
            "/patternProperties: no keyword of the supported subset of JSON Schema");
  EXPECT_EQ(check_schema(R"({"properties":{"a":{"type":"integer","default":"x"}}})").error().text,
            R"(/properties/a/default: "x" is text, which the schema does not allow here)");
  EXPECT_FALSE(check_schema("{"));
}

}  // namespace
}  // namespace trellis::testing
