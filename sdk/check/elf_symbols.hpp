// The symbols a shared object exports, read from the file without running any of its code.
#pragma once

#include <string>
#include <trellis/result.hpp>
#include <vector>

namespace trellis::check {

/// Names of the defined dynamic symbols of a 64-bit little-endian ELF file, sorted.
Result<std::vector<std::string>> exported_symbols(const std::string& path);

}  // namespace trellis::check
