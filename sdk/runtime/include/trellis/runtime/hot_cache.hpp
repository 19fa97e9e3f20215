// What is remembered by name, as long as it comes again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace trellis::runtime {

/// Bounded, in names and in bytes: a name that comes again pushes out others. Used on one thread. A Value knows whether
/// it is(group, name), its bytes(), and keeps `counted` of them for the cache; one made anew is nobody's.
template <typename Value>
class HotCache {
 public:
  static constexpr std::size_t kLongest = 256;  // bytes; longer names are not remembered
  static constexpr std::size_t kMostBytes = 24 * 1024 * 1024;

  /// The slot for the name: either what is remembered (it is()) or one to be filled. What would push out another and
  /// was not asked for lately is not remembered yet: its slot is good until the next call.
  Value& slot(std::uint32_t group, std::string_view name) {
    if (name.size() > kLongest) return passing_;
    const std::size_t hash = std::hash<std::string_view>{}(name) + group * 0x9E3779B97F4A7C15u;
    Slot* const set = &slots_[hash % kSlots / kWays * kWays];
    Slot* free = nullptr;
    for (Slot* way = set; way != set + kWays; ++way) {
      if (way->value == nullptr) {
        if (free == nullptr) free = way;
      } else if (way->hash == hash && way->value->is(group, name)) {
        return *way->value;
      }
    }
    if (free == nullptr) {
      if (!seen_lately(hash)) return passing_;
      free = set + turn_++ % kWays;
      if (free->value->counted > kWorthReuse) {
        bytes_ -= free->value->counted;
        *free->value = {};
      }
    } else {
      free->value = std::make_unique<Value>();
    }
    free->hash = hash;
    return *free->value;
  }
  /// The slot was filled; what is too much goes.
  void filled(Value& slot) noexcept {
    if (&slot == &passing_) return;
    bytes_ -= std::exchange(slot.counted, slot.bytes());
    bytes_ += slot.counted;
    for (std::size_t looked = 0; bytes_ > kMostBytes && looked < kSlots; ++looked) {
      auto& other = slots_[hand_++ % kSlots].value;
      if (other == nullptr || other.get() == &slot) continue;
      bytes_ -= other->counted;
      other.reset();
    }
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t kWays = 4;  // one cache line
  static constexpr std::size_t kSlots = 32 * 1024;
  static constexpr std::size_t kWorthReuse = 1024;  // bytes; what had more of them does not pass them on
  struct Slot {
    std::size_t hash = 0;
    std::unique_ptr<Value> value;
  };
  // Other bits of the hash than those that choose the set. Names share places: what is seen seldom is forgotten.
  bool seen_lately(std::size_t hash) noexcept {
    const auto mark = static_cast<std::uint16_t>(hash >> 48);
    return std::exchange(seen_[(hash >> 20) % seen_.size()], mark) == mark;
  }

  std::unique_ptr<Slot[]> slots_{new Slot[kSlots]};
  Value passing_;
  std::array<std::uint16_t, 32 * 1024> seen_{};
  std::size_t turn_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;  // where the search for what may go continues
};

}  // namespace trellis::runtime
