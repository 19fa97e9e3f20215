// The host tables that know no message: log, metrics, loop, namespaces, domains, resources, backups, borrowing.
#pragma once

#include <trellis/hosting/instance.hpp>
#include <trellis/runtime/awaited.hpp>

namespace trellis::hosting {

/// A timer that a plugin started.
struct PluginTimer {
  trellis_timer_fn function;
  void* user;
  static void fire(PluginTimer& timer) { timer.function(timer.user); }
};
using PluginTimers = runtime::Awaited<PluginTimer>;

/// Adds them to services.tables. timers: one per shard, by index; must outlive the services.
void add_basic_tables(HostServices& services, std::vector<PluginTimers*> timers);

/// trellis.host.resources/1 over HostServices::resources; part of the above.
const void* resource_table() noexcept;

/// trellis.host.backup/1 over HostServices::backup; part of the above.
const void* backup_table() noexcept;

/// trellis.host.borrow/1 over HostServices::running; part of the above.
const void* borrow_table() noexcept;

/// Copies text into an error, cut to what fits.
void set_error(trellis_error* error, std::string_view text) noexcept;

}  // namespace trellis::hosting
