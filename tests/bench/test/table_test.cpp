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
  const auto rows = read(
      "# comment\n\na | ratio | x.p99 | 0.5 | - | --scenario pairs\nb | rows a a | x | 2 | - |\n"
      "c | minus a b | x | 2 | - |\nd | info | x | - | - | --layer tls\n");

  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].name, "a");
  EXPECT_EQ(rows[0].figure, "x.p99");
  EXPECT_EQ(rows[0].must, 0.5);
  EXPECT_FALSE(rows[0].aim);
  EXPECT_EQ(rows[0].options, (std::vector<std::string>{"--scenario", "pairs"}));
  EXPECT_EQ(rows[1].judged, Judged::rows);
  EXPECT_EQ(rows[1].second, "a");
  EXPECT_EQ(rows[2].judged, Judged::minus);
  EXPECT_FALSE(rows[2].runs());
  EXPECT_EQ(rows[0].setup, "none");
  EXPECT_EQ(rows[3].setup, "tls");
}

TEST(Table, SelectsWhatAWantedRowIsMadeOf) {
  const auto rows = read(
      "tcp | info | x | - | - |\nweb | info | x | - | - |\nother | info | x | - | - |\nweb-more | minus web tcp | x | "
      "1 | - "
      "|\n");
  const auto names = [&](const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& row : select_rows(rows, parts)) all += row.name + " ";
    return all;
  };
  EXPECT_EQ(names({"more"}), "tcp web web-more ");
  EXPECT_EQ(names({"other", "tcp"}), "tcp other ");
  EXPECT_EQ(names({}), "tcp web other web-more ");
}

TEST(Table, NamesTheLineThatIsWrong) {
  EXPECT_EQ(complaint_about("a | ratio | x\n"), "line 1: expected 6 columns");
  EXPECT_EQ(complaint_about("\na | better | x | 1 | - | y\n"),
            "line 2: 'better' is not one of ratio, limit, info, rows, minus, shards");
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
