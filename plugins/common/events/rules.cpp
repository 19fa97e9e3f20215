#include "common/events/rules.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace events {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_small(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) noexcept { return is_small(c) || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_small_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  });
}

// Reads the front of a text; once something was not as expected, nothing is.
class Front {
 public:
  explicit Front(std::string_view rest) : rest_(rest) {}

  int number(std::size_t digits, int least, int most) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.size() <= i || !is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value < least || value > most ? fail() : value;
  }
  bool one_of(std::string_view letters) noexcept {
    if (rest_.empty() || letters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view letters) noexcept {
    if (!one_of(letters)) fail();
  }
  void fraction() noexcept {
    if (!one_of(".")) return;
    number(1, 0, 9);
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
  }
  bool done() const noexcept { return good_ && rest_.empty(); }

 private:
  int fail() noexcept {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

int days_of(int year, int month) noexcept {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool has_letters(std::string_view text, bool (*is)(char)) noexcept { return std::ranges::all_of(text, is); }

}  // namespace

bool is_timestamp(std::string_view text) noexcept {
  Front front(text);
  const int year = front.number(4, 0, 9999);
  front.expect("-");
  const int month = front.number(2, 1, 12);
  front.expect("-");
  front.number(2, 1, days_of(year, month));
  front.expect("Tt");
  front.number(2, 0, 23);
  front.expect(":");
  front.number(2, 0, 59);
  front.expect(":");
  front.number(2, 0, 60);  // a leap second
  front.fraction();
  if (front.one_of("Zz")) return front.done();
  front.expect("+-");
  front.number(2, 0, 23);
  front.expect(":");
  front.number(2, 0, 59);
  return front.done();
}

bool is_uri_reference(std::string_view text) noexcept {
  static constexpr std::string_view kOthers = "-._~:/?[]@!$&'()*+,;=";
  bool fragment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) continue;
    if (c == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (c == '#' && !fragment) {
      fragment = true;
    } else if (c == '\0' || kOthers.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

bool is_uri(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return false;
  const auto in_scheme = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  return std::ranges::all_of(text.substr(0, colon), in_scheme) && is_uri_reference(text);
}

bool is_media_type(std::string_view text) noexcept {
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_token(text.substr(0, slash)) && is_token(text.substr(slash + 1));
}

bool is_attribute_name(std::string_view name) noexcept {
  return !name.empty() && name != "data" && has_letters(name, [](char c) { return is_small(c) || is_digit(c); });
}

bool is_integer(std::string_view token) noexcept {
  const std::string_view digits = token.substr(token.starts_with('-') ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() && end == token.data() + token.size();
}

bool is_traceparent(std::string_view text) noexcept {
  // version "-" trace-id "-" parent-id "-" flags; later versions may have more behind another dash.
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (version == "ff" || (version == "00" ? text.size() != 55 : text.size() > 55 && text[55] != '-')) return false;
  const auto is_zero = [](std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; };
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return has_letters(version, is_small_hex) && has_letters(trace, is_small_hex) && has_letters(parent, is_small_hex) &&
         has_letters(text.substr(53, 2), is_small_hex) && !is_zero(trace) && !is_zero(parent);
}

}  // namespace events
