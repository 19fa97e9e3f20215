/// Dates of HTTP: the one form that is sent, and all that have to be understood (RFC 9110, 5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trellis::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" for Unix time in milliseconds. Independent of locale and time zone.
std::string format_date(std::int64_t unix_ms);

/// Unix time in milliseconds of that form, and of the two obsolete ones: "Sunday, 06-Nov-94 08:49:37 GMT" and
/// "Sun Nov  6 08:49:37 1994". The day of the week is not looked at.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace trellis::http
