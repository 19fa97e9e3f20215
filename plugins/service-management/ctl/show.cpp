#include "ctl/show.hpp"

#include <algorithm>

#include "ctl/printable.hpp"

namespace management::ctl {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

bool is_flat(const Value& value) {
  return std::ranges::all_of(value.items,
                             [](const Value& one) { return one.type != Type::object && one.type != Type::list; });
}

// depth: how far in; negative: all in one line.
void write(const Value& value, int depth, std::string& out) {
  const bool is_object = value.type == Type::object;
  if (!is_object && value.type != Type::list) {
    out += value.source;
    return;
  }
  const bool one_line = depth < 0 || value.items.empty() || (!is_object && is_flat(value));
  const int inner = depth < 0 ? depth : depth + 1;
  const auto new_line = [&](int to) { out += '\n' + std::string(static_cast<std::size_t>(to) * 2, ' '); };
  out += is_object ? '{' : '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) out += one_line && depth >= 0 ? ", " : ",";
    if (!one_line) new_line(inner);
    if (is_object) out += quote(value.keys[i]) + (depth < 0 ? ":" : ": ");
    write(value.items[i], inner, out);
  }
  if (!one_line) new_line(depth);
  out += is_object ? '}' : ']';
}

}  // namespace

std::string pretty(const Value& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

std::string in_one_line(const Value& value) {
  std::string out;
  write(value, -1, out);
  return out;
}

std::string table(std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) std::ranges::transform(row, row.begin(), printable_in_line);
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    while (line.ends_with(' ')) line.pop_back();
    out += line + '\n';
  }
  return out;
}

}  // namespace management::ctl
