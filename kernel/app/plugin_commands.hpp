// Verbs that plugins add to the program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin/library.hpp"

namespace trellis::kernel {

struct PluginCommand {
  std::string verb;
  std::string summary;
  std::shared_ptr<const Library> library;
};

/// Of all plugins in the installation's path. [control]
std::vector<PluginCommand> plugin_commands();
int run_plugin_command(const PluginCommand& command, const std::vector<std::string>& words);

}  // namespace trellis::kernel
