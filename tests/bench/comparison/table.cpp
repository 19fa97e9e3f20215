// Reads scenarios.table.
#include "table.hpp"

#include <algorithm>
#include <istream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace trellis::bench {
namespace {

std::string trim(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<double> threshold(const std::string& text) {
  if (text == "-") return std::nullopt;
  std::size_t used = 0;
  const double value = std::stod(text, &used);
  if (used != text.size()) throw std::invalid_argument("'" + text + "' is not a number");
  return value;
}

void read_judged(const std::string& text, const std::vector<Row>& above, Row& row) {
  const auto words = words_of(text);
  const std::string kind = words.empty() ? "" : words[0];
  if (words.size() == 3 && (kind == "rows" || kind == "minus")) {
    row.judged = kind == "rows" ? Judged::rows : Judged::minus;
    row.first = words[1];
    row.second = words[2];
    for (const auto& name : {row.first, row.second}) {
      if (std::none_of(above.begin(), above.end(), [&](const Row& other) { return other.name == name; })) {
        throw std::invalid_argument("no row '" + name + "' above");
      }
    }
    return;
  }
  if (words.size() != 1) throw std::invalid_argument("'" + text + "' is not a way to judge");
  if (kind == "ratio") {
    row.judged = Judged::ratio;
  } else if (kind == "limit") {
    row.judged = Judged::limit;
  } else if (kind == "info") {
    row.judged = Judged::info;
  } else if (kind == "shards") {
    row.judged = Judged::shards;
  } else {
    throw std::invalid_argument("'" + kind + "' is not one of ratio, limit, info, rows, minus, shards");
  }
}

std::optional<std::string> value_of(const std::vector<std::string>& options, const std::string& name) {
  const auto at = std::find(options.begin(), options.end(), name);
  if (at == options.end() || at + 1 == options.end()) return std::nullopt;
  return *(at + 1);
}

Row read_row(const std::string& line, const std::vector<Row>& above) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '|');) cells.push_back(trim(cell));
  if (cells.size() == 5) cells.emplace_back();
  if (cells.size() != 6) throw std::invalid_argument("expected 6 columns");
  Row row;
  row.name = cells[0];
  read_judged(cells[1], above, row);
  row.figure = cells[2];
  row.must = threshold(cells[3]);
  row.aim = threshold(cells[4]);
  row.options = words_of(cells[5]);
  row.setup = value_of(row.options, "--layer").value_or("none");
  if (const auto setup = value_of(row.options, "--setup")) {
    row.setup = *setup;
    const auto at = std::find(row.options.begin(), row.options.end(), "--setup");
    row.options.erase(at, at + 2);
  }
  return row;
}

}  // namespace

std::vector<Row> read_table(std::istream& in) {
  std::vector<Row> rows;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (trim(line).empty() || trim(line).front() == '#') continue;
    try {
      rows.push_back(read_row(line, rows));
    } catch (const std::logic_error& error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
  }
  return rows;
}

std::vector<Row> select_rows(std::vector<Row> rows, const std::vector<std::string>& parts) {
  if (parts.empty()) return rows;
  std::set<std::string> wanted;
  // From below: what a row is made of stands above it.
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const bool named = std::any_of(parts.begin(), parts.end(),
                                   [&](const std::string& part) { return row->name.find(part) != std::string::npos; });
    if (named || wanted.contains(row->name)) wanted.insert({row->name, row->first, row->second});
  }
  std::erase_if(rows, [&](const Row& row) { return !wanted.contains(row.name); });
  return rows;
}

}  // namespace trellis::bench
