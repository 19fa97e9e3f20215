// Settings on their way to a plugin under test.
#include <gtest/gtest.h>

#include <cstdlib>
#include <trellis/schema.hpp>
#include <trellis/testing/normalise.hpp>

namespace trellis::testing {
namespace {

std::string schema() {
  return Schema{}
      .text("name", {.required = true, .pattern = "^[a-z]+$"})
      .integer("count", {.fallback = 3, .minimum = 1, .maximum = 9})
      .bytes("limit", {.fallback = "8MiB"})
      .duration("wait", {.fallback = "90s", .maximum = "1h"})
      .seconds("grace", {.fallback = "2m"})
      .choice("mode", {"a", "b"}, {.fallback = "a"})
      .object("inner", Schema{}.boolean("on", {.fallback = true}), {.fallback = "{}"})
      .json();
}

// The settings as configure() gets them, or the first line about what is wrong with them.
std::string result(std::string_view settings, std::string_view rules = schema()) {
  const auto out = normalise(rules, settings);
  return out ? *out : out.error().text.substr(0, out.error().text.find('\n'));
}

TEST(Normalise, FillsDefaultsInAndTurnsUnitsIntoIntegers) {
  EXPECT_EQ(result(R"({"name": "x"})"),
            R"({"count":3,"grace":120,"inner":{"on":true},"limit":8388608,"mode":"a","name":"x","wait":90000})");
}

TEST(Normalise, ShowsWhatIsWrongAsTheBrokerDoes) {
  EXPECT_EQ(normalise(schema(), "{\n  \"name\": \"x\",\n  \"mdoe\": \"a\"\n}").error().text,
            "settings:3:3: error: /mdoe: unknown key \"mdoe\"; did you mean \"mode\"?\n"
            "    3 |   \"mdoe\": \"a\"\n"
            "      |   ^~~~~~");
}

TEST(Normalise, SaysAllThatIsWrong) {
  const std::string text = normalise(schema(), R"({"name": "x", "count": 10, "mode": "c"})").error().text;
  EXPECT_NE(text.find("/count: 10 is more than 9"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(/mode: "c" is not one of "a", "b")"), std::string::npos) << text;
}

TEST(Normalise, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(result("{}"), "settings:1:1: error: the key \"name\" is missing");
  EXPECT_EQ(result(R"({"name": 1})"),
            "settings:1:10: error: /name: 1 is a whole number; expected text; did you mean \"1\"?");
  EXPECT_EQ(result(R"({"name": "x", "limit": "8MBB"})").substr(0, 42), "settings:1:24: error: /limit: \"8MBB\" has t");
  EXPECT_EQ(result(R"({"name": "x", "inner": {"on": 1}})"),
            "settings:1:31: error: /inner/on: 1 is a whole number; expected true or false");
  EXPECT_EQ(result("{"), "settings:1:1: error: \"{\" opened here is never closed");
}

TEST(Normalise, FillsInReferencesToTheEnvironment) {
  ASSERT_EQ(setenv("TRELLIS_TEST_NAME", "x", 1), 0);
  EXPECT_EQ(result(R"({"name": "${env:TRELLIS_TEST_NAME}"})"), result(R"({"name": "x"})"));
  EXPECT_EQ(result(R"({"name": "${env:TRELLIS_TEST_ABSENT}"})"),
            "settings:1:11: error: /name: the environment variable TRELLIS_TEST_ABSENT is not set");
}

TEST(Normalise, TakesNoSettingsWithoutASchema) {
  EXPECT_EQ(result("", ""), "{}");
  EXPECT_EQ(result(R"({"a": 1})", ""), "settings:1:2: error: /a: unknown key \"a\"; expected no keys");
}

TEST(CheckSchema, RefusesUnknownKeywordsAndBadDefaults) {
  const auto first = [](std::string_view text) {
    const auto checked = check_schema(text);
    return checked ? "" : checked.error().text.substr(0, checked.error().text.find(';'));
  };
  EXPECT_EQ(first(schema()), "");
  EXPECT_EQ(first(R"({"type":"object","patternProperties":{}})"),
            "schema:1:18: error: /patternProperties: unknown key \"patternProperties\"");
  EXPECT_EQ(first(R"({"properties":{"a":{"type":"integer","default":"x"}}})"),
            "schema:1:48: error: /properties/a/default: \"x\" is text");
  EXPECT_NE(first("{"), "");
}

}  // namespace
}  // namespace trellis::testing
