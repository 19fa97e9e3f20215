// Keys of the configuration that a vendor's build has decided.
#pragma once

#include <string_view>
#include <trellis/schema/document.hpp>

namespace trellis::configuration {

/// locked: JSON object of JSON pointers and the values they have whatever a file says; what a file says differently is
/// reported. vendor: whose they are.
void apply_locks(schema::Document& document, std::string_view locked, std::string_view vendor,
                 schema::Diagnostics& diagnostics);

}  // namespace trellis::configuration
