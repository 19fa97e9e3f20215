// Text as JSON writes it.
#pragma once

#include <string>
#include <string_view>

namespace trellis::schema {

/// As trellis::json::quote(), for those who do without the C++ layer. What is no UTF-8 becomes U+FFFD: nobody would
/// read the JSON otherwise.
std::string quoted(std::string_view text);

bool is_utf8(std::string_view text) noexcept;

}  // namespace trellis::schema
