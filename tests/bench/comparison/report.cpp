// Formats outcomes.
#include "report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ostream>
#include <string>

namespace trellis::bench {
namespace {

constexpr const char* kLine = "{:<22} {:>10} {:>10}  {:<12} {:>7} {:>7} {:>7} {:>9}  {}\n";

std::string number(const std::optional<double>& value) {
  if (!value) return "-";
  if (*value >= 1000) return fmt::format("{:.0f}", *value);
  return *value >= 10 ? fmt::format("{:.2f}", *value) : fmt::format("{:.3f}", *value);
}

std::string share(const Series& series) {
  if (series.generator_percent.empty()) return "-";
  return fmt::format(
      "{:.0f}",
      Series{.values = series.generator_percent, .generator_percent = {}, .complaint = {}}.median().value_or(0));
}

Json::Value optional_number(const std::optional<double>& value) { return value ? Json::Value(*value) : Json::Value(); }

Json::Value series_to_json(const Series& series) {
  Json::Value value(Json::objectValue);
  value["median"] = optional_number(series.median());
  value["values"] = Json::Value(Json::arrayValue);
  for (const double one : series.values) value["values"].append(one);
  value["generator_cpu_percent"] = Json::Value(Json::arrayValue);
  for (const double one : series.generator_percent) value["generator_cpu_percent"].append(one);
  if (!series.complaint.empty()) value["complaint"] = series.complaint;
  return value;
}

}  // namespace

void print_table(std::ostream& out, const std::vector<RowOutcome>& outcomes) {
  out << fmt::format(kLine, "scenario", "trellis", "reference", "against", "ratio", "must", "aim", "gen cpu%",
                     "verdict");
  for (const auto& outcome : outcomes) {
    if (outcome.trellis.values.empty() && outcome.reference.values.empty() && outcome.trellis.complaint.empty() &&
        outcome.reference.complaint.empty()) {
      continue;  // not asked for, or nothing to run it on
    }
    const auto ours = outcome.trellis.median();
    const auto theirs = outcome.reference.median();
    const auto ratio = ours && theirs && *theirs != 0 ? std::optional(*ours / *theirs) : std::nullopt;
    out << fmt::format(kLine, outcome.row.name, number(ours), number(theirs), outcome.against, number(ratio),
                       number(outcome.row.must), number(outcome.row.aim),
                       share(outcome.trellis) + "/" + share(outcome.reference), outcome.verdict);
  }
}

Json::Value to_json(const std::vector<RowOutcome>& outcomes) {
  Json::Value rows(Json::arrayValue);
  for (const auto& outcome : outcomes) {
    Json::Value row(Json::objectValue);
    row["scenario"] = outcome.row.name;
    row["figure"] = outcome.row.figure;
    row["trellis"] = series_to_json(outcome.trellis);
    row["reference"] = series_to_json(outcome.reference);
    row["against"] = outcome.against;
    row["judged"] = optional_number(outcome.judged);
    row["must"] = optional_number(outcome.row.must);
    row["aim"] = optional_number(outcome.row.aim);
    row["verdict"] = outcome.verdict;
    row["failed"] = outcome.failed;
    rows.append(row);
  }
  return rows;
}

}  // namespace trellis::bench
