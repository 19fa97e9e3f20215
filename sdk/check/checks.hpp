// The checks a plugin file has to pass.
#pragma once

#include <optional>
#include <string>

#include "report.hpp"

namespace trellis::check {

struct CheckOptions {
  /// Settings to configure the plugin with. Unless given: none where the schema requires none, else its first example.
  std::optional<std::string> settings;
};

/// Checks one file as far as it can be trusted: each step only where those before it leave something to check.
Report check_file(const std::string& path, const CheckOptions& options);

}  // namespace trellis::check
