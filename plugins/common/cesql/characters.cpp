#include "common/cesql/characters.hpp"

#include <clocale>
#include <cwctype>

namespace cesql {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

/// The text was checked where it came from; bytes that are no UTF-8 after all stand for themselves.
Character decode(std::string_view text, std::size_t position) noexcept {
  const std::size_t bytes = next(text, position) - position;
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[position + i]));
  };
  if (bytes == 2) return {((byte(0) & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  if (bytes == 3) return {((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU), 3};
  if (bytes == 4) {
    return {((byte(0) & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU), 4};
  }
  return {0, bytes};
}

std::size_t encode(char32_t code, char* out) noexcept {
  const auto put = [&](std::size_t i, char32_t bits) { out[i] = static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return put(0, code), 1;
  if (code < 0x800) return put(0, 0xC0U | (code >> 6U)), put(1, 0x80U | (code & 0x3FU)), 2;
  if (code < 0x10000) {
    return put(0, 0xE0U | (code >> 12U)), put(1, 0x80U | ((code >> 6U) & 0x3FU)), put(2, 0x80U | (code & 0x3FU)), 3;
  }
  put(0, 0xF0U | (code >> 18U));
  put(1, 0x80U | ((code >> 12U) & 0x3FU));
  put(2, 0x80U | ((code >> 6U) & 0x3FU));
  put(3, 0x80U | (code & 0x3FU));
  return 4;
}

/// The property White_Space of Unicode.
bool blank(const Character& character, char first) noexcept {
  if (character.bytes == 1) return first == ' ' || (first >= '\t' && first <= '\r');
  const char32_t c = character.code;
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// The C library's own tables, whatever the locale of the process is; null where it has none beyond ASCII. Made when
/// the plugin is loaded, since judging must not wait for it.
const locale_t kUnicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);

char mapped(char byte, bool up) noexcept {
  const char from = up ? 'a' : 'A';
  return byte >= from && byte <= from + 25 ? static_cast<char>(byte ^ 0x20) : byte;
}

std::optional<std::string_view> map(std::string_view text, bool up, Scratch& scratch) noexcept {
  // A character may need one byte more than before, but only one of two bytes or more.
  const std::size_t most = text.size() + text.size() / 2;
  char* const begin = scratch.take(most);
  if (begin == nullptr) return std::nullopt;
  char* out = begin;
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      *out++ = mapped(text[i++], up);
      continue;
    }
    const Character character = decode(text, i);
    const auto code = static_cast<wint_t>(character.code);
    if (character.code < 0x80 || kUnicode == locale_t{}) {
      for (std::size_t byte = 0; byte < character.bytes; ++byte) *out++ = text[i + byte];
    } else {
      const auto result = static_cast<char32_t>(up ? towupper_l(code, kUnicode) : towlower_l(code, kUnicode));
      const bool fits = result < 0x10000 || character.bytes > 2;
      out += encode(fits ? result : character.code, out);
    }
    i += character.bytes;
  }
  const auto size = static_cast<std::size_t>(out - begin);
  scratch.give_back(most - size);
  return std::string_view(begin, size);
}

}  // namespace

std::size_t length(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i = next(text, i)) ++count;
  return count;
}

std::size_t offset(std::string_view text, std::size_t characters) noexcept {
  std::size_t position = 0;
  while (characters-- > 0 && position < text.size()) position = next(text, position);
  return position;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty()) {
    const Character first = decode(text, 0);
    if (!blank(first, text.front())) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    const std::size_t last = previous(text, text.size());
    if (!blank(decode(text, last), text[last])) break;
    text = text.substr(0, last);
  }
  return text;
}

std::optional<std::string_view> lower(std::string_view text, Scratch& scratch) noexcept {
  return map(text, false, scratch);
}

std::optional<std::string_view> upper(std::string_view text, Scratch& scratch) noexcept {
  return map(text, true, scratch);
}

}  // namespace cesql
