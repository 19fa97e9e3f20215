// Checking values: what comes out of good ones and what is said about bad ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <trellis/schema/validate.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

// The normalised value as one line, or the first message.
std::string outcome(const std::string& text, const std::string& rules) {
  const Checked checked = check(text, make_schema(rules));
  return checked.diagnostics.ok() ? to_line(checked.value) : checked.diagnostics[0].message;
}

std::string suggestion(const std::string& text, const std::string& rules) {
  const Checked checked = check(text, make_schema(rules));
  return checked.diagnostics.empty() ? "nothing wrong" : checked.diagnostics[0].suggestion;
}

TEST(Validate, NormalisesSizesAndDurations) {
  EXPECT_EQ(outcome(R"("8MiB")", R"({"format": "bytes"})"), "8388608");
  EXPECT_EQ(outcome("17", R"({"format": "bytes"})"), "17");
  EXPECT_EQ(outcome(R"("2s")", R"({"format": "duration"})"), "2000");
  EXPECT_EQ(outcome(R"("2m")", R"({"format": "duration", "x-unit": "s"})"), "120");
  EXPECT_EQ(outcome("7", R"({"format": "duration", "x-unit": "s"})"), "7");
  EXPECT_EQ(outcome("null", R"({"type": ["string", "null"], "format": "bytes"})"), "null");
}

TEST(Validate, RefusesBrokenSizesAndDurations) {
  EXPECT_EQ(outcome("-5", R"({"format": "bytes"})").substr(0, 14), "-5 is negative");
  EXPECT_NE(outcome("2.5", R"({"format": "bytes"})").find("2.5 is not a whole number; expected"), std::string::npos);
  EXPECT_NE(outcome("18446744073709551615", R"({"format": "bytes"})").find("is too large"), std::string::npos);
  EXPECT_EQ(outcome(R"("1500ms")", R"({"format": "duration", "x-unit": "s"})"),
            "\"1500ms\" is not a whole number of seconds");
  EXPECT_EQ(outcome(R"("1GiB")", R"({"format": "bytes", "maximum": "8MiB"})"),
            "\"1GiB\" is more than 8MiB; expected a size of at most 8MiB");
}

TEST(Validate, FillsDefaultsThroughNestedBlocks) {
  const std::string rules = R"({"type": "object", "properties": {
      "a": {"type": "integer", "default": 1},
      "b": {"type": "object", "default": {}, "properties": {"c": {"format": "bytes", "default": "1KiB"}}},
      "d": {"type": "object", "properties": {"e": {"type": "integer", "default": 2}}},
      "f": {"type": "array", "items": {"type": "object", "properties": {"g": {"type": "boolean", "default": true}}}}}})";
  EXPECT_EQ(outcome("{}", rules), R"({"a":1,"b":{"c":1024}})");
  EXPECT_EQ(outcome(R"({"d": {}, "f": [{}]})", rules), R"({"a":1,"b":{"c":1024},"d":{"e":2},"f":[{"g":true}]})");
}

TEST(Validate, HoldsNamesToTheirPattern) {
  const std::string rules = R"({"type": "object", "additionalProperties": true,
      "propertyNames": {"pattern": "^[a-z]+$", "description": "names are lower case"}})";
  EXPECT_EQ(outcome(R"({"abc": 1})", rules), R"({"abc":1})");
  EXPECT_EQ(outcome(R"({"Abc": 1})", rules), "names are lower case");
  EXPECT_EQ(outcome(R"({"": 1})", rules), "names are lower case");
}

TEST(Validate, ReportsEverythingAtOnce) {
  const Checked checked =
      check("{\"a\": \"x\",\n \"b\": 70000,\n \"q\": 1}", make_schema(R"({"type": "object", "required": ["z"],
      "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "maximum": 65535}, "z": {"type": "string"}}})"));
  ASSERT_EQ(checked.diagnostics.size(), 4u) << checked.diagnostics.text();
  EXPECT_EQ(checked.diagnostics[0].message, "the key \"z\" is missing");
  EXPECT_EQ(checked.diagnostics[1].message, "\"x\" is text; expected a whole number");
  EXPECT_EQ(checked.diagnostics[2].message, "70000 is more than 65535; expected a whole number of at most 65535");
  EXPECT_EQ(checked.diagnostics[3].message, "unknown key \"q\"; expected \"a\", \"b\" or \"z\"");
  EXPECT_EQ(checked.diagnostics[3].pointer, "/q");
}

