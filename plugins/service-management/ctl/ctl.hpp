/// The command `trellis ctl`.
#pragma once

#include <string_view>
#include <vector>

#include "ctl/terminal.hpp"

namespace management::ctl {

/// Runs with the words after the verb. Answers the exit code: 0 done, 1 failed, 2 wrong usage.
int run_ctl(const std::vector<std::string_view>& words, Terminal terminal);

}  // namespace management::ctl
