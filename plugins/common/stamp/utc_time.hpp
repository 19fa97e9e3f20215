/// Times as RFC 3339 writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace common {

/// Unix milliseconds; nothing where it is no time with a zone. Further digits of the seconds are cut off.
std::optional<std::int64_t> parse_utc_ms(std::string_view text);
/// "2026-01-02T03:04:05.678Z".
std::string write_utc(std::int64_t unix_ms);

}  // namespace common
