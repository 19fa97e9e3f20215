#include "iso_duration.hpp"

#include <charconv>
#include <cstdint>

namespace events_service {
namespace {

constexpr std::int64_t kMost = 1'000'000;  // of each unit

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr Unit kDateUnits[] = {{'D', 86'400}};
constexpr Unit kTimeUnits[] = {{'H', 3'600}, {'M', 60}, {'S', 1}};

// Reads "1D" or "2H30M" from the front, each unit once and in order. Answers how many there were, or -1.
template <std::size_t Count>
int read(std::string_view& text, const Unit (&units)[Count], std::int64_t& seconds) {
  int found = 0;
  for (const Unit& unit : units) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || *end != unit.letter) continue;
    if (number < 0 || number > kMost) return -1;
    seconds += number * unit.seconds;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    ++found;
  }
  return found;
}

}  // namespace

std::optional<std::chrono::seconds> parse_iso_duration(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  std::int64_t seconds = 0;
  const int dates = read(text, kDateUnits, seconds);
  int times = 0;
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    times = read(text, kTimeUnits, seconds);
    if (times == 0) return std::nullopt;
  }
  if (dates < 0 || times < 0 || dates + times == 0 || !text.empty()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace events_service
