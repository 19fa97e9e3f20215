// The ordered messages of one subscriber and the state of each: available, leased, received, settled.
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <trellis/keeping/message.hpp>
#include <vector>

#include "names.hpp"

namespace trellis::kernel {

/// Subscription identifiers of one delivery; the usual one lies inside.
using Identifiers = boost::container::small_vector<std::uint32_t, 1>;

/// One message in a queue.
struct QueueEntry {
  enum class State : std::uint8_t {
    settled,  // over; its place is given up when everything before it is
    available,
    leased,
    received,  // the receiver has the message, the completion is missing
    returned   // was received in an earlier attachment: to be told again
  };
  MessagePtr message;  // null when received or settled
  Identifiers identifiers;
  std::uint64_t number = 0;  // in the store; 0: it is not kept there
  std::uint64_t tag = 0;
  std::uint32_t group = 0;  // shared subscription it came by; 0: none
  std::uint16_t deliveries = 0;
  std::uint8_t qos = 0;
  State state : 3 = State::settled;
  bool retain : 1 = false;
  bool redelivered : 1 = false;
  bool replay : 1 = false;  // retained message sent on subscribing: outside the limits
};

/// A ring addressed by sequence numbers, which are the leases. No thread safety of its own.
class Queue {
 public:
  using Sequence = std::uint64_t;  // 0 is none

  /// first: the number of the first entry.
  explicit Queue(Sequence first = 1) noexcept : head_(first), tail_(first), cursor_(first), droppable_(first) {}

  bool empty() const noexcept { return live_ == 0; }
  std::size_t capacity() const noexcept { return ring_.size(); }
  std::size_t live() const noexcept { return live_; }      // all but settled
  std::size_t leased() const noexcept { return leased_; }  // leased and received
  /// Received or returned: the message is delivered, its completion is missing.
  std::size_t completing() const noexcept { return completing_; }
  std::size_t waiting() const noexcept { return live_ - leased_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::uint64_t leased_bytes() const noexcept { return leased_bytes_; }
  std::size_t replays() const noexcept { return replays_; }  // waiting
  /// What limits count: waiting, without replays.
  std::size_t limited() const noexcept { return waiting() - replays_; }
  /// Without replays, waiting or leased.
  std::uint64_t limited_bytes() const noexcept { return limited_bytes_; }
  /// Of those, what waits and could be dropped.
  std::uint64_t droppable_bytes() const noexcept { return droppable_bytes_; }

  /// Appends; answers its number. The reference stays good until the next push.
  Sequence push(QueueEntry&& entry);
  /// The first entry that waits to be delivered, or null: what was returned first, then what is available.
  QueueEntry* next(Sequence& sequence) noexcept;
  void lease(QueueEntry& entry) noexcept;
  QueueEntry* find(Sequence sequence) noexcept;
  /// Ends an entry in whatever state.
  void settle(QueueEntry& entry, Sequence sequence) noexcept;
  /// The message is not needed any more, the lease goes on.
  void mark_received(QueueEntry& entry) noexcept;
  /// A leased entry waits again, at its place.
  void release(QueueEntry& entry, Sequence sequence) noexcept;
  /// All leases fall back: the receiver is gone.
  void release_all() noexcept;
  /// The oldest message that waits and may be dropped, or null.
  QueueEntry* oldest_waiting(Sequence& sequence) noexcept;
  /// Calls function(entry, sequence) for everything not settled, oldest first.
  template <typename Function>
  void for_each(Function&& function) {
    if (stragglers_ != nullptr) {
      for (auto& [sequence, entry] : *stragglers_) function(entry, sequence);
    }
    for (Sequence s = head_; s != tail_; ++s) {
      if (at(s).state != QueueEntry::State::settled) function(at(s), s);
    }
    trim();
  }
  /// Calls function(entry) for what waits to be delivered, oldest first, while it answers true.
  template <typename Function>
  void for_each_available(Function&& function) const {
    if (stragglers_ != nullptr) {
      for (const auto& [sequence, entry] : *stragglers_) {
        if (entry.state == QueueEntry::State::available && !function(entry)) return;
      }
    }
    for (Sequence s = std::max(cursor_, head_); s != tail_; ++s) {
      const QueueEntry& entry = ring_[s & (ring_.size() - 1)];
      if (entry.state == QueueEntry::State::available && !function(entry)) return;
    }
  }
  void clear() noexcept;
  /// The number of the next entry.
  Sequence next_sequence() const noexcept { return tail_; }

 private:
  QueueEntry& at(Sequence sequence) noexcept { return ring_[sequence & (ring_.size() - 1)]; }
  void grow();
  void trim() noexcept;
  /// A waiting entry comes (1) or goes (-1).
  void count_waiting(const QueueEntry& entry, int change) noexcept;
  void forget_bytes(const QueueEntry& entry) noexcept;
  void set_aside_stragglers();

  std::vector<QueueEntry> ring_;  // size is a power of two
  Sequence head_;
  Sequence tail_;
  std::set<Sequence> returned_;  // and some that are not any more
  Sequence cursor_;              // nothing before it is available
  Sequence droppable_;           // nothing before it may be dropped
  std::size_t live_ = 0;
  std::size_t leased_ = 0;
  std::size_t completing_ = 0;
  std::size_t replays_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t limited_bytes_ = 0;
  std::uint64_t droppable_bytes_ = 0;
  std::uint64_t leased_bytes_ = 0;
  /// What stays while thousands behind it are settled: kept apart so that the ring stays short.
  std::unique_ptr<std::map<Sequence, QueueEntry>> stragglers_;
};

}  // namespace trellis::kernel
