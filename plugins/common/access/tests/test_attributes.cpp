#include <gtest/gtest.h>

#include "access/attributes.hpp"

namespace rights {
namespace {

std::string fault(std::string_view json) { return attributes_fault(trellis::json::parse(json).value()); }
std::optional<Value> claim(std::string_view json) { return from_claim(trellis::json::parse(json).value()); }

TEST(Attributes, ComeBackAsTheyWereWritten) {
  for (const std::string_view json : {R"("press")", "5", "-9000000000", R"(["a","b"])", "[]", R"("\"quoted\"")"}) {
    const auto value = from_json(json);
    ASSERT_TRUE(value) << json;
    EXPECT_EQ(to_json(*value), json);
  }
}

TEST(Attributes, ABooleanIsItsText) { EXPECT_EQ(from_json("true"), Value("true")); }

TEST(Attributes, OtherThingsAreNone) {
  for (const std::string_view json : {"1.5", "null", "{}", "[1]", R"(["a",1])", "[[]]"}) {
    EXPECT_FALSE(from_json(json)) << json;
  }
}

TEST(Claims, AreWholeNumbersOf32BitsTextsAndListsOfTexts) {
  EXPECT_EQ(claim("2147483647"), Value(std::int64_t{2147483647}));
  EXPECT_EQ(claim("-2147483648"), Value(std::int64_t{-2147483648}));
  EXPECT_EQ(claim(R"(["a"])"), Value(std::vector<std::string>{"a"}));
  for (const std::string_view json : {"2147483648", "-2147483649", "true", "1.5", "null", "{}", "[1]"}) {
    EXPECT_FALSE(claim(json)) << json;
  }
}

TEST(AttributesOfClients, HaveNamesOfLettersDigitsAndUnderscore) {
  EXPECT_EQ(fault(R"({"a_1": 5})"), "");
  EXPECT_NE(fault(R"({"a-1": 5})").find("\"a-1\""), std::string::npos);
  EXPECT_NE(fault(R"({"": 5})"), "");
}

TEST(AttributesOfClients, AreOfThreeKinds) {
  EXPECT_EQ(fault(R"({"a": 1.5})"), "/attributes/a: expected text, a whole number or a list of texts, found a number");
}

TEST(AttributesOfClients, AreFewerThan4KiB) {
  EXPECT_EQ(fault(R"({"a": ")" + std::string(4000, 'x') + R"("})"), "");
  EXPECT_NE(fault(R"({"a": ")" + std::string(4096, 'x') + R"("})"), "");
}

}  // namespace
}  // namespace rights
