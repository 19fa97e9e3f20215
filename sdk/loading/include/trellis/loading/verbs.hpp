// Verbs about plugins as files, what they are built for and into, which start nothing: describe, plugin list, plugin
// keygen, plugin sign, plugin verify, build, schema, version.
#pragma once

#include <filesystem>
#include <string>
#include <trellis/console/verbs.hpp>
#include <trellis/schema/schema.hpp>
#include <vector>

namespace trellis::loading {

/// --plugin-path; answers the options it was given.
console::Options& add_plugin_path(console::Options& options);
/// What was given for it.
std::vector<std::filesystem::path> plugin_path(const console::Values& values);

/// --config; answers the options it was given.
console::Options& add_config(console::Options& options);
/// What was given for it.
std::string config_file(const console::Values& values);

/// settings: of the program's own configuration file; must outlive the verbs.
std::vector<console::Verb> plugin_file_verbs(const schema::Schema& settings);

}  // namespace trellis::loading
