// Texts of JSON, whose ends a tokenizer has found.
#pragma once

#include <optional>
#include <string_view>

namespace cloud_event {

/// What stands between the quotes of a text.
struct QuotedText {
  std::string_view raw;
  bool escaped = false;  // has backslashes
};

/// The text that begins behind a quote at `begin`; nothing where no quote ends it before `limit`.
std::optional<QuotedText> quoted_text(const char* begin, const char* limit) noexcept;

/// Writes the text meant by `raw` to `out`, which has room for raw.size() bytes. Nothing where an escape is none of
/// JSON or half a surrogate pair.
std::optional<std::string_view> unescape(std::string_view raw, char* out) noexcept;

/// Without the blanks of JSON around it.
std::string_view trim(std::string_view text) noexcept;

}  // namespace cloud_event
