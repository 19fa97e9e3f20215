// The books of the event scenarios: every event that was sent, whether it has come and whether it is acknowledged.
#pragma once

#include <cstdint>
#include <vector>

#include "event_json.hpp"

namespace trellis::bench {

enum class Delivery { first, repeated, foreign };

/// One byte per event and publisher. Events may come in any order, as receivers compete for them.
class EventLedger {
 public:
  explicit EventLedger(std::uint32_t publishers) : accounts_(publishers) {}

  // Takes the next `count` sequence numbers of the publisher and returns the first.
  std::uint32_t send(std::uint32_t publisher, std::uint32_t count) {
    auto& account = accounts_[publisher];
    const auto first = static_cast<std::uint32_t>(account.events.size());
    account.events.resize(account.events.size() + count, kSent);
    account.outstanding += count;
    sent_ += count;
    return first;
  }

  Delivery deliver(EventId id) {
    if (!knows(id)) return Delivery::foreign;
    std::uint8_t& event = accounts_[id.publisher].events[id.sequence];
    if (event != kSent) return Delivery::repeated;
    event = kDelivered;
    ++delivered_;
    return Delivery::first;
  }

  // False when the event was not delivered, or is acknowledged already.
  bool acknowledge(EventId id) {
    if (!knows(id) || accounts_[id.publisher].events[id.sequence] != kDelivered) return false;
    accounts_[id.publisher].events[id.sequence] = kAcknowledged;
    --accounts_[id.publisher].outstanding;
    ++acknowledged_;
    return true;
  }

  // Sent and not acknowledged.
  std::uint32_t outstanding(std::uint32_t publisher) const { return accounts_[publisher].outstanding; }
  std::uint64_t outstanding() const { return sent_ - acknowledged_; }
  std::uint64_t undelivered() const { return sent_ - delivered_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  static constexpr std::uint8_t kSent = 0;
  static constexpr std::uint8_t kDelivered = 1;
  static constexpr std::uint8_t kAcknowledged = 2;

  struct Account {
    std::vector<std::uint8_t> events;
    std::uint32_t outstanding = 0;
  };

  bool knows(EventId id) const {
    return id.publisher < accounts_.size() && id.sequence < accounts_[id.publisher].events.size();
  }

  std::vector<Account> accounts_;
  std::uint64_t sent_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace trellis::bench
