#include "common/cloud_event/json_text.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace cloud_event {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool read_hex(std::string_view raw, std::size_t at, std::uint32_t& code) noexcept {
  if (raw.size() < at + 4) return false;
  const char* const begin = raw.data() + at;
  return std::from_chars(begin, begin + 4, code, 16).ptr == begin + 4;
}

// The code point of the escape whose 'u' stands before `at`, which is moved behind it.
bool read_code(std::string_view raw, std::size_t& at, std::uint32_t& code) noexcept {
  if (!read_hex(raw, at, code) || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  at += 4;
  if (code < 0xD800 || code > 0xDBFF) return true;
  std::uint32_t low = 0;
  if (raw.substr(at, 2) != "\\u" || !read_hex(raw, at + 2, low) || low < 0xDC00 || low > 0xDFFF) return false;
  at += 6;
  code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  return true;
}

char* write_utf8(std::uint32_t code, char* out) noexcept {
  const auto tail = [&](unsigned shift) { *out++ = static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    *out++ = static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
  return out;
}

}  // namespace

std::optional<QuotedText> quoted_text(const char* begin, const char* limit) noexcept {
  for (const char* at = begin; at < limit; ++at) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(limit - at)));
    if (at == nullptr) return std::nullopt;
    const char* backslash = at;
    while (backslash > begin && backslash[-1] == '\\') --backslash;
    if ((at - backslash) % 2 != 0) continue;
    const std::string_view raw(begin, static_cast<std::size_t>(at - begin));
    return QuotedText{raw, raw.find('\\') != std::string_view::npos};
  }
  return std::nullopt;
}

std::optional<std::string_view> unescape(std::string_view raw, char* out) noexcept {
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  char* end = out;
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\') {
      *end++ = raw[at++];
      continue;
    }
    if (++at == raw.size()) return std::nullopt;
    const char kind = raw[at++];
    if (kind == 'u') {
      std::uint32_t code = 0;
      if (!read_code(raw, at, code)) return std::nullopt;
      end = write_utf8(code, end);
    } else {
      const std::size_t found = kNames.find(kind);
      if (found == std::string_view::npos) return std::nullopt;
      *end++ = kMeant[found];
    }
  }
  return std::string_view(out, static_cast<std::size_t>(end - out));
}

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace cloud_event
