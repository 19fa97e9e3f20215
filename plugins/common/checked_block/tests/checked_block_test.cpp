// What becomes of a block, and what is said of one that is wrong.
#include "common/checked_block/checked_block.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace common {
namespace {

using trellis::Schema;

const BlockSchema& schema() {
  static const BlockSchema made(Schema{}
                                    .text("kind", {.required = true, .minimum_length = 1, .maximum_length = 4})
                                    .secret("token", {})
                                    .choice("mode", {"one", "many"}, {.fallback = "one"})
                                    .integer("most", {.fallback = 1, .minimum = 1, .maximum = 10})
                                    .duration("time", {.fallback = "30s", .minimum = "1s", .maximum = "2m"})
                                    .bytes("size", {.maximum = "1MiB"})
                                    .boolean("loud", {})
                                    .list("rules", Schema{}.text("name", {.required = true}), {.maximum_items = 2})
                                    .object("inside", Schema{}.integer("n", {.fallback = 7}), {.fallback = "{}"}));
  return made;
}

std::string checked(const std::string& block) {
  const auto made = schema().check(trellis::Config::parse(block).value());
  return made ? std::string(made->json()) : made.error().text;
}

TEST(CheckedBlock, FillsInDefaultsAndUnits) {
  EXPECT_EQ(checked(R"({"kind": "a"})"), R"({"kind":"a","mode":"one","most":1,"time":30000,"inside":{"n":7}})");
  EXPECT_EQ(checked(R"({"kind": "a\n", "mode": "many", "most": 10, "time": "1m", "size": "64KiB", "loud": true,
                        "rules": [{"name": "x"}, {"name": "y"}], "inside": {"n": -3}})"),
            R"({"kind":"a\n","mode":"many","most":10,"time":60000,"size":65536,"loud":true,)"
            R"("rules":[{"name":"x"},{"name":"y"}],"inside":{"n":-3}})");
}

TEST(CheckedBlock, PlainNumbersAreBytesAndMilliseconds) {
  EXPECT_EQ(checked(R"({"kind": "a", "time": 1500, "size": 7})"),
            R"({"kind":"a","time":1500,"size":7,"mode":"one","most":1,"inside":{"n":7}})");
}

TEST(CheckedBlock, NullIsAbsent) {
  EXPECT_EQ(checked(R"({"kind": "a", "mode": null, "loud": null})"), checked(R"({"kind": "a"})"));
  EXPECT_EQ(checked(R"({"kind": null})"), R"(the block: "kind" is missing)");
}

TEST(CheckedBlock, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(checked("{}"), R"(the block: "kind" is missing)");
  EXPECT_EQ(checked("[]"), "the block: expected an object, found a list");
  EXPECT_EQ(checked(R"({"kind": 1})"), "/kind: expected text, found a whole number");
  EXPECT_EQ(checked(R"({"kind": ""})"), "/kind: is empty");
  EXPECT_EQ(checked(R"({"kind": "ääää", "mode": "few"})"), R"(/mode: "few" is not one of "one", "many")");
  EXPECT_EQ(checked(R"({"kind": "äääää"})"), "/kind: is longer than 4 characters");
  EXPECT_EQ(checked(R"({"kind": "a", "most": 11})"), "/most: is out of range; expected 1 to 10");
  EXPECT_EQ(checked(R"({"kind": "a", "most": 1.5})"), "/most: expected a whole number, found a number");
  EXPECT_EQ(checked(R"({"kind": "a", "loud": 1})"), "/loud: expected true or false, found a whole number");
  EXPECT_EQ(checked(R"({"kind": "a", "time": "3m"})"), R"(/time: is out of range; expected "1s" to "2m")");
  EXPECT_EQ(checked(R"({"kind": "a", "time": "30"})"),
            R"(/time: has no unit that is known; expected a duration like "30s" or "500ms")");
  EXPECT_EQ(checked(R"({"kind": "a", "time": -30})"),
            R"(/time: is no amount; expected a duration like "30s" or "500ms")");
  EXPECT_EQ(checked(R"({"kind": "a", "time": "3 s"})"),
            R"(/time: has no unit that is known; expected a duration like "30s" or "500ms")");
  EXPECT_EQ(checked(R"({"kind": "a", "size": "x"})"),
            R"(/size: does not begin with a number; expected a size like "64KiB")");
  EXPECT_EQ(checked(R"({"kind": "a", "size": "2MiB"})"), R"(/size: is out of range; expected at most "1MiB")");
  EXPECT_EQ(checked(R"({"kind": "a", "rules": [{}]})"), R"(/rules/0: "name" is missing)");
  EXPECT_EQ(checked(R"({"kind": "a", "rules": [1, 2, 3]})"), "/rules: has 3 items, expected at most 2");
}

TEST(CheckedBlock, GuessesWhatAnUnknownKeyMeans) {
  EXPECT_EQ(checked(R"({"kind": "a", "tokne": "x"})"), R"(the block: unknown key "tokne"; did you mean "token"?)");
  EXPECT_EQ(checked(R"({"kind": "a", "Mode": "one"})"), R"(the block: unknown key "Mode"; did you mean "mode"?)");
  EXPECT_EQ(checked(R"({"kind": "a", "inside": {"colour": 1}})"),
            R"(/inside: unknown key "colour"; expected one of "n")");
}

TEST(CheckedBlock, ASecretIsInNoSentence) {
  EXPECT_EQ(checked(R"({"kind": "a", "token": 4711})"), "/token: expected text, found a whole number");
}

TEST(CheckedBlock, AKeywordThatIsNotCheckedIsRefusedAtOnce) {
  EXPECT_THROW(BlockSchema(Schema{}.text("a", {.pattern = "^x"})), std::logic_error);
}

}  // namespace
}  // namespace common
