// From a configuration file to settings and configured plugin instances: everything that can be checked without
// starting anything.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/configuration/settings.hpp>
#include <trellis/hosting/instance.hpp>
#include <trellis/resources/files.hpp>
#include <trellis/schema/document.hpp>

namespace trellis::configuration {

using hosting::HostServices;
using hosting::Instance;
using hosting::Instances;

/// A configuration that passed every check.
struct Loaded {
  Settings settings;
  Instances instances;                                // configured, not started
  std::shared_ptr<const resources::Files> resources;  // what they say fits together
  Json::Value redacted;                               // the whole, secrets replaced, defaults filled in
};

/// Where plugins are looked up: the file's plugin_path, then extra_path, then the installation's.
struct LoadOptions {
  std::vector<std::filesystem::path> extra_path;
  /// Instances of the running configuration; one that would come out the same is used again.
  const Instances* running = nullptr;
};

/// [control] Nothing with diagnostics saying why when anything is wrong. services must outlive the instances.
std::optional<Loaded> load_file(const std::filesystem::path& file, const LoadOptions& options,
                                const HostServices& services, schema::Diagnostics& diagnostics);

}  // namespace trellis::configuration
