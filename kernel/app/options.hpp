// The verbs of the broker, and what several of them take.
#pragma once

#include <filesystem>
#include <string>
#include <trellis/console/verbs.hpp>
#include <vector>

namespace trellis::kernel {

/// Each answers the options it was given, with one more.
console::Options& add_config(console::Options& options);
console::Options& add_plugin_path(console::Options& options);

/// What they were given for it.
std::string config_file(const console::Values& values);
std::vector<std::filesystem::path> plugin_path(const console::Values& values);

/// run and dev; those that start nothing; those of all plugins in the installation's path, which are loaded to know.
std::vector<console::Verb> run_verbs();
std::vector<console::Verb> tool_verbs();
std::vector<console::Verb> plugin_verbs();

}  // namespace trellis::kernel
