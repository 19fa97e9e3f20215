// The command `trellis scram`: adds, changes, removes and lists the users of a file.
#pragma once

#include <string_view>
#include <vector>

#include "common/users/user_command.hpp"

namespace scram {

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_scram(const std::vector<std::string_view>& words, const common::Terminal& terminal);

}  // namespace scram
