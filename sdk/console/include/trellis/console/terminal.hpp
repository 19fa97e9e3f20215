// The terminal of this process, as commands of plugins use it.
#pragma once

#include <trellis/abi/command.h>

namespace trellis::console {

/// Writes to standard output and standard error, reads secrets from standard input. json: the user asked for -o json.
trellis_console terminal(bool json);

}  // namespace trellis::console
