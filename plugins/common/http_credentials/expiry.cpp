#include "common/http_credentials/expiry.hpp"

#include <cstdint>

#include "common/http/characters.hpp"

namespace http_credentials {
namespace {

using std::chrono::seconds;

/// Takes a text apart from its beginning.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool number(int& value, std::size_t fewest, std::size_t most) {
    std::size_t count = 0;
    value = 0;
    while (count < most && count < rest_.size() && trellis::http::is_digit(rest_[count])) {
      value = value * 10 + (rest_[count++] - '0');
    }
    rest_.remove_prefix(count);
    return count >= fewest;
  }
  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

  std::optional<seconds> since_1970() const {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           seconds(second);
  }
};

std::optional<seconds> parse_iso(std::string_view text) {
  Cursor at(text);
  Moment moment;
  const bool good = at.number(moment.year, 4, 4) && at.word("-") && at.number(moment.month, 2, 2) && at.word("-") &&
                    at.number(moment.day, 2, 2) && at.word("T") && at.number(moment.hour, 2, 2) && at.word(":") &&
                    at.number(moment.minute, 2, 2) && at.word(":") && at.number(moment.second, 2, 2);
  if (!good) return std::nullopt;
  int fraction = 0;
  if (at.word(".") && !at.number(fraction, 1, 9)) return std::nullopt;
  (void)(at.word("Z") || at.word("+00:00"));
  return at.end() ? moment.since_1970() : std::nullopt;
}

// Newer libraries of that language put a narrow no-break space before AM and PM.
bool blank(Cursor& at) { return at.word(" ") || at.word("\xE2\x80\xAF"); }

std::optional<seconds> parse_american(std::string_view text) {
  Cursor at(text);
  Moment moment;
  const bool good = at.number(moment.month, 1, 2) && at.word("/") && at.number(moment.day, 1, 2) && at.word("/") &&
                    at.number(moment.year, 4, 4) && at.word(" ") && at.number(moment.hour, 1, 2) && at.word(":") &&
                    at.number(moment.minute, 2, 2) && at.word(":") && at.number(moment.second, 2, 2) && blank(at);
  if (!good || moment.hour < 1 || moment.hour > 12) return std::nullopt;
  const bool afternoon = at.word("PM");
  if (!afternoon && !at.word("AM")) return std::nullopt;
  moment.hour = moment.hour % 12 + (afternoon ? 12 : 0);
  return at.end() ? moment.since_1970() : std::nullopt;
}

}  // namespace

std::optional<seconds> parse_expiry(std::string_view text) {
  const auto iso = parse_iso(text);
  return iso ? iso : parse_american(text);
}

}  // namespace http_credentials
