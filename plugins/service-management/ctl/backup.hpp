/// `trellis ctl backup`.
#pragma once

#include "ctl/server.hpp"
#include "ctl/terminal.hpp"
#include "ctl/words.hpp"

namespace management::ctl {

/// Begins one and waits for its end; the exit code.
int run_backup(const CtlRequest& request, Server& server, const Terminal& terminal);

}  // namespace management::ctl
