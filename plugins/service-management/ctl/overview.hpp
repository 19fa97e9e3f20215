/// What a broker has: `trellis ctl namespaces` and `types`.
#pragma once

#include "ctl/server.hpp"
#include "ctl/terminal.hpp"

namespace management::ctl {

// Both answer the exit code.
int print_namespaces(Server& server, const Terminal& terminal);
int print_types(Server& server, const Terminal& terminal);

}  // namespace management::ctl
