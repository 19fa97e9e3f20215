// The verbs of the broker, and what several of them take.
#pragma once

#include <filesystem>
#include <string>
#include <trellis/console/verbs.hpp>
#include <vector>

namespace trellis::kernel {

using Folders = std::vector<std::string>;

/// Each answers the options it was given, with one more.
inline console::Options& add_config(console::Options& options) {
  options.add_options()("config,c",
                        boost::program_options::value<std::string>()->default_value("trellis.json")->value_name("FILE"),
                        "the configuration file");
  return options;
}
inline console::Options& add_plugin_path(console::Options& options) {
  options.add_options()("plugin-path", boost::program_options::value<Folders>()->value_name("FOLDER"),
                        "further folder to look for plugins in; may be given several times");
  return options;
}

/// What they were given for it.
inline std::string config_file(const console::Values& values) { return values["config"].as<std::string>(); }
inline std::vector<std::filesystem::path> plugin_path(const console::Values& values) {
  const Folders folders = values.count("plugin-path") == 0 ? Folders() : values["plugin-path"].as<Folders>();
  return {folders.begin(), folders.end()};
}

/// run and dev; those that start nothing; those of all plugins in the installation's path, which are loaded to know.
std::vector<console::Verb> run_verbs();
std::vector<console::Verb> tool_verbs();
std::vector<console::Verb> plugin_verbs();

}  // namespace trellis::kernel
