// A limit of how many there may be at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace trellis::runtime {

/// How many are in, and how many may be. [any]
struct Places {
  std::atomic<std::uint32_t> limit{0};  // 0: none
  std::atomic<std::uint32_t> open{0};
  /// False when there is no place.
  bool enter() noexcept {
    std::uint32_t now = open.load(std::memory_order_relaxed);
    do {
      const std::uint32_t most = limit.load(std::memory_order_relaxed);
      if (most != 0 && now >= most) return false;
    } while (!open.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
    return true;
  }
  void leave() noexcept { open.fetch_sub(1, std::memory_order_relaxed); }
};

}  // namespace trellis::runtime
