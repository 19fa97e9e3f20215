// The table of scenarios and thresholds that compare works through.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace trellis::bench {

enum class Judged { ratio, limit, info, rows, minus, shards };

struct Row {
  std::string name;
  Judged judged = Judged::ratio;
  std::string figure;  // dotted path into the figures of trellis-bench
  std::optional<double> must;
  std::optional<double> aim;
  std::string setup = "none";  // which brokers: the value of --setup, which only this program reads, else of --layer
  std::vector<std::string> options;
  std::string first;  // of Judged::rows and Judged::minus, which run nothing
  std::string second;

  bool runs() const { return judged != Judged::rows && judged != Judged::minus; }
};

// Throws std::runtime_error naming the line that is wrong.
std::vector<Row> read_table(std::istream& in);

// Rows whose name contains one of `parts`, and those they are made of; all without parts.
std::vector<Row> select_rows(std::vector<Row> rows, const std::vector<std::string>& parts);

}  // namespace trellis::bench
