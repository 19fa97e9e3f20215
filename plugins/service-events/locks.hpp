/// The leases of one subscription that are out, and when each falls back.
#pragma once

#include <trellis/abi/message.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "mark.hpp"

namespace events_service {

struct Lock {
  enum class State : std::uint8_t {
    locked,    ///< a client has it
    pushing,   ///< a handler has it
    deferred,  ///< released with a delay that is not over
    burying,   ///< on its way to the dead letters
    moving     ///< a dead letter on its way back to where it came from
  };
  State state = State::locked;
  Fate fate = Fate::none;  ///< of one that is burying
  std::uint8_t cause = 0;  ///< TRELLIS_CAUSE_… of the last attempt to push it
  std::uint16_t deliveries = 0;
  std::uint16_t tries = 0;    ///< to bury it, counted as far as it matters
  std::uint64_t until_s = 0;  ///< Unix time until which burying is tried
  std::int64_t due_ms = 0;    ///< monotonic: when the lock or the delay ends, or burying is tried again
  std::int64_t since_ms = 0;  ///< Unix time of this delivery
  const trellis_message* message = nullptr;
};

/// Leases are numbers of the kernel. Times are milliseconds of the shard's monotonic clock.
class Locks {
 public:
  Lock& add(std::uint64_t lease, const Lock& lock) {
    Lock& added = locks_[lease] = lock;
    schedule(lease, lock.due_ms);
    return added;
  }
  /// Null where it is not out. Stays until the next add().
  Lock* find(std::uint64_t lease) {
    const auto found = locks_.find(lease);
    return found == locks_.end() ? nullptr : &found->second;
  }
  void move(std::uint64_t lease, Lock& lock, std::int64_t due_ms) {
    lock.due_ms = due_ms;
    schedule(lease, due_ms);
  }
  void remove(std::uint64_t lease) { locks_.erase(lease); }
  std::size_t size() const noexcept { return locks_.size(); }

  /// When the next one is due; nothing where none is out.
  std::optional<std::int64_t> next_due() {
    drop_stale();
    return dues_.empty() ? std::nullopt : std::optional(dues_.top().at_ms);
  }
  /// Calls function(lease, lock) for each that is due by then. It may remove that one and move others.
  template <class Function>
  void take_due(std::int64_t now_ms, Function&& function) {
    for (drop_stale(); !dues_.empty() && dues_.top().at_ms <= now_ms; drop_stale()) {
      const std::uint64_t lease = dues_.top().lease;
      dues_.pop();
      function(lease, *find(lease));
    }
  }
  /// Calls function(lease, lock) for all. It may move that one.
  template <class Function>
  void for_each(Function&& function) {
    for (auto& [lease, lock] : locks_) function(lease, lock);
  }
  void clear() {
    locks_.clear();
    dues_ = {};
  }

 private:
  struct Due {
    std::int64_t at_ms;
    std::uint64_t lease;
    auto operator<=>(const Due&) const noexcept = default;  // at one time in the order of the queue
  };
  using Dues = std::priority_queue<Due, std::vector<Due>, std::greater<>>;

  void schedule(std::uint64_t lease, std::int64_t due_ms) {
    dues_.push({due_ms, lease});
    if (dues_.size() > 2 * locks_.size() + kFew) rebuild();
  }
  void drop_stale() {
    while (!dues_.empty()) {
      const auto found = locks_.find(dues_.top().lease);
      if (found != locks_.end() && found->second.due_ms == dues_.top().at_ms) return;
      dues_.pop();
    }
  }
  void rebuild() {
    std::vector<Due> all;
    all.reserve(locks_.size());
    for (const auto& [lease, lock] : locks_) all.push_back({lock.due_ms, lease});
    dues_ = Dues(std::greater<>(), std::move(all));
  }

  static constexpr std::size_t kFew = 256;
  boost::unordered_flat_map<std::uint64_t, Lock> locks_;
  Dues dues_;  // with some that were moved or are over
};

}  // namespace events_service
