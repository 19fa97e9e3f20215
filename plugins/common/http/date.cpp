#include "date.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace trellis::http {
namespace {

constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Digits and nothing else, at most four; -1 otherwise.
int number_of(std::string_view text) {
  int number = -1;
  const char* const last = text.data() + text.size();
  if (text.empty() || text.size() > 4 || text.front() == '-') return -1;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc() && end == last ? number : -1;
}

}  // namespace

std::string format_date(std::int64_t unix_ms) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const sys_seconds now = floor<seconds>(sys_time<milliseconds>(milliseconds(unix_ms)));
  const sys_days day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(now - day);

  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday(day).c_encoding()],
                    static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                    static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                    static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  using namespace std::chrono;
  std::array<std::string_view, 8> parts;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" ,-:"), text.size());
    if (end > 0 && count == parts.size()) return std::nullopt;
    if (end > 0) parts[count++] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const bool asctime = count == 7;
  if (asctime) {
    // "Sun Nov 6 08 49 37 1994", in the order of the others.
    std::swap(parts[1], parts[2]);
    std::rotate(parts.begin() + 3, parts.begin() + 6, parts.begin() + 7);
  } else if (count != 8 || parts[7] != "GMT") {
    return std::nullopt;
  }
  const auto month = std::find(kMonths.begin(), kMonths.end(), parts[2]);
  int year_number = number_of(parts[3]);
  if (parts[3].size() == 2 && year_number >= 0) year_number += year_number < 70 ? 2000 : 1900;
  const int hour = number_of(parts[4]);
  const int minute = number_of(parts[5]);
  const int second = number_of(parts[6]);
  const int day_number = number_of(parts[1]);
  if (month == kMonths.end() || day_number < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60 || year_number < 0) {
    return std::nullopt;
  }
  const year_month_day date(year(year_number), std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                            day(static_cast<unsigned>(day_number)));
  if (!date.ok()) return std::nullopt;
  const auto at = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

}  // namespace trellis::http
