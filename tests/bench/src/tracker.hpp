// Watches the sequence numbers of message streams for lost, duplicated and reordered messages.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

namespace trellis::bench {

enum class Arrival { in_order, ahead, late, duplicate };

/// Streams whose every message is due at one receiver: publisher p as seen by receiver r.
///
/// A stream in order costs one comparison. Only a gap makes it remember which numbers are missing, so that a number
/// coming late can be told from one coming twice.
class StreamTracker {
 public:
  explicit StreamTracker(std::size_t streams) : next_(streams, 0) {}

  Arrival record(std::size_t stream, std::uint32_t sequence) {
    std::uint32_t& next = next_[stream];
    if (sequence == next) {
      ++next;
      return Arrival::in_order;
    }
    return record_unexpected(stream, sequence);
  }

  // Messages of the stream, out of `sent`, that have not come.
  std::uint64_t missing(std::size_t stream, std::uint32_t sent) const {
    const auto gap = gaps_.find(stream);
    const std::uint64_t behind = gap == gaps_.end() ? 0 : gap->second.size();
    return behind + (sent > next_[stream] ? sent - next_[stream] : 0);
  }

 private:
  Arrival record_unexpected(std::size_t stream, std::uint32_t sequence) {
    std::uint32_t& next = next_[stream];
    if (sequence > next) {
      auto& gap = gaps_[stream];
      for (std::uint32_t skipped = next; skipped != sequence; ++skipped) gap.insert(gap.end(), skipped);
      next = sequence + 1;
      return Arrival::ahead;
    }
    const auto gap = gaps_.find(stream);
    if (gap == gaps_.end() || gap->second.erase(sequence) == 0) return Arrival::duplicate;
    return Arrival::late;
  }

  std::vector<std::uint32_t> next_;
  std::unordered_map<std::size_t, std::set<std::uint32_t>> gaps_;
};

/// Streams of which a receiver sees only a part (shared subscriptions, topics spread over receivers): gaps are
/// normal, going back is not. Loss is counted per message elsewhere.
class OrderTracker {
 public:
  explicit OrderTracker(std::size_t streams) : next_(streams, 0) {}

  // False when a later number of the stream was seen before.
  bool record(std::size_t stream, std::uint32_t sequence) {
    std::uint32_t& next = next_[stream];
    if (sequence < next) return false;
    next = sequence + 1;
    return true;
  }

 private:
  std::vector<std::uint32_t> next_;
};

}  // namespace trellis::bench
