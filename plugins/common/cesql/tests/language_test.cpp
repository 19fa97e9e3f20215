// Every row of the language's table gives what it says.
#include <gtest/gtest.h>

#include "language_table.hpp"

namespace cesql::testing {
namespace {

void judge(const std::vector<Row>& rows) {
  const Event event = table_event();
  for (const Row& row : rows) {
    EXPECT_EQ(run(row.expression, event), (Result{row.value, row.error})) << row.expression;
  }
}

TEST(Language, LiteralsGiveWhatTheTableSays) { judge(literal_rows()); }
TEST(Language, OperatorsGiveWhatTheTableSays) { judge(operator_rows()); }
TEST(Language, CastsGiveWhatTheTableSays) { judge(cast_rows()); }
TEST(Language, PatternsGiveWhatTheTableSays) { judge(like_rows()); }
TEST(Language, SetsGiveWhatTheTableSays) { judge(set_rows()); }
TEST(Language, AttributesGiveWhatTheTableSays) { judge(attribute_rows()); }
TEST(Language, FunctionsGiveWhatTheTableSays) { judge(function_rows()); }
TEST(Language, SubstringsGiveWhatTheTableSays) { judge(substring_rows()); }
TEST(Language, MistakesGiveWhatTheTableSays) { judge(mistake_rows()); }

// Nobody may take rows away unseen.
TEST(LanguageTable, IsLong) {
  std::size_t rows = 0;
  for (const auto part : {&literal_rows, &operator_rows, &cast_rows, &like_rows, &set_rows, &attribute_rows,
                          &function_rows, &substring_rows, &mistake_rows}) {
    rows += part().size();
  }
  EXPECT_GE(rows, 450u);
}

std::string refusal(std::string_view expression) { return run(expression).mistake; }

TEST(Refusal, NamesColumnAndWhatWasFound) {
  EXPECT_EQ(refusal("(hop < ttl AND 5"), R"x(expected ")" at column 17, found the end)x");
  EXPECT_EQ(refusal("(id = 'a' and OR"), R"(expected an operand at column 15, found "OR")");
  EXPECT_EQ(refusal("(type = 'a' = 1 id"), R"x(expected ")" at column 17, found "id")x");
  EXPECT_EQ(refusal("'Zürich' 1"), R"(expected an operator or the end at column 10, found "1")");
  EXPECT_EQ(refusal(""), "expected an operand at column 1, found the end");
  EXPECT_EQ(refusal("id LIKE 12"), R"(expected a text in quotes at column 9, found "12")");
  EXPECT_EQ(refusal("id NOT 12"), R"(expected LIKE or IN at column 8, found "12")");
  EXPECT_EQ(refusal("id IN ()"), R"x(expected an operand at column 8, found ")")x");
  EXPECT_EQ(refusal("EXISTS 'id'"), R"(expected the name of an attribute at column 8, found "'id'")");
}

TEST(Refusal, HintsAtWhatOtherLanguagesWrite) {
  EXPECT_EQ(refusal("a == 1"), R"(expected an operand at column 4, found "="; equality is a single =)");
  EXPECT_EQ(refusal("a && b"), R"(expected an operator or the end at column 3, found "&"; write AND)");
  EXPECT_EQ(refusal("a || b"), R"(expected an operator or the end at column 3, found "|"; write OR)");
  EXPECT_EQ(refusal("!a"), R"(expected an operand at column 1, found "!"; write NOT)");
  EXPECT_EQ(refusal("'it''s'"),
            R"(expected an operator or the end at column 5, found "'s'"; a quote inside a text is written with a )"
            "backslash before it");
}

TEST(Refusal, SaysWhatIsWrongWithNamesAndNumbers) {
  EXPECT_EQ(refusal("x = 'open"), "expected the closing quote of the text that begins at column 5");
  EXPECT_EQ(refusal("x = 2147483648"),
            R"(an Integer is from -2147483648 to 2147483647, found "2147483648" at column 5)");
  EXPECT_EQ(refusal("a_b"), R"(names of attributes have letters and digits only, found "a_b" at column 1)");
  EXPECT_EQ(refusal("x = LEFT('a')"), "LEFT takes 2 arguments, found 1, the call is at column 5");
  EXPECT_EQ(refusal("SUBSTRING('a')"), "SUBSTRING takes 2 to 3 arguments, found 1, the call is at column 1");
  EXPECT_EQ(refusal("SIN(1)"),
            R"(there is no function "SIN"; there are INT, BOOL, STRING, IS_INT, IS_BOOL, ABS, LENGTH, CONCAT, )"
            "CONCAT_WS, LOWER, UPPER, TRIM, LEFT, RIGHT, SUBSTRING, the call is at column 1");
}

}  // namespace
}  // namespace cesql::testing
