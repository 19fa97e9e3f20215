#include "common/events/text.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace events {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoLetter = 0xFF;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

constexpr unsigned char byte(char c) noexcept { return static_cast<unsigned char>(c); }

bool is_noncharacter(char32_t code) noexcept {
  return (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFEU) == 0xFFFE;
}

// The letter behind a backslash in JSON; none where the character needs no escape or only the long one.
char short_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

// Calls use(part) for what each piece of the text becomes in JSON.
template <class Use>
void each_json_piece(std::string_view text, const Use& use) noexcept {
  std::size_t plain = 0;  // from here on nothing was used yet
  const auto flush = [&](std::size_t end) {
    if (end > plain) use(text.substr(plain, end - plain));
  };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char c = byte(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    char32_t code = 0;
    const std::size_t size = decode_utf8(text, at, code);
    if (size > 1) {
      at += size;
      continue;
    }
    flush(at);
    if (size == 0) {
      use(kReplacement);
    } else if (const char letter = short_escape(text[at])) {
      const char escape[] = {'\\', letter};
      use(std::string_view(escape, 2));
    } else {
      const char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4U], kHex[c & 15U]};
      use(std::string_view(escape, 6));
    }
    plain = ++at;
  }
  flush(text.size());
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// What stands in well-formed quotes, its escapes undone; the text itself where it is no such thing.
std::string_view without_quotes(std::string_view text, char* out) noexcept {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  const std::string_view inside = text.substr(1, text.size() - 2);
  char* end = out;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '"') return text;
    if (inside[at] == '\\' && ++at == inside.size()) return text;
    *end++ = inside[at];
  }
  return {out, static_cast<std::size_t>(end - out)};
}

}  // namespace

std::size_t decode_utf8(std::string_view text, std::size_t at, char32_t& code) noexcept {
  const unsigned char first = byte(text[at]);
  if (first < 0x80) {
    code = first;
    return 1;
  }
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - at < size) return 0;
  code = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned char next = byte(text[at + i]);
    if ((next & 0xC0U) != 0x80) return 0;
    code = code << 6U | (next & 0x3FU);
  }
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[size] || surrogate || code > 0x10FFFF ? 0 : size;
}

bool is_attribute_text(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char c = byte(text[at]);
    if (c >= 0x20 && c < 0x7F) {
      ++at;
      continue;
    }
    char32_t code = 0;
    const std::size_t size = decode_utf8(text, at, code);
    if (size == 0 || is_control(code) || is_noncharacter(code)) return false;
    at += size;
  }
  return true;
}

std::size_t json_text_size(std::string_view text) noexcept {
  std::size_t size = 2;
  each_json_piece(text, [&](std::string_view piece) { size += piece.size(); });
  return size;
}

char* write_json_text(std::string_view text, char* out) noexcept {
  *out++ = '"';
  each_json_piece(text, [&](std::string_view piece) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  });
  *out++ = '"';
  return out;
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  each_json_piece(text, [&](std::string_view piece) { out += piece; });
  out += '"';
}

char* write_base64(std::string_view bytes, char* out) noexcept {
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const unsigned bits = unsigned{byte(bytes[at])} << 16U | unsigned{byte(bytes[at + 1])} << 8U | byte(bytes[at + 2]);
    for (unsigned shift = 24; shift > 0;) *out++ = kLetters[(bits >> (shift -= 6)) & 63U];
  }
  const std::size_t rest = bytes.size() - at;
  if (rest == 0) return out;
  const unsigned bits = unsigned{byte(bytes[at])} << 16U | (rest == 2 ? unsigned{byte(bytes[at + 1])} << 8U : 0U);
  *out++ = kLetters[bits >> 18U];
  *out++ = kLetters[(bits >> 12U) & 63U];
  *out++ = rest == 2 ? kLetters[(bits >> 6U) & 63U] : '=';
  *out++ = '=';
  return out;
}

bool is_base64(std::string_view text) noexcept {
  if (text.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::uint8_t worst = 0;
  for (const char c : text) worst |= kValues[byte(c)];  // letters have six bits
  return worst < 64;
}

std::string_view decode_base64(std::string_view text, char* out) noexcept {
  while (text.ends_with('=')) text.remove_suffix(1);
  char* end = out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = bits << 6U | kValues[byte(c)];
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *end++ = static_cast<char>(bits >> count & 0xFFU);
  }
  return {out, static_cast<std::size_t>(end - out)};
}

std::string_view decode_header_value(std::string_view value, char* out) noexcept {
  const std::string_view text = without_quotes(value, out);
  if (text.find('%') == std::string_view::npos) return text;
  char* end = out;  // never beyond what is read, where it is the same memory
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && text.size() - at > 2 ? hex_value(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
    if (low >= 0) at += 2;
    *end++ = low >= 0 ? static_cast<char>(high * 16 + low) : text[at];
  }
  return {out, static_cast<std::size_t>(end - out)};
}

}  // namespace events
