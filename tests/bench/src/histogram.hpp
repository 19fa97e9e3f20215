// A histogram of durations that keeps every value to better than one percent, from 1 ns to hours.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace trellis::bench {

/// Log-linear buckets: each power of two is cut into 128 equal parts, so recording is two shifts and an increment
/// and no value is ever clipped, which a mean or a reservoir sample would do to exactly the values that matter.
class Histogram {
 public:
  void record(std::uint64_t value) {
    ++buckets_[index_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

  // The smallest recorded bucket's upper edge such that at least `percent` of the values lie at or below it.
  std::uint64_t percentile(double percent) const {
    if (count_ == 0) return 0;
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(upper_edge(i), max_);
    }
    return max_;
  }

  void reset() { *this = Histogram{}; }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) * kSub;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kSub) return static_cast<std::size_t>(value);
    const unsigned exponent = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return static_cast<std::size_t>((exponent + 1) * kSub + (value >> exponent) - kSub);
  }

  static std::uint64_t upper_edge(std::size_t index) {
    if (index < kSub) return index;
    const std::uint64_t exponent = index / kSub - 1;
    const std::uint64_t part = index % kSub + kSub;
    return ((part + 1) << exponent) - 1;
  }

  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace trellis::bench
