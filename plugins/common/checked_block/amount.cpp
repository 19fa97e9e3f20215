// Sizes and durations, as people write them.
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "checked_block.hpp"

namespace common {
namespace {

using trellis::json::Type;

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 6> kBytes = {{{"B", 1},
                                         {"KiB", std::int64_t{1} << 10},
                                         {"MiB", std::int64_t{1} << 20},
                                         {"GiB", std::int64_t{1} << 30},
                                         {"kB", 1'000},
                                         {"MB", 1'000'000}}};
constexpr std::array<Unit, 5> kDurations = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

}  // namespace

trellis::Result<std::int64_t> read_amount(const trellis::json::Value& value, std::string_view format) {
  const bool bytes = format == "bytes";
  const std::string_view expected =
      bytes ? R"(expected a size like "64KiB")" : R"(expected a duration like "30s" or "500ms")";
  const auto wrong = [&](std::string_view what) {
    return trellis::fail(std::string(what) + "; " + std::string(expected));
  };
  if (value.type == Type::integer && value.integer >= 0) return value.integer;
  if (value.type != Type::text) return wrong("is no amount");
  std::int64_t number = 0;
  const char* const last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, number);
  if (error != std::errc() || number < 0) return wrong("does not begin with a number");
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  for (const Unit& known : bytes ? std::span<const Unit>(kBytes) : std::span<const Unit>(kDurations)) {
    if (known.name != unit) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / known.factor) return wrong("is too large");
    return number * known.factor;
  }
  return wrong("has no unit that is known");
}

}  // namespace common
