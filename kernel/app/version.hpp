// The program's version, as the build says it.
#pragma once

namespace trellis::kernel {

inline constexpr const char* kVersion = TRELLIS_VERSION;

}  // namespace trellis::kernel
