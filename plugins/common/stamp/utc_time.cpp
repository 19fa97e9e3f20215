#include "utc_time.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "common/events/rules.hpp"

namespace common {
namespace {

int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  int number = 0;
  for (const char c : text.substr(at, count)) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::optional<std::int64_t> parse_utc_ms(std::string_view text) {
  if (!events::is_timestamp(text)) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{year(digits(text, 0, 4)), month(static_cast<unsigned>(digits(text, 5, 2))),
                            day(static_cast<unsigned>(digits(text, 8, 2)))};
  milliseconds time = hours(digits(text, 11, 2)) + minutes(digits(text, 14, 2)) + seconds(digits(text, 17, 2));
  std::size_t at = 19;
  if (text[at] == '.') {
    int scale = 100;
    for (++at; text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) time += milliseconds(scale * (text[at] - '0'));
  }
  minutes ahead{0};
  if (text[at] == '+' || text[at] == '-') {
    ahead = hours(digits(text, at + 1, 2)) + minutes(digits(text, at + 4, 2));
    if (text[at] == '-') ahead = -ahead;
  }
  return (sys_days(date).time_since_epoch() + time - ahead) / milliseconds(1);
}

std::string write_utc(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 40> out{};
  const int size =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace common
