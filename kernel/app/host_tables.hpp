// The tables that need more than the plugin room: publish, subscribers, identities, services, handlers, stages.
#pragma once

#include "plugin/instance.hpp"

namespace trellis::kernel {

/// Adds them to services.tables.
void add_broker_tables(HostServices& services);

}  // namespace trellis::kernel
