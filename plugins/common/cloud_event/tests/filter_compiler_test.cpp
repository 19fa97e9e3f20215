// Refusals say where something is wrong, what was found and what was expected.
#include "common/cloud_event/filter_compiler.hpp"

#include "judging.hpp"

namespace cloud_event {
namespace {

std::string filter(std::string_view members) { return R"({"filters": [)" + std::string(members) + "]}"; }

std::string many(std::size_t count, const std::string& item) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + item;
  return out;
}

TEST(Refusals, OfTheWhole) {
  EXPECT_EQ(refusal(R"({"subjectStartsWith": "x"})"),
            "/subjectStartsWith: expected one of includedEventTypes, subjectBeginsWith, subjectEndsWith, "
            "isSubjectCaseSensitive, enableAdvancedFilteringOnArrays, advancedFilters, filters, cloudEventFilters");
  EXPECT_EQ(refusal("[]"), "the filter: expected an object, found a list");
  EXPECT_EQ(refusal(R"({"filters": [], "advancedFilters": []})"),
            "/advancedFilters: found beside /filters, expected one of them: they are the same in two forms");
  EXPECT_EQ(
      refusal(R"({"filters": [], "enableAdvancedFilteringOnArrays": true})"),
      "/enableAdvancedFilteringOnArrays: found beside /filters, expected beside /advancedFilters: the other looks into "
      "arrays anyway");
  EXPECT_EQ(refusal(R"({"filters": {}})"), "/filters: expected a list of filters, found an object");
  EXPECT_EQ(refusal(R"({"includedEventTypes": "a"})"), "/includedEventTypes: expected a list of texts, found text");
  EXPECT_EQ(refusal(R"({"includedEventTypes": ["a", 1]})"),
            "/includedEventTypes/1: expected text, found a whole number");
  EXPECT_EQ(refusal(R"({"includedEventTypes": [""]})"),
            "/includedEventTypes/0: expected an event type, found empty text");
  EXPECT_EQ(refusal(R"({"includedEventTypes": [)" + many(1001, "\"a\"") + "]}"),
            "/includedEventTypes: found 1001 event types, expected at most 1000");
  EXPECT_EQ(refusal(R"({"subjectBeginsWith": 1})"), "/subjectBeginsWith: expected text, found a whole number");
  EXPECT_EQ(refusal(R"({"isSubjectCaseSensitive": "yes"})"),
            "/isSubjectCaseSensitive: expected true or false, found text");
}

TEST(Refusals, OfOneFilter) {
  EXPECT_EQ(refusal(filter("1")), "/filters/0: expected an object, found a whole number");
  EXPECT_EQ(refusal(filter(R"({"key": "id"})")), R"(/filters/0: expected the member "operatorType", found none)");
  EXPECT_EQ(refusal(filter(R"({"operatorType": "IsNotNull"})")),
            R"(/filters/0: expected the member "key", found none)");
  EXPECT_EQ(refusal(filter(R"({"operatorType": 1, "key": "id"})")),
            "/filters/0/operatorType: expected text, found a whole number");
  EXPECT_EQ(refusal(filter(R"({"operatorType": "IsNotNull", "key": "id", "kez": 1})")),
            "/filters/0/kez: expected one of operatorType, key, value, values");
  EXPECT_EQ(
      refusal(
          R"({"advancedFilters": [{"operatorType": "IsNotNull", "key": "id"}, {"operatorType": "stringin", "key": "id"}]})"),
      "/advancedFilters/1/operatorType: \"stringin\" is not one of NumberIn, NumberNotIn, NumberLessThan, "
      "NumberGreaterThan, NumberLessThanOrEquals, NumberGreaterThanOrEquals, NumberInRange, NumberNotInRange, "
      "BoolEquals, StringContains, StringNotContains, StringBeginsWith, StringNotBeginsWith, StringEndsWith, "
      "StringNotEndsWith, StringIn, StringNotIn, IsNullOrUndefined, IsNotNull");
}

TEST(Refusals, OfKeys) {
  const auto key = [](const std::string& name) {
    return refusal(filter(R"({"operatorType": "IsNotNull", "key": ")" + name + "\"}"));
  };
  EXPECT_EQ(key(""), "/filters/0/key: expected a key, found empty text");
  EXPECT_EQ(key("data..x"), R"(/filters/0/key: expected names with one dot between them, found "data..x")");
  EXPECT_EQ(key("data."), R"(/filters/0/key: expected names with one dot between them, found "data.")");
  EXPECT_EQ(key(std::string(513, 'k')), "/filters/0/key: a key has at most 512 bytes, not 513");
  EXPECT_EQ(key(std::string(512, 'k')), "");
  std::string deep = "data";
  for (int i = 0; i < 64; ++i) deep += ".k";
  EXPECT_EQ(key(deep), "/filters/0/key: a key has at most 64 names");
}

