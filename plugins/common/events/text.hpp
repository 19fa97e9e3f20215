/// Texts as CloudEvents, JSON and HTTP headers write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace events {

constexpr bool is_control(char32_t code) noexcept { return code < 0x20 || (code >= 0x7F && code <= 0x9F); }

/// The code point at `at`, and how many bytes it has: 0 where the bytes there are no UTF-8 (RFC 3629).
std::size_t decode_utf8(std::string_view text, std::size_t at, char32_t& code) noexcept;

/// Whether an attribute may have that value: UTF-8 without controls and without what Unicode calls noncharacters.
bool is_attribute_text(std::string_view text) noexcept;

// --- JSON

/// How long the text is as a JSON text, quotes included.
std::size_t json_text_size(std::string_view text) noexcept;
/// Writes it, and answers where it ends. What is no UTF-8 becomes U+FFFD.
char* write_json_text(std::string_view text, char* out) noexcept;
void append_json_text(std::string& out, std::string_view text);

// --- base64 (RFC 4648, 4), of data that may be long: into memory that is there already

constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }
char* write_base64(std::string_view bytes, char* out) noexcept;
/// With its padding: readers that insist on it get the text as it is.
bool is_base64(std::string_view text) noexcept;
/// Of a text that is_base64(), to a place for three bytes of each four of its letters.
std::string_view decode_base64(std::string_view text, char* out) noexcept;

// --- header values (CloudEvents' HTTP binding, 3.1.3.2)

/// Undoes quotes, then percent-encoding, once. A '%' before anything but two digits stays: some clients do not encode.
/// Writes to `out` where that changes anything; it needs as many bytes as the value has.
std::string_view decode_header_value(std::string_view value, char* out) noexcept;

}  // namespace events
