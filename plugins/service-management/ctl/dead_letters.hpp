/// `trellis ctl deadletter`: what event subscriptions gave up and is kept in files, and putting it back.
#pragma once

#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Answers the exit code.
int run_dead_letters(const CtlRequest& request, const Terminal& terminal);

}  // namespace management::ctl
