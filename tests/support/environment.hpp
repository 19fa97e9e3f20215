// What whoever runs the tests may set.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace trellis::testing {

/// A number of the environment, or the usual one.
inline std::uint64_t environment_or(const char* name, std::uint64_t usual) {
  const char* const value = std::getenv(name);
  return value == nullptr ? usual : std::stoull(value);
}

}  // namespace trellis::testing
