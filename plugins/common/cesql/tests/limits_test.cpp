// What an expression may cost: time, memory, depth.
#include <gtest/gtest.h>

#include <chrono>

#include "common/allocation_count/allocation_count.hpp"
#include "fixture.hpp"

namespace cesql::testing {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Limits, OfTheLength) {
  const std::string blanks(kMostBytes - 4, ' ');
  EXPECT_EQ(run(blanks + "TRUE"), (Result{true}));
  EXPECT_EQ(run(blanks + " TRUE").mistake, "the expression has 8193 bytes, at most 8192 are allowed");
}

TEST(Limits, OfTheDepth) {
  EXPECT_EQ(run(repeated("(", 63) + "1" + repeated(")", 63)), (Result{1}));
  EXPECT_EQ(run(repeated("(", 64) + "1" + repeated(")", 64)).mistake, "more than 64 levels of nesting at column 65");
  EXPECT_EQ(run(repeated("NOT ", 63) + "TRUE"), (Result{false}));
  EXPECT_EQ(run(repeated("NOT ", 2000) + "TRUE").error, Error::parse);
  EXPECT_EQ(run(repeated("-", 8000) + "1").error, Error::parse);
  EXPECT_EQ(run(repeated("ABS(", 1500) + "1" + repeated(")", 1500)).error, Error::parse);
}

TEST(Limits, OfValuesAtOnce) {
  const std::string full = "CONCAT(" + repeated("1,", 63);
  EXPECT_EQ(run(full + "1)"), (Result{repeated("1", 64)}));
  EXPECT_EQ(run(full + "1,1)").mistake, "more than 64 arguments at column 136");
  EXPECT_EQ(run(full + full + "1))"), (Result{repeated("1", 127)}));
  EXPECT_EQ(run(full + full + full + "1)))").mistake,
            "the expression keeps 190 values at once, at most 128 are allowed");
}

// Operators in a row need no depth: what is done is taken off the stack.
TEST(Limits, RowsOfOperatorsMayBeLong) {
  EXPECT_EQ(run("0" + repeated("+1", 4000)), (Result{4000}));
  EXPECT_EQ(run("TRUE" + repeated(" AND TRUE", 900)), (Result{true}));
  EXPECT_EQ(run("'x' IN ('a'" + repeated(",'a'", 1900) + ",'x')"), (Result{true}));
}

TEST(Limits, OfTextsThatAreMade) {
  const Event event{{"half", std::string(8000, 'x')}, {"most", std::string(65535, 'y')}};
  EXPECT_EQ(run("LENGTH(CONCAT(half, half))", event), (Result{16000}));
  EXPECT_EQ(run("CONCAT(half, half, half)", event), (Result{"", Error::function_evaluation}));
  EXPECT_EQ(run("LENGTH(UPPER(half))", event), (Result{8000}));
  EXPECT_EQ(run("UPPER(most)", event), (Result{"", Error::function_evaluation}));
  EXPECT_EQ(run("CONCAT_WS(half, 1, 2, 3, 4)", event), (Result{"", Error::function_evaluation}));
  // Texts that are only cut are not made.
  EXPECT_EQ(run("LENGTH(LEFT(RIGHT(TRIM(SUBSTRING(most, 2)), 60000), 50000))", event), (Result{50000}));
}

TEST(Limits, OfLike) {
  const Event event{{"text", std::string(60000, 'a')}};
  const std::string evil = "text LIKE '" + repeated("%a", 500) + "b'";
  EXPECT_EQ(run(evil, event), (Result{false}));
  EXPECT_EQ(run("text LIKE '%" + repeated("a", 2000) + "b%'", event), (Result{false}));
  // Only a `_` between two % makes trying again necessary, and that has an end.
  EXPECT_EQ(run("text LIKE '%_aab%'", event), (Result{false}));
  EXPECT_EQ(run("text LIKE '%_" + repeated("a", 2000) + "b%'", event), (Result{false, Error::generic}));
}

TEST(Limits, JudgingAllocatesNothing) {
  const auto compiled = compile(
      "UPPER(CONCAT(type, '-', level + 1, TRIM('  x '))) LIKE '%A_E%' AND source NOT IN ('a', 'b', CONCAT('c', 4)) AND "
      "LENGTH(SUBSTRING(subject, 2, 3)) = 3 OR nowhere = 'never reached'");
  ASSERT_TRUE(std::holds_alternative<Program>(compiled));
  const Event event{{"source", "/a/source/longer/than/small/strings"},
                    {"level", 6},
                    {"type", "org.example.baked"},
                    {"subject", "oven"}};
  const std::size_t before = common::allocations();
  bool passed = true;
  for (int i = 0; i < 100; ++i) {
    Scratch scratch;
    MapAttributes attributes(event);
    passed = passed && evaluate(std::get<Program>(compiled), attributes, scratch).value.truth();
  }
  EXPECT_EQ(common::allocations(), before);
  EXPECT_TRUE(passed);
}

}  // namespace
}  // namespace cesql::testing
