#include "common/cloud_event/number.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace cloud_event {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// How JSON writes numbers; answers whether it is one, and whether it is one without point and exponent.
struct Form {
  bool valid = false;
  bool whole = true;
};

Form form_of(std::string_view text) noexcept {
  Form form;
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t digits = digits_at(text, at);
  if (digits == 0 || (digits > 1 && text[at] == '0')) return form;
  at += digits;
  if (at < text.size() && text[at] == '.') {
    form.whole = false;
    const std::size_t fraction = digits_at(text, ++at);
    if (fraction == 0) return form;
    at += fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    form.whole = false;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0) return form;
    at += exponent;
  }
  form.valid = at == text.size();
  return form;
}

// Whether a number beyond doubles is so because it is near 0: by where its first digit stands that is not 0.
bool is_small(std::string_view text) noexcept {
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, mark);
  const std::size_t first = digits.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const double place = static_cast<double>(point) - static_cast<double>(first);
  if (mark == text.size()) return place < 0;
  std::string_view exponent = text.substr(mark + 1);
  const bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  double shift = 0;
  for (const char c : exponent) shift = std::min(shift * 10 + (c - '0'), 1e18);
  return place + (negative ? -shift : shift) < 0;
}

}  // namespace

Number::Number(double value) noexcept {
  if (std::trunc(value) == value && value >= -kTwoTo63 && value < 2 * kTwoTo63) {
    *this = value < 0 ? Number(static_cast<std::int64_t>(value)) : Number(static_cast<std::uint64_t>(value));
    return;
  }
  kind_ = Kind::real;
  bits_ = std::bit_cast<std::uint64_t>(value);
}

std::optional<Number> Number::parse(std::string_view text) noexcept {
  const Form form = form_of(text);
  if (!form.valid) return std::nullopt;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const bool negative = text.front() == '-';
  if (form.whole && negative) {
    std::int64_t value = 0;
    if (std::from_chars(begin, end, value).ec == std::errc{}) return Number(value);
  } else if (form.whole) {
    std::uint64_t value = 0;
    if (std::from_chars(begin, end, value).ec == std::errc{}) return Number(value);
  }
  double value = 0;
  if (std::from_chars(begin, end, value).ec == std::errc::result_out_of_range) {
    value = is_small(text) ? 0 : std::numeric_limits<double>::infinity();
    if (negative) value = -value;
  }
  return Number(value);
}

double Number::as_double() const noexcept {
  if (kind_ == Kind::real) return std::bit_cast<double>(bits_);
  return kind_ == Kind::negative ? static_cast<double>(static_cast<std::int64_t>(bits_)) : static_cast<double>(bits_);
}

bool Number::finite() const noexcept { return std::isfinite(as_double()); }

std::strong_ordering operator<=>(const Number& a, const Number& b) noexcept {
  using Kind = Number::Kind;
  if (a == b) return std::strong_ordering::equal;
  if (a.kind_ != Kind::real && b.kind_ != Kind::real) {
    if (a.kind_ != b.kind_)
      return a.kind_ == Kind::negative ? std::strong_ordering::less : std::strong_ordering::greater;
    return a.bits_ <=> b.bits_;  // two negative ones are in order as their bits are
  }
  // A double is no integer of 64 bits here: rounding one to compare it with the other keeps their order, but for the
  // largest, which round up to 2^64 and are below it.
  const double x = a.as_double();
  const double y = b.as_double();
  if (x < y) return std::strong_ordering::less;
  if (x > y) return std::strong_ordering::greater;
  return a.kind_ != Kind::real ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace cloud_event
