// Room that was used before: what waits for the medium is as large as ever, and new memory costs more than filling it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace journal {

/// Strings that were given back, for those that need about as much. [any thread]
class Buffers {
 public:
  /// Empty. Small ones cost nothing to speak of, and a large one must not stand for a small one.
  std::string take(std::size_t size) {
    if (size < kLeast) return {};
    const std::lock_guard lock(mutex_);
    const auto fits = [&](const std::string& one) { return one.capacity() >= size && one.capacity() / 4 <= size; };
    const auto found = std::find_if(free_.rbegin(), free_.rend(), fits);
    if (found == free_.rend()) return {};
    std::string out = std::move(*found);
    *found = std::move(free_.back());
    free_.pop_back();
    bytes_ -= out.capacity();
    out.clear();
    return out;
  }

  void give(std::string&& buffer) {
    if (buffer.capacity() < kLeast) return;
    const std::lock_guard lock(mutex_);
    if (free_.size() == kMost || bytes_ + buffer.capacity() > kMostBytes) return;
    bytes_ += buffer.capacity();
    free_.push_back(std::move(buffer));
  }

  /// Nobody has needed any for a while.
  void clear() {
    const std::lock_guard lock(mutex_);
    free_.clear();
    bytes_ = 0;
  }

 private:
  static constexpr std::size_t kLeast = std::size_t{16} << 10;
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  std::mutex mutex_;
  std::vector<std::string> free_;
  std::size_t bytes_ = 0;  // of their capacity
};

}  // namespace journal
