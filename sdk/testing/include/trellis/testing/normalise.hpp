// Settings the way a broker hands them to a plugin: checked against its schema, defaults in, units as integers.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace trellis::testing {

/// Checks a plugin's schema: JSON, known keywords only. The broker's own reader is stricter about patterns.
Result<void> check_schema(std::string_view schema);

/// The JSON text configure() receives for these settings; or what is wrong with them, with its place.
/// An empty schema takes no settings.
Result<std::string> normalise(std::string_view schema, std::string_view settings);

}  // namespace trellis::testing
