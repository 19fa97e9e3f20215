// The table of scenarios and thresholds that compare works through.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace trellis::bench {

enum class Judged { ratio, limit, info, rows, shards };

struct Row {
  std::string name;
  Judged judged = Judged::ratio;
  std::string figure;  // dotted path into the figures of trellis-bench
  std::optional<double> must;
  std::optional<double> aim;
  std::vector<std::string> options;
  std::string numerator;  // of Judged::rows
  std::string denominator;
};

// Throws std::runtime_error naming the line that is wrong.
std::vector<Row> read_table(std::istream& in);

}  // namespace trellis::bench
