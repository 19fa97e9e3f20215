// A publisher's window: which of its messages are still due somewhere.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace trellis::bench {

struct Client;

/// A ring with one slot per message that may be outstanding. A message is outstanding until every expected receiver
/// has it and, above QoS 0, until it is acknowledged. The slot number is also the packet id (plus one): a slot is
/// only used again after its message was settled, so ids never collide.
class Publisher {
 public:
  static constexpr std::uint32_t kMaxSlots = 32768;

  Publisher(Client& client, std::uint32_t slots)
      : client_(&client), mask_(std::bit_ceil(slots) - 1), due_(mask_ + 1, 0), seen_(mask_ + 1, false) {}

  Client& client() const { return *client_; }
  std::uint32_t sent() const { return sent_; }
  std::uint32_t outstanding() const { return outstanding_; }
  bool full() const { return sent_ - head_ > mask_; }
  std::uint32_t slot_of(std::uint32_t sequence) const { return sequence & mask_; }
  std::uint32_t slots() const { return mask_ + 1; }

  // Takes the next sequence number; `due` events will settle it.
  std::uint32_t begin(std::uint16_t due) {
    const std::uint32_t slot = slot_of(sent_);
    due_[slot] = due;
    seen_[slot] = false;
    ++outstanding_;
    return sent_++;
  }

  // One of the events a message was due has happened. True when it was the last one.
  bool settle(std::uint32_t slot) {
    if (due_[slot] == 0 || --due_[slot] != 0) return false;
    --outstanding_;
    while (head_ != sent_ && due_[slot_of(head_)] == 0) ++head_;
    return true;
  }

  // For messages due at one receiver out of several: false when the message was delivered before.
  bool first_delivery(std::uint32_t sequence) {
    if (sequence - head_ >= sent_ - head_) return false;  // behind the ring: settled long ago
    const std::uint32_t slot = slot_of(sequence);
    if (seen_[slot]) return false;
    seen_[slot] = true;
    return true;
  }

  std::uint64_t undelivered() const {
    std::uint64_t count = 0;
    for (std::uint32_t sequence = head_; sequence != sent_; ++sequence) count += seen_[slot_of(sequence)] ? 0 : 1;
    return count;
  }

  bool waits_for_refill = false;

 private:
  Client* client_;
  std::uint32_t mask_;
  std::uint32_t sent_ = 0;
  std::uint32_t head_ = 0;  // oldest message not settled
  std::uint32_t outstanding_ = 0;
  std::vector<std::uint16_t> due_;
  std::vector<bool> seen_;
};

}  // namespace trellis::bench
