// A value that one thread changes while others look.
#pragma once

#include <atomic>
#include <thread>
#include <utility>

namespace trellis::runtime {

/// Set by one thread, copied by any. Meant for a pointer that counts its references.
template <typename Value>
class SharedValue {
 public:
  SharedValue& operator=(Value other) noexcept {
    lock();
    std::swap(value_, other);
    busy_.clear(std::memory_order_release);
    return *this;
  }
  /// [the thread that sets it]
  const Value& own() const noexcept { return value_; }
  Value copy() const noexcept {
    lock();
    Value copied = value_;
    busy_.clear(std::memory_order_release);
    return copied;
  }

 private:
  // Held for a few instructions.
  void lock() const noexcept {
    while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  Value value_{};
  mutable std::atomic_flag busy_;
};

}  // namespace trellis::runtime
