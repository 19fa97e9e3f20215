/// `trellis ctl publish`.
#pragma once

#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Answers the exit code.
int run_publish(const CtlRequest& request, const Terminal& terminal);

}  // namespace management::ctl
