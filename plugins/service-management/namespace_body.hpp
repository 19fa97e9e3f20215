/// What of a namespace stands beside its properties in requests and answers, and among them where it is kept.
#pragma once

#include <string>
#include <string_view>
#include <trellis/json.hpp>

namespace management {

/// "location", "tags", "sku", "identity"
bool stands_beside(std::string_view key) noexcept;

/// A body {"properties": {…}, "location": …} as the properties that are kept. Names of hosts, which only the broker
/// could tell, are left out.
std::string gather_namespace(const trellis::json::Value& body);

/// Takes what stands beside out of kept properties: ","location":…", ready to stand before others; may be empty.
std::string take_beside(std::string& properties);

}  // namespace management
