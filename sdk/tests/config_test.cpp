// Settings and schemas: what authors write and what they read.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <trellis/config.hpp>
#include <trellis/schema.hpp>

namespace trellis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view json) {
  const auto config = Config::parse(json);
  return config ? "" : config.error().text;
}

TEST(Config, ReadsEveryType) {
  const auto config = Config::parse(
      R"({"text": "a\u00e9\ud83d\ude00\n", "integer": -7, "number": 2.5e1, "yes": true, "list": ["x", "y"],
          "object": {"inner": {"deep": 1}}, "nothing": null})");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->text("text"), "aé😀\n");
  EXPECT_EQ(config->integer("integer"), -7);
  EXPECT_EQ(config->number("number"), 25.0);
  EXPECT_EQ(config->number("integer"), -7.0);
  EXPECT_TRUE(config->boolean("yes"));
  EXPECT_THAT(config->texts("list"), ElementsAre("x", "y"));
  EXPECT_EQ(config->object("object").object("inner").integer("deep"), 1);
  EXPECT_FALSE(config->contains("nothing"));
  EXPECT_FALSE(config->contains("absent"));
}

TEST(Config, FallsBackWhereASettingIsAbsentOrNull) {
  const auto config = Config::parse(R"({"nothing": null})");
  EXPECT_EQ(config->text("nothing", "fallback"), "fallback");
  EXPECT_EQ(config->integer("absent", 3), 3);
  EXPECT_TRUE(config->boolean("absent", true));
}

TEST(Config, KeepsTheOrderAndTheTextOfMembers) {
  const auto config = Config::parse(R"({"z": {"k": 1}, "a": [ 1,2 ]})");
  const auto members = config->members();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].first, "z");
  EXPECT_EQ(members[0].second.json(), R"({"k": 1})");
  EXPECT_EQ(members[1].second.json(), "[ 1,2 ]");
}

TEST(Config, OutlivesTheDocumentItCameFrom) {
  Config inner;
  {
    const auto config = Config::parse(R"({"object": {"text": "still there"}})");
    inner = config->object("object");
  }
  EXPECT_EQ(inner.text("text"), "still there");
}

TEST(Config, SaysWhereASettingIsOfAnotherType) {
  const auto config = Config::parse(R"({"rules": [{"action": 7}]})");
  try {
    (void)config->list("rules").front().text("action");
    FAIL() << "nothing was thrown";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "/rules/0/action: expected text, found a whole number");
  }
}

TEST(Config, RefusesWhatIsNotJson) {
  EXPECT_EQ(error_of(R"({"a": 1,})"), "JSON, byte 8: expected a key in quotes");
  EXPECT_EQ(error_of(R"({"a": 1, "a": 2})"), "JSON, byte 12: expected every key once, not \"a\" again");
  EXPECT_THAT(error_of("[01]"), HasSubstr("a value"));
  EXPECT_THAT(error_of("{} x"), HasSubstr("nothing more"));
  EXPECT_THAT(error_of("\"\\ud800\""), HasSubstr("surrogate"));
  EXPECT_THAT(error_of("\"\n\""), HasSubstr("control character"));
  EXPECT_THAT(error_of("tru"), HasSubstr("a value"));
  EXPECT_THAT(error_of(""), HasSubstr("a value"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("nesting"));
}

TEST(Config, ReadsIntegersThatDoNotFitAsNumbers) {
  const auto config = Config::parse(R"({"big": 18446744073709551616, "most": 9223372036854775807})");
  EXPECT_EQ(config->number("big"), 18446744073709551616.0);
  EXPECT_THROW((void)config->integer("big"), ConfigError);
  EXPECT_EQ(config->integer("most"), INT64_MAX);
}

TEST(Config, FindsRepeatedKeysAmongManyToo) {
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"key" + std::to_string(i) + "\": 1, ";
  EXPECT_EQ(error_of(many + "\"last\": 1}"), "");
  for (const char* again : {"key0", "key31", "key32", "key99"})
    EXPECT_THAT(error_of(many + '"' + again + "\": 1}"),
                HasSubstr("expected every key once, not \"" + std::string(again)));
}

TEST(Schema, IsJsonWithEverythingThatWasSaid) {
  const std::string text = Schema{}
                               .text("prefix", {.help = "A \"prefix\".", .required = true, .minimum_length = 1})
                               .bytes("limit", {.fallback = "8MiB", .maximum = "1GiB"})
                               .duration("wait", {.fallback = "30s"})
                               .choice("mode", {"fast", "safe"}, {.fallback = "safe"})
                               .list("rules", Schema{}.boolean("deny", {.fallback = false}), {.minimum_items = 1})
                               .object("tls", Schema{}.path("key", {.required = true}))
                               .secret("password")
                               .example(R"({"prefix": "a"})")
                               .json();
  const auto schema = Config::parse(text);
  ASSERT_TRUE(schema) << schema.error().text << "\n" << text;
  EXPECT_THAT(schema->texts("required"), ElementsAre("prefix"));
  const Config properties = schema->object("properties");
  EXPECT_EQ(properties.object("prefix").text("description"), "A \"prefix\".");
  EXPECT_EQ(properties.object("limit").text("format"), "bytes");
  EXPECT_EQ(properties.object("wait").text("x-unit"), "ms");
  EXPECT_THAT(properties.object("mode").texts("enum"), ElementsAre("fast", "safe"));
  EXPECT_FALSE(properties.object("rules").object("items").boolean("additionalProperties"));
  EXPECT_EQ(properties.object("password").text("format"), "secret");
  EXPECT_EQ(schema->list("examples").front().text("prefix"), "a");
}

}  // namespace
}  // namespace trellis
