// Letters without their case, for comparisons that ignore it.
#pragma once

#include <string>
#include <string_view>

namespace cloud_event {

/// Whether folding changes nothing for sure.
bool is_folded(std::string_view text) noexcept;

/// Writes `text` with small letters only to `out`, of the same length. Letters are those of ASCII and of the Latin,
/// Greek, Cyrillic and Armenian alphabets whose two cases take equally many bytes; everything else, bytes that are no
/// UTF-8 among it, stays. `out` may be the text itself.
void fold(std::string_view text, char* out) noexcept;

inline std::string folded(std::string_view text) {
  std::string out(text.size(), '\0');
  fold(text, out.data());
  return out;
}

}  // namespace cloud_event
