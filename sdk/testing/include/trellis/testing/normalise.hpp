// Settings the way a broker hands them to a plugin, checked by the very code the broker has.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace trellis::testing {

/// Checks a plugin's schema: JSON, known keywords only, defaults and examples that satisfy it.
Result<void> check_schema(std::string_view schema);

/// The JSON text configure() receives for these settings: defaults filled in, units as integers, ${env:NAME} and
/// ${file:path} replaced, keys in alphabetical order. Or all that is wrong with them, each with its place, as the
/// broker prints it. An empty schema takes no settings.
Result<std::string> normalise(std::string_view schema, std::string_view settings);

}  // namespace trellis::testing
