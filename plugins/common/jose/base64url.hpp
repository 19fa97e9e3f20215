/// Base64url without padding, as JOSE writes it (RFC 7515, 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jose {

std::string to_base64url(std::string_view bytes);

/// Nothing where the text is not exactly what to_base64url() makes of some bytes: no padding, no other letters, no bits
/// left over. So that one token cannot be written in two ways.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace jose
