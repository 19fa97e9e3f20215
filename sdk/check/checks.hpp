// The checks a plugin file has to pass.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "report.hpp"
#include "traffic.hpp"

namespace trellis::check {

struct CheckOptions {
  /// Settings to configure the plugin with. Unless given: none where the schema requires none, else its first example.
  std::optional<std::string> settings;
  Samples samples;
  /// Numbers of rules that the plugin may break, "R23".
  std::vector<std::string> waived;
  /// Of the random settings, and how many of them.
  std::uint64_t seed = 1;
  std::uint32_t rounds = 100;
  /// For each group of checks, which runs in a process of its own.
  std::chrono::milliseconds deadline{20'000};
};

/// Checks one file as far as it can be trusted: each step only where those before it leave something to check.
Report check_file(const std::string& path, const CheckOptions& options);

}  // namespace trellis::check
