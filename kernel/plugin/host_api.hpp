// The tables every plugin can ask for whatever it is: log, metrics, loop, namespaces, messages, connections.
#pragma once

#include "plugin/instance.hpp"
#include "plugin/plugin_timers.hpp"

namespace trellis::kernel {

/// Adds them to services.tables. timers: one per shard, by index; must outlive the services.
void add_basic_tables(HostServices& services, std::vector<PluginTimers*> timers);

/// Copies text into an error, cut to what fits.
void set_error(trellis_error* error, std::string_view text) noexcept;

}  // namespace trellis::kernel
