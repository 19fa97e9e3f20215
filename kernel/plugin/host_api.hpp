// The tables every plugin can ask for beside those of sdk/hosting: messages and connections.
#pragma once

#include <trellis/hosting/instance.hpp>

#include "names.hpp"

namespace trellis::kernel {

/// Adds them to services.tables.
void add_connection_tables(HostServices& services);

}  // namespace trellis::kernel
