// The command `trellis store`: looks at a folder that no broker uses, repairs and copies it.
#pragma once

#include <string>
#include <string_view>
#include <trellis/command.hpp>
#include <vector>

#include "engine/disk.hpp"

namespace store_journal {

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_store(const std::vector<std::string_view>& words, const trellis::Console& console);

// Its parts.

/// Answers the exit code.
int restore(const std::string& from, const std::string& to, bool replace, const trellis::Console& console);
/// Says why, and is the exit code for it.
int fail(const trellis::Console& console, const std::string& sentence);
/// An existing folder, locked; the sentence of why not, or empty.
std::string open_existing(const std::string& path, journal::Folder& folder);

}  // namespace store_journal
