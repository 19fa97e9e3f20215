/// Durations as ISO 8601 writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace events_service {

/// "P1DT2H30M": days, hours, minutes and seconds, as whole numbers; nothing where it is none, or beyond 1,000,000 days.
/// Months and years have no length and are refused.
std::optional<std::chrono::seconds> parse_iso_duration(std::string_view text);

}  // namespace events_service
