// The tables every plugin can ask for whatever it is: log, metrics, loop, namespaces, messages, connections.
#pragma once

#include <trellis/runtime/awaited.hpp>

#include "message/runtime.hpp"
#include "plugin/instance.hpp"

namespace trellis::kernel {

/// A timer that a plugin started.
struct PluginTimer {
  trellis_timer_fn function;
  void* user;
  static void fire(PluginTimer& timer) { timer.function(timer.user); }
};
using PluginTimers = Awaited<PluginTimer>;

/// Adds them to services.tables. timers: one per shard, by index; must outlive the services.
void add_basic_tables(HostServices& services, std::vector<PluginTimers*> timers);

/// Copies text into an error, cut to what fits.
void set_error(trellis_error* error, std::string_view text) noexcept;

}  // namespace trellis::kernel
