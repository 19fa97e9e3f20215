// Reading schemas: what a plugin author may write and what is refused.
#include <gtest/gtest.h>

#include <trellis/schema/schema.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

std::string refusal(const std::string& text) {
  Diagnostics diagnostics;
  EXPECT_FALSE(Schema::parse(text, "schema of plugin 'x'", diagnostics)) << text;
  EXPECT_FALSE(diagnostics.ok());
  return diagnostics.text();
}

TEST(Schema, KeepsPropertiesInTheOrderOfTheText) {
  const Schema schema =
      make_schema(R"({"type": "object", "properties": {"z": true, "a": {}, "m": {"type": "string"}}})");
  ASSERT_EQ(schema.root().properties.size(), 3u);
  EXPECT_EQ(schema.root().properties[0].name, "z");
  EXPECT_EQ(schema.root().properties[1].name, "a");
  EXPECT_EQ(schema.root().properties[2].name, "m");
}

TEST(Schema, FindsRulesByPointer) {
  const Schema schema = make_schema(R"({"type": "object", "properties": {
      "l": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
      "m": {"type": "object", "additionalProperties": {"type": "boolean"}}}})");
  EXPECT_EQ(schema.find("/l/7/x")->types, unsigned{kInteger});
  EXPECT_EQ(schema.find("/m/anything")->types, unsigned{kBoolean});
  EXPECT_EQ(schema.find(""), &schema.root());
  EXPECT_EQ(schema.find("/none"), nullptr);
  EXPECT_EQ(schema.find("/l/7/y"), nullptr);
}

TEST(Schema, ReadsLimitsInUnits) {
  const Schema schema = make_schema(R"({"type": "object", "properties": {
      "b": {"format": "bytes", "minimum": "1KiB", "maximum": 4096, "default": "2KiB"},
      "d": {"format": "duration", "x-unit": "s", "minimum": "1m", "maximum": "1h"}}})");
  EXPECT_EQ(schema.find("/b")->minimum->asInt64(), 1024);
  EXPECT_EQ(schema.find("/d")->minimum->asInt64(), 60);
  EXPECT_EQ(schema.find("/d")->maximum->asInt64(), 3600);
}

TEST(Schema, RefusesWhatItWouldIgnore) {
  EXPECT_NE(refusal(R"({"type": "object", "propertys": {}})").find("did you mean \"properties\"?"), std::string::npos);
  EXPECT_NE(refusal(R"({"oneOf": []})").find("unknown key \"oneOf\""), std::string::npos);
  EXPECT_NE(refusal(R"({"type": "strin"})").find("this is not null, boolean"), std::string::npos);
  EXPECT_NE(refusal(R"({"format": "uri"})").find("is not one of \"bytes\", \"duration\""), std::string::npos);
  EXPECT_NE(refusal(R"({"type": "object", "required": ["a"]})").find("is not a key listed in"), std::string::npos);
  EXPECT_NE(refusal(R"({"pattern": "["})").find("not a regular expression"), std::string::npos);
  EXPECT_NE(refusal(R"({"type": "object", "additionalProperties": true, "default": {"a": 1},
      "propertyNames": {"pattern": "[", "description": "x"}})")
                .find("not a regular expression"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"minLength": -1})").find("less than 0"), std::string::npos);
  EXPECT_NE(refusal(R"({"enum": []})").find("at least 1 entry"), std::string::npos);
  EXPECT_NE(refusal(R"({"x-unit": "min"})").find("is not one of \"ms\", \"s\""), std::string::npos);
  EXPECT_NE(refusal(R"({"format": "bytes", "maximum": "8MBB"})").find("unknown unit"), std::string::npos);
  EXPECT_NE(refusal("[]").find("expected true or false or an object"), std::string::npos);
  EXPECT_NE(refusal("{").find("never closed"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
}

TEST(Schema, ChecksItsOwnDefaultsAndExamples) {
  EXPECT_NE(refusal(R"({"type": "integer", "default": "7"})").find("/default: \"7\" is text"), std::string::npos);
  EXPECT_NE(refusal(R"({"enum": ["a", "b"], "default": "c"})").find("is not one of"), std::string::npos);
  EXPECT_NE(refusal(R"({"format": "duration", "examples": ["30"]})").find("has no unit"), std::string::npos);
  EXPECT_NE(refusal(R"({"type": "object", "properties": {"a": {"type": "string"}}, "examples": [{"b": 1}]})")
                .find("unknown key"),
            std::string::npos);
}

TEST(Schema, AllowsAnnotationsAndExtensions) {
  make_schema(
      R"({"$schema": "x", "$id": "y", "$comment": "z", "title": "t", "description": "d", "x-anything": {"a": 1}})");
}

TEST(DescribeType, SpeaksPlainly) {
  EXPECT_EQ(describe_type(make_schema(R"({"type": "integer", "minimum": 1, "maximum": 9})").root()),
            "a whole number from 1 to 9");
  EXPECT_EQ(describe_type(make_schema(R"({"type": ["string", "null"]})").root()), "text or null");
  EXPECT_EQ(describe_type(make_schema(R"({"format": "bytes", "maximum": "8MiB"})").root()), "a size of at most 8MiB");
  EXPECT_EQ(describe_type(make_schema("{}").root()), "any value");
}

}  // namespace
}  // namespace trellis::schema::testing