TEST(Validate, TakesAMistypedRequiredKeyForTheMissingOne) {
  const Checked checked = check(R"({"adress": 1})", make_schema(R"({"type": "object", "required": ["address"],
      "properties": {"address": {"type": "integer"}}})"));
  ASSERT_EQ(checked.diagnostics.size(), 1u) << checked.diagnostics.text();
  EXPECT_EQ(checked.diagnostics[0].suggestion, "\"address\"");
}

TEST(Validate, PrefersKeysThatAreNotThereYet) {
  const std::string rules = R"({"type": "object", "properties": {"max_bytes": {}, "min_bytes": {}}})";
  EXPECT_EQ(suggestion(R"({"max_bytes": 1, "mix_bytes": 1})", rules), "\"min_bytes\"");
  EXPECT_EQ(suggestion(R"({"min_bytes": 1, "mix_bytes": 1})", rules), "\"max_bytes\"");
}

TEST(Validate, ChecksTypes) {
  EXPECT_EQ(outcome("3.0", R"({"type": "integer"})"), "3");
  EXPECT_EQ(outcome("3", R"({"type": "number"})"), "3");
  EXPECT_EQ(outcome("3.5", R"({"type": "integer"})"), "3.5 is a number; expected a whole number");
  EXPECT_EQ(outcome("[]", R"({"type": "object"})"), "found a list; expected an object");
  EXPECT_EQ(outcome("null", R"({"type": "string"})"), "found null; expected text");
  EXPECT_EQ(outcome("true", R"({"type": ["integer", "string"]})"), "found true; expected text or a whole number");
  EXPECT_EQ(suggestion(R"("7")", R"({"type": "integer"})"), "7");
  EXPECT_EQ(suggestion(R"("true")", R"({"type": "boolean"})"), "true");
  EXPECT_EQ(suggestion("7", R"({"type": "string"})"), "\"7\"");
}

TEST(Validate, ChecksChoices) {
  EXPECT_EQ(outcome(R"("permit")", R"({"enum": ["allow", "deny"]})"), R"("permit" is not one of "allow", "deny")");
  EXPECT_EQ(suggestion(R"("alow")", R"({"enum": ["allow", "deny"]})"), "\"allow\"");
  EXPECT_EQ(outcome("2", R"({"const": 1})"), "2 is not 1");
  EXPECT_EQ(outcome("null", R"({"enum": [1, null]})"), "null");
}

