// How much memory clients cost, as far as it grows with what they send.
#pragma once

#include <cstdint>

namespace trellis::runtime {

/// Bytes kept for clients in the whole process, messages above all: summed over all threads. [any]
std::int64_t kept_bytes() noexcept;
/// Counts bytes that are kept from now on, or with a minus no longer. [any]
void count_kept_bytes(std::int64_t bytes) noexcept;
/// Whether this thread alone has come to keep a MiB more since that was true last: time to look at the sum. [any]
bool kept_much_more() noexcept;

}  // namespace trellis::runtime
