// Reclaiming memory that other shards may still be reading, without locking readers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace trellis::runtime {

/// Readers announce once per loop turn where they are; what a writer unlinked is freed when every reader has begun a
/// turn since.
class Epochs {
 public:
  static constexpr std::size_t kReaders = 256;

  /// The reader begins a turn: everything it loads from now on is current. [the reader's thread]
  void enter(std::size_t reader) noexcept {
    // Released: what was read in the turn before was read before anything of it is freed.
    slots_[reader].at.store(now_.load(std::memory_order_relaxed), std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  /// The reader holds nothing until its next enter(). [the reader's thread]
  void leave(std::size_t reader) noexcept { slots_[reader].at.store(kAway, std::memory_order_release); }

  /// Frees something later: it is already unlinked, readers may still look at it. [any]
  void retire(std::function<void()> free);
  /// Frees what nobody can see any more, oldest first. True when there may be more of it. [any]
  bool collect();
  /// As much as one call of collect() frees, so that no turn takes long.
  static constexpr std::size_t kAtOnce = 2000;
  /// Frees everything; no reader is left. [any]
  void clear();

 private:
  static constexpr std::uint64_t kAway = UINT64_MAX;
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> at{kAway};
  };
  struct Retired {
    std::uint64_t epoch;
    std::function<void()> free;
  };
  std::atomic<std::uint64_t> now_{1};
  std::array<Slot, kReaders> slots_;
  std::mutex mutex_;  // guards retired_
  std::deque<Retired> retired_;
};

}  // namespace trellis::runtime