TEST(Refusals, OfOperands) {
  const auto operand = [](const std::string& op, const std::string& rest) {
    return refusal(filter(R"({"operatorType": ")" + op + R"(", "key": "id")" + rest + "}"));
  };
  EXPECT_EQ(operand("NumberIn", R"(, "value": 1)"), R"(/filters/0/value: expected none with NumberIn, but "values")");
  EXPECT_EQ(operand("NumberLessThan", R"(, "values": [1])"),
            R"(/filters/0/values: expected none with NumberLessThan, but "value")");
  EXPECT_EQ(operand("NumberIn", ""), R"(/filters/0: NumberIn: expected the member "values", found none)");
  EXPECT_EQ(operand("BoolEquals", ""), R"(/filters/0: BoolEquals: expected the member "value", found none)");
  EXPECT_EQ(operand("IsNotNull", R"(, "value": 1)"), "/filters/0/value: expected none with IsNotNull");
  EXPECT_EQ(operand("IsNullOrUndefined", R"(, "values": [])"),
            "/filters/0/values: expected none with IsNullOrUndefined");
  EXPECT_EQ(operand("NumberIn", R"(, "values": [])"),
            "/filters/0/values: expected at least one value, found an empty list");
  EXPECT_EQ(operand("NumberIn", R"(, "values": [1, "2"])"), "/filters/0/values/1: expected a number, found text");
  EXPECT_EQ(operand("NumberGreaterThan", R"(, "value": true)"),
            "/filters/0/value: expected a number, found true or false");
  EXPECT_EQ(operand("NumberGreaterThan", R"(, "value": 1e999)"),
            "/filters/0/value: expected a number that a double can hold");
  EXPECT_EQ(operand("NumberInRange", R"(, "values": [1, 2])"),
            "/filters/0/values/0: expected a range, a list of two numbers");
  EXPECT_EQ(operand("NumberInRange", R"(, "values": [[1, 2, 3]])"),
            "/filters/0/values/0: expected a range, a list of two numbers");
  EXPECT_EQ(operand("NumberInRange", R"(, "values": [[1, 2], [1, "2"]])"),
            "/filters/0/values/1/1: expected a number, found text");
  EXPECT_EQ(operand("NumberNotInRange", R"(, "values": [[2, 1.5]])"),
            "/filters/0/values/0: expected the smaller number first");
  EXPECT_EQ(operand("BoolEquals", R"(, "value": "true")"), "/filters/0/value: expected true or false, found text");
  EXPECT_EQ(operand("StringIn", R"(, "values": "a")"), "/filters/0/values: expected a list, found text");
  EXPECT_EQ(operand("StringIn", R"(, "values": ["a", 5])"), "/filters/0/values/1: expected text, found a whole number");
}

TEST(Refusals, OfMoreThanTheLimits) {
  const std::string one = R"({"operatorType": "IsNotNull", "key": "id"})";
  EXPECT_EQ(refusal(filter(many(25, one))), "");
  EXPECT_EQ(refusal(filter(many(26, one))), "/filters: found 26 filters, expected at most 25");
  const std::string twelve = R"({"operatorType": "NumberIn", "key": "id", "values": [)" + many(12, "1") + "]}";
  const std::string last = R"({"operatorType": "NumberLessThan", "key": "id", "value": 1})";
  EXPECT_EQ(refusal(filter(twelve + "," + twelve + "," + last)), "");
  EXPECT_EQ(refusal(filter(twelve + "," + twelve + "," + last + "," + last)),
            "/filters/3/value: found 26 values in all filters up to here, expected at most 25");
  const auto text = [&](const std::string& letters) {
    return refusal(filter(R"({"operatorType": "StringIn", "key": "id", "values": [")" + letters + "\"]}"));
  };
  std::string umlauts;
  for (int i = 0; i < 512; ++i) umlauts += "ü";
  EXPECT_EQ(text(umlauts), "");
  EXPECT_EQ(text(umlauts + "u"), "/filters/0/values/0: found a text of 513 characters, expected at most 512");
  EXPECT_EQ(refusal(R"({"subjectEndsWith": ")" + std::string(513, 'x') + "\"}"),
            "/subjectEndsWith: found a text of 513 characters, expected at most 512");
}

TEST(Limits, AreTheCallers) {
  FilterLimits limits;
  limits.values = 1;
  const auto two =
      trellis::Config::parse(filter(R"({"operatorType": "NumberIn", "key": "id", "values": [1, 2]})")).value();
  EXPECT_FALSE(Filter::compile(two, limits));
  limits.values = 2;
  EXPECT_TRUE(Filter::compile(two, limits));
}

}  // namespace
}  // namespace cloud_event
