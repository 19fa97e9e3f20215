// The command `trellis store`: looks at a folder that no broker uses, repairs and copies it.
#pragma once

#include <string_view>
#include <trellis/command.hpp>
#include <vector>

namespace store_journal {

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_store(const std::vector<std::string_view>& words, const trellis::Console& console);

}  // namespace store_journal
