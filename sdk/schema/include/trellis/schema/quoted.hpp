// Text as JSON writes it.
#pragma once

#include <string>
#include <string_view>

namespace trellis::schema {

/// As trellis::json::quote(), for those who do without the C++ layer.
std::string quoted(std::string_view text);

}  // namespace trellis::schema
