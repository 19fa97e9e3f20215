// Texts as sequences of Unicode characters: lengths, positions, case, blanks.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/cesql/scratch.hpp"

namespace cesql {

/// A byte that continues a character of UTF-8.
constexpr bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Number of characters.
std::size_t length(std::string_view text) noexcept;

/// Where the character behind the one at `position` begins; text.size() at the end.
inline std::size_t next(std::string_view text, std::size_t position) noexcept {
  do ++position;
  while (position < text.size() && continues(text[position]));
  return position;
}

/// Where the character before `position` begins; position must not be 0.
inline std::size_t previous(std::string_view text, std::size_t position) noexcept {
  do --position;
  while (position > 0 && continues(text[position]));
  return position;
}

/// The byte where the character with this index begins, counted from 0; text.size() where there are fewer.
std::size_t offset(std::string_view text, std::size_t characters) noexcept;

/// Without the blanks of Unicode at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Every character by itself, as Unicode's simple mappings say: "ß" stays as it is. Nothing where the scratch is full.
std::optional<std::string_view> lower(std::string_view text, Scratch& scratch) noexcept;
std::optional<std::string_view> upper(std::string_view text, Scratch& scratch) noexcept;

}  // namespace cesql
