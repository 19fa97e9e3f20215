#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/units.hpp>
#include <vector>

namespace trellis::schema {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 9> kByteUnits = {{{"TiB", std::int64_t{1} << 40},
                                             {"GiB", std::int64_t{1} << 30},
                                             {"MiB", std::int64_t{1} << 20},
                                             {"KiB", std::int64_t{1} << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"kB", 1'000},
                                             {"B", 1}}};

constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

// What someone wrote who meant one of the units but spelled it another way.
std::string meant_unit(std::string_view unit, std::span<const Unit> units) {
  static constexpr std::array<std::array<std::string_view, 2>, 24> kOther = {
      {{"k", "KiB"},     {"m", "MiB"},    {"g", "GiB"},     {"t", "TiB"},  {"kb", "kB"},  {"byte", "B"},
       {"bytes", "B"},   {"ki", "KiB"},   {"mi", "MiB"},    {"gi", "GiB"}, {"ti", "TiB"}, {"sec", "s"},
       {"secs", "s"},    {"second", "s"}, {"seconds", "s"}, {"min", "m"},  {"mins", "m"}, {"minute", "m"},
       {"minutes", "m"}, {"hours", "h"},  {"hour", "h"},    {"day", "d"},  {"days", "d"}, {"msec", "ms"}}};
  const std::string small = lower(unit);
  std::vector<std::string> names;
  for (const Unit& known : units) {
    if (lower(known.name) == small) return std::string(known.name);
    names.emplace_back(known.name);
  }
  for (const auto& [other, meant] : kOther) {
    if (other == small && std::find(names.begin(), names.end(), meant) != names.end()) return std::string(meant);
  }
  return near_match(unit, names);
}

Failure refuse(std::string_view text, std::string_view why, std::string_view grammar,
               const std::string& suggestion = {}) {
  return {fmt::format("\"{}\" {}; expected {}", text, why, grammar),
          suggestion.empty() ? std::string{} : '"' + suggestion + '"'};
}

// The unit decides the factor; without one `plain` does, and 0 there means that a unit is needed.
Result<std::int64_t> parse(std::string_view text, std::span<const Unit> units, std::int64_t plain,
                           std::string_view grammar) {
  if (text.empty()) return refuse(text, "is empty", grammar);
  if (text[0] == '-') return refuse(text, "is negative", grammar, std::string(text.substr(1)));
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit = text.substr(digits);
  if (digits == 0) return refuse(text, "does not begin with a number", grammar);
  if (unit.starts_with('.') || unit.starts_with(',')) return refuse(text, "is not a whole number", grammar);

  std::int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + digits, number).ec != std::errc{}) {
    return refuse(text, "is too large", grammar);
  }
  std::int64_t factor = plain;
  if (unit.empty() && plain == 0) return refuse(text, "has no unit", grammar, std::string(text) + "s");
  if (!unit.empty()) {
    const auto known = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
    if (known == units.end()) {
      while (unit.starts_with(' ')) unit.remove_prefix(1);
      const std::string meant = meant_unit(unit, units);
      const std::string suggestion = meant.empty() ? "" : std::string(text.substr(0, digits)) + meant;
      return refuse(text, fmt::format("has the unknown unit \"{}\"", text.substr(digits)), grammar, suggestion);
    }
    factor = known->factor;
  }
  if (number > std::numeric_limits<std::int64_t>::max() / factor) return refuse(text, "is too large", grammar);
  return number * factor;
}

std::string format(std::int64_t value, std::span<const Unit> units) {
  std::string best;
  for (const Unit& unit : units) {
    if (value % unit.factor != 0) continue;
    std::string text = fmt::format("{}{}", value / unit.factor, unit.name);
    if (best.empty() || text.size() < best.size()) best = std::move(text);
  }
  return best;
}

}  // namespace

Result<std::int64_t> parse_bytes(std::string_view text) { return parse(text, kByteUnits, 1, kBytesGrammar); }

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto result = parse(text, kDurationUnits, 0, kDurationGrammar);
  if (!result) return result.failure();
  return std::chrono::milliseconds(*result);
}

std::string format_bytes(std::int64_t bytes) { return bytes == 0 ? "0B" : format(bytes, kByteUnits); }

std::string format_duration(std::chrono::milliseconds duration) {
  return duration.count() == 0 ? "0s" : format(duration.count(), kDurationUnits);
}

}  // namespace trellis::schema
