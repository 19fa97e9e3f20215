// Remembers values by fingerprints for a while.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "fingerprint.hpp"

namespace common {

/// Values by fingerprints, each for a time of its own that is never longer than the one of all; the oldest leave first.
/// Not synchronised.
template <class Value>
class TimedMemory {
 public:
  TimedMemory(std::size_t capacity, std::uint64_t lifetime_ms) : capacity_(capacity), lifetime_ms_(lifetime_ms) {}

  /// Null where it is not known, or not any more. Valid until the next call.
  const Value* find(const Fingerprint& fingerprint, std::uint64_t now_ms) {
    drop_expired(now_ms);
    const auto found = entries_.find(fingerprint);
    return found == entries_.end() || found->second.ends_ms <= now_ms ? nullptr : &found->second.value;
  }

  /// Keeps the first value of a fingerprint until its time is up. most_ms: how long this one may be kept.
  void add(const Fingerprint& fingerprint, Value value, std::uint64_t now_ms, std::uint64_t most_ms = UINT64_MAX) {
    drop_expired(now_ms);
    const std::uint64_t time_ms = std::min(lifetime_ms_, most_ms);
    if (capacity_ == 0 || time_ms == 0) return;
    Entry entry{std::move(value), now_ms + time_ms};
    const auto [place, added] = entries_.try_emplace(fingerprint, std::move(entry));
    if (!added) {
      // Whose own time was up before the time of all is replaced; it keeps its place in the order of leaving.
      if (place->second.ends_ms <= now_ms) place->second = std::move(entry);
      return;
    }
    by_age_.emplace_back(now_ms + lifetime_ms_, fingerprint);
    if (by_age_.size() > capacity_) drop_oldest();
  }

  std::size_t size() const { return by_age_.size(); }

 private:
  struct Entry {
    Value value;
    std::uint64_t ends_ms;
  };

  void drop_oldest() {
    entries_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
  void drop_expired(std::uint64_t now_ms) {
    while (!by_age_.empty() && by_age_.front().first <= now_ms) drop_oldest();
  }

  const std::size_t capacity_;
  const std::uint64_t lifetime_ms_;
  std::unordered_map<Fingerprint, Entry, FingerprintHash> entries_;
  std::deque<std::pair<std::uint64_t, Fingerprint>> by_age_;  // when it ends at the latest, what
};

}  // namespace common
