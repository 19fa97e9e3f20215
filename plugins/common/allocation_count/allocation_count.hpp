// How often a test's thread has allocated, for what must not allocate.
#pragma once

#include <cstddef>

namespace common {

/// Of this thread, since it began. Whoever links this has every `new` of its program counted.
std::size_t allocations() noexcept;

}  // namespace common
