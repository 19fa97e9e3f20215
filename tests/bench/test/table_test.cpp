// The table of thresholds reads as written, and a mistake names its line.
#include "table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "comparison.hpp"

namespace trellis::bench {
namespace {

std::vector<Row> read(const std::string& text) {
  std::istringstream in(text);
  return read_table(in);
}

std::string complaint_about(const std::string& text) {
  try {
    read(text);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

TEST(Table, ReadsARow) {
  const auto rows = read("# comment\n\na | ratio | x.p99 | 0.5 | - | --scenario pairs\nb | rows a a | x | 2 | - |\n");

  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "a");
  EXPECT_EQ(rows[0].figure, "x.p99");
  EXPECT_EQ(rows[0].must, 0.5);
  EXPECT_FALSE(rows[0].aim);
  EXPECT_EQ(rows[0].options, (std::vector<std::string>{"--scenario", "pairs"}));
  EXPECT_EQ(rows[1].judged, Judged::rows);
  EXPECT_EQ(rows[1].denominator, "a");
}

TEST(Table, NamesTheLineThatIsWrong) {
  EXPECT_EQ(complaint_about("a | ratio | x\n"), "line 1: expected 6 columns");
  EXPECT_EQ(complaint_about("\na | better | x | 1 | - | y\n"),
            "line 2: 'better' is not one of ratio, limit, info, rows, shards");
  EXPECT_EQ(complaint_about("a | rows b c | x | 1 | - |\n"), "line 1: no row 'b' above");
  EXPECT_EQ(complaint_about("a | ratio | x | 1,5 | - | y\n"), "line 1: '1,5' is not a number");
}

TEST(Table, ThatComesWithTheBenchmarkIsValid) {
  std::ifstream file(BENCH_TABLE);
  ASSERT_TRUE(file);
  EXPECT_GT(read_table(file).size(), 15U);
}

TEST(Series, TakesTheMiddleOfItsValues) {
  EXPECT_EQ((Series{.values = {9, 1, 2}, .generator_percent = {}, .complaint = {}}.median()), 2);
  EXPECT_EQ((Series{.values = {4, 1}, .generator_percent = {}, .complaint = {}}.median()), 2.5);
  EXPECT_FALSE(Series{}.median());
}

}  // namespace
}  // namespace trellis::bench
