/// Until when a SAS token holds.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace http_credentials {

/// Reads both forms in use, as UTC: "1/2/2030 3:04:05 PM" (M/d/yyyy h:mm:ss tt) and ISO 8601 "2030-01-02T15:04:05" with
/// fractions, which are cut off, and "Z" or "+00:00", or without. Unix time; nothing where it is neither.
std::optional<std::chrono::seconds> parse_expiry(std::string_view text);

}  // namespace http_credentials
