// A folder to begin a plugin from.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::loading {

/// What is asked for.
struct NewPlugin {
  std::string kind;              // "stage"
  std::string name;              // "acme-size", with the kind before it or without
  std::string vendor;            // empty: to be filled in
  std::string licence;           // SPDX expression
  std::filesystem::path folder;  // empty: named after the plugin, in the working directory
};

/// Where this installation has its templates: beside the program, in ../share/trellis/template.
std::filesystem::path template_path();
/// Kinds there is a template of.
std::vector<std::string> template_kinds(const std::filesystem::path& templates);

/// The id of the plugin that is asked for: its kind and its name.
std::string plugin_id(const NewPlugin& plugin);
/// Writes the folder, which must not be there or be empty, and answers where it is. Throws std::runtime_error with a
/// sentence.
std::filesystem::path make_plugin(const NewPlugin& plugin, const std::filesystem::path& templates);

}  // namespace trellis::loading