TEST(Validate, ChecksTexts) {
  EXPECT_EQ(outcome(R"("")", R"({"type": "string", "minLength": 1})"),
            "the text is empty; expected at least 1 character");
  EXPECT_EQ(outcome(R"("äöü")", R"({"maxLength": 3})"), "\"äöü\"");
  EXPECT_EQ(outcome(R"("Ab")", R"({"pattern": "^[a-z]+$"})"), "\"Ab\" does not match the pattern ^[a-z]+$");
  EXPECT_NE(outcome('"' + std::string(200000, 'a') + '"', R"({"pattern": "^(a|b)*$"})").find("longer than 4096"),
            std::string::npos);
  EXPECT_NE(outcome(R"("::1:1")", R"({"format": "address"})").find("without brackets"), std::string::npos);
  EXPECT_NE(outcome(R"("a/#")", R"({"format": "topic"})").find("wildcard"), std::string::npos);
  EXPECT_EQ(outcome(R"("a/#")", R"({"format": "topic-filter"})"), "\"a/#\"");
  EXPECT_EQ(outcome(R"("10.0.0.0/8")", R"({"format": "network"})"), "\"10.0.0.0/8\"");
  EXPECT_EQ(outcome(R"("10.0.0.0/40")", R"({"format": "network"})"),
            R"("10.0.0.0/40" is no address and no range; expected one like "10.1.0.0/16" or "::1")");
}

TEST(Validate, ChecksLists) {
  EXPECT_EQ(outcome("[]", R"({"type": "array", "minItems": 1})"), "the list has 0; expected at least 1 entry");
  EXPECT_EQ(outcome("[1,2,3]", R"({"maxItems": 2})"), "the list has 3; expected at most 2 entries");
  EXPECT_EQ(outcome("[1,\"x\"]", R"({"items": {"type": "integer"}})"), "\"x\" is text; expected a whole number");
  EXPECT_EQ(outcome(R"(["1KiB", 1024])", R"({"items": {"format": "bytes"}, "uniqueItems": true})"),
            "1024 is in the list twice");
  EXPECT_EQ(outcome(R"([{"n": 1}, {"n": 1}])", R"({"items": {"properties": {"n": {}}}, "x-unique-by": "n"})"),
            "1 is in the list twice");
}

TEST(Validate, ChecksMaps) {
  const std::string rules = R"({"type": "object", "additionalProperties": {"type": "integer"}})";
  EXPECT_EQ(outcome(R"({"any": 1, "thing": 2})", rules), R"({"any":1,"thing":2})");
  EXPECT_EQ(outcome(R"({"any": "1"})", rules), "\"1\" is text; expected a whole number");
  EXPECT_EQ(outcome(R"({"any": 1})", R"({"type": "object"})"), "unknown key \"any\"; expected no keys");
  EXPECT_EQ(outcome(R"({"any": 1})", R"({"type": "object", "additionalProperties": true})"), R"({"any":1})");
}

TEST(Validate, MakesPathsAbsolute) {
  Document document = make_document(R"({"a": "x/../b", "c": "/d"})");
  document.set_folder("/etc/trellis");
  Diagnostics diagnostics;
  const Json::Value value = validate(document, make_schema(R"({"type": "object", "properties": {"a": {"format": "path"},
      "c": {"format": "path"}, "e": {"format": "path", "default": "f"}}})"),
                                     diagnostics);
  EXPECT_EQ(to_line(value), R"({"a":"/etc/trellis/b","c":"/d","e":"/etc/trellis/f"})");
}

TEST(Validate, WarnsAboutDeprecatedSettings) {
  const Checked checked = check(
      R"({"old": 1})",
      make_schema(R"({"type": "object", "properties": {"old": {"deprecated": true, "description": "Use new."}}})"));
  EXPECT_TRUE(checked.diagnostics.ok());
  ASSERT_EQ(checked.diagnostics.size(), 1u);
  EXPECT_EQ(checked.diagnostics[0].message, "this setting is deprecated. Use new.");
}

TEST(Validate, SkipsWhatCouldNotBeRead) {
  const Checked checked =
      check(R"({"a": yes})", make_schema(R"({"type": "object", "properties": {"a": {"type": "integer"}}})"));
  EXPECT_EQ(checked.diagnostics.size(), 1u) << checked.diagnostics.text();
}

TEST(Validate, HidesSecretsOnTheLineOfAnotherMistake) {
  const std::string rules =
      R"({"type": "object", "properties": {"pin": {"format": "secret"}, "b": {"type": "integer"}}})";
  for (const char* text :
       {R"({"pin": "hunter2", "b": "x"})", R"({"pim": "hunter2"})", R"({"pin": ["hunter2"], "b": "x"})"}) {
    const Checked checked = check(text, make_schema(rules));
    EXPECT_FALSE(checked.diagnostics.ok());
    EXPECT_EQ(checked.diagnostics.text().find("hunter2"), std::string::npos) << checked.diagnostics.text();
  }
  const Checked fine = check(R"({"pin": "hunter2"})", make_schema(rules));
  EXPECT_EQ(to_line(fine.value), R"({"pin":"***"})");
}

TEST(Validate, ChecksABlockInsideADocumentUnderItsPointer) {
  Document document = make_document("{\"plugins\": [\n{\"config\": {\"x\": \"7\"}}]}");
  Diagnostics diagnostics;
  const Json::Value& block = document.root()["plugins"][0]["config"];
  validate(document, block, "/plugins/0/config",
           make_schema(R"({"type": "object", "properties": {"x": {"type": "integer"}}})"), diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].pointer, "/plugins/0/config/x");
  EXPECT_EQ(diagnostics[0].line, 2u);
}

}  // namespace
}  // namespace trellis::schema::testing
