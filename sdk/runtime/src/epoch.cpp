#include <algorithm>
#include <trellis/runtime/epoch.hpp>
#include <vector>

namespace trellis::runtime {

void Epochs::retire(std::function<void()> free) {
  const std::lock_guard lock(mutex_);
  // Readers that enter from here on cannot have seen it; those at this epoch or before may.
  retired_.push_back({now_.fetch_add(1, std::memory_order_seq_cst), std::move(free)});
}

bool Epochs::collect() {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    if (retired_.empty()) return false;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::uint64_t oldest = kAway;
    for (const Slot& slot : slots_) oldest = std::min(oldest, slot.at.load(std::memory_order_acquire));
    while (!retired_.empty() && retired_.front().epoch < oldest && due.size() < kAtOnce) {
      due.push_back(std::move(retired_.front().free));
      retired_.pop_front();
    }
  }
  for (auto& free : due) free();
  return due.size() == kAtOnce;
}

void Epochs::clear() {
  std::deque<Retired> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(retired_);
  }
  for (auto& retired : all) retired.free();
}

}  // namespace trellis::runtime
