/// `trellis ctl apply` and `plan`: makes what files say, or tells what that would change.
#pragma once

#include "ctl/server.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Answers the exit code.
int run_apply(const CtlRequest& request, Server& server, const Terminal& terminal);

}  // namespace management::ctl
