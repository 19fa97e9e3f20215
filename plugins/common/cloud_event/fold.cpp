#include "common/cloud_event/fold.hpp"

#include <cstdint>

namespace cloud_event {
namespace {

bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }
bool between(std::uint32_t code, std::uint32_t first, std::uint32_t last) noexcept {
  return code >= first && code <= last;
}

// Blocks where a capital letter of even number stands before its small one.
bool even_capitals(std::uint32_t code) noexcept {
  return between(code, 0x100, 0x12F) || between(code, 0x132, 0x137) || between(code, 0x14A, 0x177) ||
         between(code, 0x1DE, 0x1EF) || between(code, 0x1F8, 0x21F) || between(code, 0x222, 0x233) ||
         between(code, 0x3D8, 0x3EF) || between(code, 0x460, 0x481) || between(code, 0x48A, 0x4BF) ||
         between(code, 0x4D0, 0x52F);
}

// The same, of odd number.
bool odd_capitals(std::uint32_t code) noexcept {
  return between(code, 0x139, 0x148) || between(code, 0x179, 0x17E) || between(code, 0x1CD, 0x1DC) ||
         between(code, 0x4C1, 0x4CE);
}

// Of letters that UTF-8 writes with two bytes, in both cases.
std::uint32_t small_letter(std::uint32_t code) noexcept {
  if (between(code, 0xC0, 0xDE) && code != 0xD7) return code + 0x20;
  if (even_capitals(code)) return code | 1U;
  if (odd_capitals(code)) return code + (code & 1U);
  if (code == 0x178) return 0xFF;
  if (between(code, 0x391, 0x3AB) && code != 0x3A2) return code + 0x20;
  if (code == 0x3C2) return 0x3C3;  // sigma at the end of a word
  if (code == 0x386) return 0x3AC;
  if (between(code, 0x388, 0x38A)) return code + 0x25;
  if (code == 0x38C) return 0x3CC;
  if (between(code, 0x38E, 0x38F)) return code + 0x3F;
  if (between(code, 0x400, 0x40F)) return code + 0x50;
  if (between(code, 0x410, 0x42F)) return code + 0x20;
  if (code == 0x4C0) return 0x4CF;
  if (between(code, 0x531, 0x556)) return code + 0x30;
  return code;
}

}  // namespace

bool is_folded(std::string_view text) noexcept {
  bool changes = false;
  for (const char c : text) changes |= is_upper(c) || !is_ascii(c);
  return !changes;
}

void fold(std::string_view text, char* out) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (lead < 0x80) {
      out[i] = is_upper(text[i]) ? static_cast<char>(lead + 0x20) : text[i];
    } else if (lead >= 0xC2 && lead <= 0xDF && (next & 0xC0U) == 0x80) {
      const std::uint32_t code = small_letter(((lead & 0x1FU) << 6U) | (next & 0x3FU));
      out[i] = static_cast<char>(0xC0U | (code >> 6U));
      out[++i] = static_cast<char>(0x80U | (code & 0x3FU));
    } else {
      out[i] = text[i];
    }
  }
}

}  // namespace cloud_event
