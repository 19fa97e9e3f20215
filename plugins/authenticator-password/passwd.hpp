// The command `trellis passwd`: adds, changes, removes and lists the users of a file.
#pragma once

#include <string_view>
#include <vector>

#include "common/users/user_command.hpp"
#include "hash.hpp"

namespace password {

using common::Terminal;

/// How the command line and its output call an algorithm.
std::string_view name_of(Algorithm algorithm);

/// Runs the command with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_passwd(const std::vector<std::string_view>& words, const Terminal& terminal);

}  // namespace password
