/// The character classes of HTTP's grammar (RFC 9110, 5.6) and the few text operations built on them.
#pragma once

#include <cstddef>
#include <string_view>

namespace trellis::http {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A character of a token: method names, field names.
constexpr bool is_token_char(char c) noexcept {
  return is_digit(c) || is_alpha(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

/// What may stand in a field value: visible ASCII, blank, tab and bytes above ASCII. No CR, LF or NUL, which is what
/// request smuggling and response splitting are made of.
constexpr bool is_field_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

/// What may stand in a request target. A blank, a control or a '#' has no place there.
constexpr bool is_target_char(char c) noexcept { return c > 0x20 && c < 0x7f && c != '#'; }

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The value of a hexadecimal digit, -1 for anything else.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Without the blanks and tabs at both ends.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Cuts the last segment of a path off, with its slash.
constexpr std::string_view cut_last_segment(std::string_view& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const bool whole = slash == std::string_view::npos;
  const std::string_view segment = path.substr(whole ? 0 : slash + 1);
  path = path.substr(0, whole ? 0 : slash);
  return segment;
}

constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

/// Calls use(element) for every non-empty element of a comma-separated list.
template <typename Use>
constexpr void each_list_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) use(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace trellis::http
