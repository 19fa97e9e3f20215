// Base64 (RFC 4648, 4), for plugins only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common {

std::string to_base64(std::string_view bytes);

/// Nothing where the text is not base64. Missing padding at the end is accepted: other tools leave it out.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace common
