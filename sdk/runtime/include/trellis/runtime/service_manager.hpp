// What systemd is told and what it passed, where it started us; elsewhere nothing happens (sd_notify(3),
// sd_listen_fds(3)).
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

namespace trellis::runtime::service_manager {

/// "READY=1", "STOPPING=1", "WATCHDOG=1", several lines at once. [any]
void notify(std::string_view state);
/// That it is reading its configuration again; READY=1 ends it. [any]
void notify_reloading();
/// How often it wants to hear WATCHDOG=1; zero: not at all.
std::chrono::microseconds watchdog_interval();
/// Sockets it opened for us under that name. They stay open. [control]
std::vector<int> sockets(std::string_view name);

}  // namespace trellis::runtime::service_manager
