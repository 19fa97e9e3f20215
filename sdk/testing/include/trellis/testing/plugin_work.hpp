// Whose code a thread runs, for those who count what plugins do: allocations, for example.
#pragma once

namespace trellis::testing {

/// Whether this thread is inside a call that a TestHost made into a plugin on the message path, and not inside a
/// function of the host that the plugin called from there. Allocates nothing, so that a malloc() may ask.
bool in_hot_plugin_call() noexcept;

/// Of an address on memory that a TestHost lent with TestHostOptions::guarded: the function that it was lent for; null
/// for any other. May be asked in a handler of SIGSEGV: who reads there kept a view beyond its call.
const char* lent_for(const void* address) noexcept;

}  // namespace trellis::testing
