// The verbs of the broker.
#pragma once

#include <trellis/console/verbs.hpp>
#include <vector>

namespace trellis::kernel {

/// run and dev; those that start nothing; those of all plugins in the installation's path, which are loaded to know.
std::vector<console::Verb> run_verbs();
std::vector<console::Verb> tool_verbs();
std::vector<console::Verb> plugin_verbs();

}  // namespace trellis::kernel
