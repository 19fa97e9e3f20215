// One row for each case of each operator: what is compared with what, and what becomes of the event.
#include "judging.hpp"

namespace cloud_event {
namespace {

struct Row {
  const char* filter;  // operator and values, without key
  const char* value;   // of data.k; empty: there is none
  bool passes;
};

void expect_rows(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    const std::string filter = std::string(R"({"filters": [{"key": "data.k", )") + row.filter + "}]}";
    const std::string member = *row.value != '\0' ? std::string(R"("k": )") + row.value : "";
    EXPECT_EQ(passes(filter, R"({"data": {)" + member + "}}"), row.passes) << row.filter << " on " << row.value;
  }
}

TEST(Operators, NumberIn) {
  constexpr const char* kIs = R"("operatorType": "NumberIn", "values": [3, -1.5, 9007199254740993])";
  expect_rows({{kIs, "3", true},
               {kIs, "3.0", true},
               {kIs, "-1.5", true},
               {kIs, "9007199254740993", true},
               {kIs, "9007199254740992", false},
               {kIs, "4", false},
               {kIs, "\"3\"", false},
               {kIs, "true", false},
               {kIs, "{}", false},
               {kIs, "null", false},
               {kIs, "", false},
               {kIs, "[1, 3]", true},
               {kIs, "[1, 2]", false},
               {kIs, "[\"3\", null, {}, 3]", true},
               {kIs, "[]", false},
               {kIs, "[[3]]", false},
               {kIs, "1e999", false}});
}

TEST(Operators, NumberNotIn) {
  constexpr const char* kIs = R"("operatorType": "NumberNotIn", "values": [3, 4])";
  expect_rows({{kIs, "5", true},
               {kIs, "3", false},
               {kIs, "3.0", false},
               {kIs, "", true},
               {kIs, "null", true},
               {kIs, "\"3\"", true},
               {kIs, "[1, 2]", true},
               {kIs, "[1, 4]", false},
               {kIs, "[\"3\"]", true},
               {kIs, "[]", true},
               {kIs, "1e999", true}});
}

TEST(Operators, NumberLessThan) {
  constexpr const char* kIs = R"("operatorType": "NumberLessThan", "value": 10)";
  expect_rows({{kIs, "9.99", true},
               {kIs, "10", false},
               {kIs, "-1e999", true},
               {kIs, "\"9\"", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[11, 9]", true},
               {kIs, "[11, 12]", false}});
}

TEST(Operators, NumberGreaterThan) {
  constexpr const char* kIs = R"("operatorType": "NumberGreaterThan", "value": 9007199254740992)";
  expect_rows({{kIs, "9007199254740993", true},
               {kIs, "9007199254740992", false},
               {kIs, "18446744073709551615", true},
               {kIs, "1e999", true},
               {kIs, "\"9\"", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[1, 9007199254740993]", true},
               {kIs, "[1]", false}});
}

TEST(Operators, NumberLessThanOrEquals) {
  constexpr const char* kIs = R"("operatorType": "NumberLessThanOrEquals", "value": 1.5)";
  expect_rows({{kIs, "1.5", true},
               {kIs, "15e-1", true},
               {kIs, "1.50001", false},
               {kIs, "false", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[2, 1]", true},
               {kIs, "[2]", false}});
}

TEST(Operators, NumberGreaterThanOrEquals) {
  constexpr const char* kIs = R"("operatorType": "NumberGreaterThanOrEquals", "value": -3)";
  expect_rows({{kIs, "-3", true},
               {kIs, "-3.0001", false},
               {kIs, "0", true},
               {kIs, "\"0\"", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[-4, -2]", true},
               {kIs, "[-4]", false}});
}

TEST(Operators, NumberInRange) {
  constexpr const char* kIs = R"("operatorType": "NumberInRange", "values": [[0, 4.5], [10, 10]])";
  expect_rows({{kIs, "0", true},
               {kIs, "4.5", true},
               {kIs, "4.6", false},
               {kIs, "10", true},
               {kIs, "7", false},
               {kIs, "\"3\"", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[7, 10]", true},
               {kIs, "[7]", false}});
}

TEST(Operators, NumberNotInRange) {
  constexpr const char* kIs = R"("operatorType": "NumberNotInRange", "values": [[0, 4.5], [10, 20]])";
  expect_rows({{kIs, "7", true},
               {kIs, "0", false},
               {kIs, "20", false},
               {kIs, "\"3\"", true},
               {kIs, "", true},
               {kIs, "null", true},
               {kIs, "[7, 30]", true},
               {kIs, "[7, 15]", false},
               {kIs, "[]", true}});
}

TEST(Operators, BoolEquals) {
  constexpr const char* kYes = R"("operatorType": "BoolEquals", "value": true)";
  constexpr const char* kNo = R"("operatorType": "BoolEquals", "value": false)";
  expect_rows({{kYes, "true", true},
               {kYes, "false", false},
               {kNo, "false", true},
               {kNo, "", false},
               {kNo, "null", false},
               {kNo, "0", false},
               {kYes, "\"true\"", false},
               {kYes, "[false, true]", true},
               {kYes, "[false]", false},
               {kYes, "[]", false}});
}

TEST(Operators, StringContains) {
  constexpr const char* kIs = R"("operatorType": "StringContains", "values": ["Ord", "ß", "\u00dcb"])";
  expect_rows({{kIs, "\"my order\"", true},
               {kIs, "\"MY ORDER\"", true},
               {kIs, "\"Maß\"", true},
               {kIs, "\"übel\"", true},
               {kIs, R"("\u00fcbel")", true},
               {kIs, R"("o\u0072d")", true},
               {kIs, "\"or d\"", false},
               {kIs, "7", false},
               {kIs, "{}", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"x\", \"ORDER\"]", true},
               {kIs, "[\"x\"]", false},
               {kIs, "[]", false}});
}

TEST(Operators, StringNotContains) {
  constexpr const char* kIs = R"("operatorType": "StringNotContains", "values": ["ord", "x"])";
  expect_rows({{kIs, "\"invoice\"", true},
               {kIs, "\"My ORDER\"", false},
               {kIs, "\"\"", true},
               {kIs, "7", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"a\", \"b\"]", true},
               {kIs, "[\"a\", \"Xb\"]", false},
               {kIs, "[7]", false},
               {kIs, "[]", false}});
}

TEST(Operators, StringBeginsWith) {
  constexpr const char* kIs = R"("operatorType": "StringBeginsWith", "values": ["EU/", "us/"])";
  expect_rows({{kIs, "\"eu/1\"", true},
               {kIs, "\"Us/\"", true},
               {kIs, "\"e\"", false},
               {kIs, "\"/eu/\"", false},
               {kIs, "7", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"x\", \"eu/\"]", true},
               {kIs, "[\"x\"]", false}});
}

TEST(Operators, StringNotBeginsWith) {
  constexpr const char* kIs = R"("operatorType": "StringNotBeginsWith", "values": ["eu/"])";
  expect_rows({{kIs, "\"us/1\"", true},
               {kIs, "\"EU/1\"", false},
               {kIs, "7", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"us\", \"as\"]", true},
               {kIs, "[\"us\", \"eu/\"]", false}});
}

TEST(Operators, StringEndsWith) {
  constexpr const char* kIs = R"("operatorType": "StringEndsWith", "values": [".JPG", ".png"])";
  expect_rows({{kIs, "\"a.jpg\"", true},
               {kIs, "\"a.PNG\"", true},
               {kIs, "\"a.jpg.txt\"", false},
               {kIs, "\"jpg\"", false},
               {kIs, "7", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"x\", \"x.png\"]", true},
               {kIs, "[\"x\"]", false}});
}

TEST(Operators, StringNotEndsWith) {
  constexpr const char* kIs = R"("operatorType": "StringNotEndsWith", "values": [".jpg"])";
  expect_rows({{kIs, "\"a.txt\"", true},
               {kIs, "\"a.JPG\"", false},
               {kIs, "7", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"a\", \"b\"]", true},
               {kIs, "[\"a\", \"b.jpg\"]", false}});
}

TEST(Operators, StringIn) {
  constexpr const char* kIs = R"("operatorType": "StringIn", "values": ["Red", "green", "5"])";
  expect_rows({{kIs, "\"red\"", true},
               {kIs, "\"GREEN\"", true},
               {kIs, "\"reddish\"", false},
               {kIs, "5", false},
               {kIs, "", false},
               {kIs, "null", false},
               {kIs, "[\"blue\", \"RED\"]", true},
               {kIs, "[\"blue\"]", false},
               {kIs, "[5, \"red\"]", true}});
}

TEST(Operators, StringNotIn) {
  constexpr const char* kIs = R"("operatorType": "StringNotIn", "values": ["red", "green"])";
  expect_rows({{kIs, "\"blue\"", true},
               {kIs, "\"RED\"", false},
               {kIs, "5", true},
               {kIs, "", true},
               {kIs, "null", true},
               {kIs, "[\"blue\", \"white\"]", true},
               {kIs, "[\"blue\", \"Red\"]", false},
               {kIs, "[]", true}});
}

TEST(Operators, IsNullOrUndefined) {
  constexpr const char* kIs = R"("operatorType": "IsNullOrUndefined")";
  expect_rows({{kIs, "", true},
               {kIs, "null", true},
               {kIs, "0", false},
               {kIs, "\"\"", false},
               {kIs, "false", false},
               {kIs, "[]", false},
               {kIs, "[null]", false},
               {kIs, "{}", false}});
}

TEST(Operators, IsNotNull) {
  constexpr const char* kIs = R"("operatorType": "IsNotNull")";
  expect_rows({{kIs, "", false},
               {kIs, "null", false},
               {kIs, "0", true},
               {kIs, "\"\"", true},
               {kIs, "false", true},
               {kIs, "[]", true},
               {kIs, "{}", true}});
}

TEST(Operators, LookIntoArraysOfAdvancedFiltersOnlyWhereToldSo) {
  constexpr const char* kEvent = R"({"data": {"k": ["a", "b"], "n": [1]}})";
  const auto judged = [&](const char* arrays, const char* op) {
    return passes(std::string("{") + arrays + R"("advancedFilters": [{)" + op + "}]}", kEvent);
  };
  constexpr const char* kYes = R"("enableAdvancedFilteringOnArrays": true, )";
  constexpr const char* kIn = R"("operatorType": "StringIn", "key": "data.k", "values": ["a"])";
  constexpr const char* kNotIn = R"("operatorType": "NumberNotIn", "key": "data.n", "values": [1])";
  constexpr const char* kThere = R"("operatorType": "IsNotNull", "key": "data.k")";
  EXPECT_TRUE(judged(kYes, kIn));
  EXPECT_FALSE(judged("", kIn));
  EXPECT_FALSE(judged(kYes, kNotIn));
  EXPECT_TRUE(judged("", kNotIn));
  EXPECT_TRUE(judged("", kThere));
}

TEST(Filter, EverythingHasToHold) {
  constexpr const char* kFilter = R"({"includedEventTypes": ["a.b", "A.C"], "subjectBeginsWith": "/x/",
      "subjectEndsWith": ".JPG", "advancedFilters": [{"operatorType": "NumberIn", "key": "data.n", "values": [1]},
      {"operatorType": "StringIn", "key": "Data.s", "values": ["t"]}]})";
  const auto event = [](std::string type, std::string subject, std::string n) {
    return R"({"type": ")" + type + R"(", "subject": ")" + subject + R"(", "data": {"s": "T", "n": )" + n + "}}";
  };
  EXPECT_TRUE(passes(kFilter, event("A.b", "/X/1.jpg", "1")));
  EXPECT_TRUE(passes(kFilter, event("a.c", "/x/.jpg", "1")));
  EXPECT_FALSE(passes(kFilter, event("a.d", "/x/1.jpg", "1")));
  EXPECT_FALSE(passes(kFilter, event("a.b", "/y/1.jpg", "1")));
  EXPECT_FALSE(passes(kFilter, event("a.b", "/x/1.png", "1")));
  EXPECT_FALSE(passes(kFilter, event("a.b", "/x/1.jpg", "2")));
}

TEST(Filter, SubjectsMayBeAskedForWithTheirCase) {
  constexpr const char* kExact =
      R"({"subjectBeginsWith": "/X", "subjectEndsWith": "Y", "isSubjectCaseSensitive": true})";
  EXPECT_TRUE(passes(kExact, R"({"subject": "/X-Y"})"));
  EXPECT_FALSE(passes(kExact, R"({"subject": "/x-Y"})"));
  EXPECT_FALSE(passes(kExact, R"({"subject": "/X-y"})"));
  EXPECT_FALSE(passes(kExact, R"({"id": "1"})"));
  // Another filter on the same key compares as ever.
  EXPECT_TRUE(passes(R"({"subjectBeginsWith": "/X", "isSubjectCaseSensitive": true,
      "filters": [{"operatorType": "StringIn", "key": "subject", "values": ["/x-y"]}]})",
                     R"({"subject": "/X-Y"})"));
}

TEST(Filter, WithoutConditionsEverythingPasses) {
  for (const char* all : {"{}", R"({"includedEventTypes": []})", R"({"includedEventTypes": null, "filters": null})",
                          R"({"includedEventTypes": ["ALL"]})", R"({"filters": [], "subjectBeginsWith": ""})"}) {
    EXPECT_TRUE(passes(all, R"({"type": "x"})")) << all;
    EXPECT_TRUE(passes(all, "no event at all")) << all;
  }
}

}  // namespace
}  // namespace cloud_event
