/// `trellis ctl deliveries`: how the pushing of an event subscription goes.
#pragma once

#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Answers the exit code.
int run_deliveries(const CtlRequest& request, const Terminal& terminal);

}  // namespace management::ctl
