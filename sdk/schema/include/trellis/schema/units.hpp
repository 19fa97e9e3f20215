// Sizes and durations as people write them: 8MiB, 30s.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/schema/result.hpp>

namespace trellis::schema {

/// What is accepted, for messages and manuals.
inline constexpr std::string_view kBytesGrammar =
    "a whole number of bytes, alone or with one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, like \"8MiB\"";
inline constexpr std::string_view kDurationGrammar = "a whole number with one of ms, s, m, h, d, like \"30s\"";

/// "8MiB" → 8388608. At most 2^63-1.
Result<std::int64_t> parse_bytes(std::string_view text);
/// "30s" → 30000 ms. A number without a unit is refused: it could mean anything.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest exact text, which the parsers above read back to the same value.
std::string format_bytes(std::int64_t bytes);
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace trellis::schema
