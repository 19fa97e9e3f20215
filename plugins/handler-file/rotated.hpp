// Files that are full: how they are called, compressed and removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "descriptor.hpp"

namespace files {

/// "orders.jsonl.20261127T194500123Z": in order of time.
std::string rotated_name(std::string_view file, std::chrono::milliseconds wall);

/// Those in the folder that the file left, the oldest first; compressed ones end with ".gz".
trellis::Result<std::vector<std::string>> rotated_files(const Descriptor& folder, std::string_view file);

/// Puts "<name>.gz" in its place. A crash leaves both, or what begins with a dot.
trellis::Result<void> compress(const Descriptor& folder, const std::string& name);

/// Removes all but that many; how many that were.
trellis::Result<std::size_t> remove_oldest(const Descriptor& folder, std::string_view file, std::uint32_t kept);

}  // namespace files
