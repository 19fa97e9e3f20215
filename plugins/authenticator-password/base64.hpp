// Base64 as password files write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace password {

std::string to_base64(std::string_view bytes);

/// Nothing where the text is not base64. Missing padding at the end is accepted: other tools leave it out.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace password
