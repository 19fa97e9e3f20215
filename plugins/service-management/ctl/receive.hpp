/// `trellis ctl receive` and `tail`.
#pragma once

#include "ctl/server.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

// Both answer the exit code.
int run_receive(const CtlRequest& request, const Terminal& terminal);
/// Makes an event subscription for as long as it runs.
int run_tail(const CtlRequest& request, Server& server, const Terminal& terminal);

}  // namespace management::ctl
