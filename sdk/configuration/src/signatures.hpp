// From the block "plugin_signatures" to the keys it names.
#pragma once

#include <optional>
#include <trellis/configuration/settings.hpp>
#include <trellis/loading/trust.hpp>
#include <trellis/schema/document.hpp>

namespace trellis::configuration {

/// What the program was built with and what the file adds. Nothing where that is wrong, which was reported.
std::optional<loading::Trust> trust_of(const SignatureSettings& settings, const schema::Document& document,
                                       schema::Diagnostics& diagnostics);

}  // namespace trellis::configuration
