/// The one date form HTTP servers send (RFC 9110, 5.6.7).
#pragma once

#include <cstdint>
#include <string>

namespace trellis::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" for Unix time in milliseconds. Independent of locale and time zone.
std::string format_date(std::int64_t unix_ms);

}  // namespace trellis::http
