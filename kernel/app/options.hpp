// The verbs of the broker, and what several of them take.
#pragma once

#include <string>
#include <trellis/brand/brand.hpp>
#include <trellis/console/verbs.hpp>
#include <vector>

namespace trellis::kernel {

/// --config; answers the options it was given.
inline console::Options& add_config(console::Options& options) {
  options.add_options()("config,c",
                        boost::program_options::value<std::string>()
                            ->default_value(std::string(brand::brand().config_file))
                            ->value_name("FILE"),
                        "the configuration file");
  return options;
}
/// What was given for it.
inline std::string config_file(const console::Values& values) { return values["config"].as<std::string>(); }

/// run and dev; those that start nothing; those of all plugins in the installation's path, which are loaded to know.
std::vector<console::Verb> run_verbs();
std::vector<console::Verb> tool_verbs();
std::vector<console::Verb> plugin_verbs();

}  // namespace trellis::kernel
