// How much of something each shard has, and which one gets the next.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace trellis::runtime {

/// Counts that several shards change at once; each says no more than how it is about now. [any]
class ShardLoad {
 public:
  static constexpr std::uint32_t kMostShards = 64;
  explicit ShardLoad(std::uint32_t shards = 1) noexcept : shards_(shards) {}

  std::uint32_t of(std::uint32_t shard) const noexcept { return counts_[shard].load(std::memory_order_relaxed); }
  void add(std::uint32_t shard) noexcept { counts_[shard].fetch_add(1, std::memory_order_relaxed); }
  void remove(std::uint32_t shard) noexcept { counts_[shard].fetch_sub(1, std::memory_order_relaxed); }
  void move(std::uint32_t from, std::uint32_t to) noexcept {
    add(to);
    remove(from);
  }

  /// Which shard gets one that came to `here`, counted there from now on: `here`, unless another has clearly less.
  /// Few are spread evenly. Among many an eighth is let be, since handing over costs something too.
  std::uint32_t place(std::uint32_t here) noexcept {
    std::uint32_t least = here;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) {
      if (of(shard) < of(least)) least = shard;
    }
    const std::uint32_t chosen = of(here) < of(least) + std::max(1U, of(least) / 8) ? here : least;
    add(chosen);
    return chosen;
  }

 private:
  std::uint32_t shards_;
  std::array<std::atomic<std::uint32_t>, kMostShards> counts_{};
};

}  // namespace trellis::runtime
