// What is allocated in this process, counted where malloc() itself can be: not in builds with a sanitizer, which have
// their own.
#pragma once

#include <cstdint>

namespace trellis::check::heap {

bool counted() noexcept;
/// Bytes allocated and not freed.
std::int64_t live() noexcept;
/// Allocations of this thread within calls of plugins on the message path, since it began.
std::uint64_t hot_allocations() noexcept;

}  // namespace trellis::check::heap
