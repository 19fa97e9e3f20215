// A plugin file mapped into this process. Never unmapped, as in the broker.
#pragma once

#include <trellis/abi/plugin.h>

#include <string>
#include <trellis/result.hpp>

namespace trellis::check {

/// Maps the file and finds its entry.
Result<const trellis_plugin*> open_library(const std::string& path);

}  // namespace trellis::check
