// What the system lets a plugin's process do.
#pragma once

#include <cstdint>
#include <string>

namespace trellis::isolation {

/// From now on this thread, and those it starts, can ask the system for what every plugin needs and what these
/// capabilities (TRELLIS_CAPABILITY_…) are for. Everything else fails with EPERM; what nobody needs who means well ends
/// the process. Why it could not be arranged, or empty.
std::string enter_sandbox(std::uint32_t capabilities);

}  // namespace trellis::isolation
