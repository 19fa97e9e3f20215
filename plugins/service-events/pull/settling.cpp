// What clients do with what they received.
#include <algorithm>

#include "subscription.hpp"

namespace events_service {

void Subscription::settle(const Settlement& how, std::span<const events::AskedToken> tokens,
                          std::vector<events::Settled>& out) {
  for (const events::AskedToken& token : tokens) {
    std::string_view message;
    const auto error = token.repeated ? events::TokenError::token_lost : settle_one(how, token.text, message);
    out.push_back({token.text, error, message});
  }
  arm();
}

// The lock of that delivery; null where it is over.
Lock* Subscription::holds(std::uint64_t lease, std::uint32_t deliveries) {
  Lock* const lock = locks_.find(lease);
  const bool held = lock != nullptr && lock->state == Lock::State::locked && lock->deliveries == deliveries &&
                    lock->due_ms > now_ms();
  return held ? lock : nullptr;
}

events::TokenError Subscription::settle_one(const Settlement& how, std::string_view token, std::string_view& message) {
  events::Lease read;
  const events::TokenFault fault = here_.tokens.read(token, id_, read);
  if (fault != events::TokenFault::none) {
    message = message_of(fault);
    return error_of(fault);
  }
  Lock* const lock = holds(read.number, read.delivery_count);
  if (lock == nullptr) return events::TokenError::token_lost;
  if (how.operation == events::Operation::renew_lock) {
    if (unix_ms() - read.since_unix_ms > std::chrono::milliseconds(here_.settings.renewals).count()) {
      message = "Locks are renewed within an hour of the delivery.";
      return events::TokenError::token_lost;
    }
    locks_.move(read.number, *lock, now_ms() + settings_->lock.count());
    return events::TokenError::none;
  }
  perform(how, read.number, *lock);
  return events::TokenError::none;
}

void Subscription::perform(const Settlement& how, std::uint64_t lease, const Lock& lock) {
  if (how.operation == events::Operation::acknowledge) {
    locks_.remove(lease);
    queue_.settle(lease, TRELLIS_SETTLE_ACCEPT);
  } else if (how.operation == events::Operation::reject) {
    give_up(lease, lock.deliveries, lock.message, Fate::rejected);
  } else if (lock.deliveries >= settings_->deliveries) {
    give_up(lease, lock.deliveries, lock.message, Fate::exhausted);
  } else {
    release(lease, lock, std::int64_t{how.delay_s} * 1000);
  }
}

void Subscription::release(std::uint64_t lease, const Lock& lock, std::int64_t delay_ms, std::uint8_t cause) {
  if (delay_ms == 0 || too_old(*lock.message)) return give_back(lease, lock);
  const trellis_message* const message = lock.message;
  const std::uint16_t deliveries = lock.deliveries;
  const std::int64_t until = std::min(unix_ms() + delay_ms, end_of(*message));
  queue_.set_tag(
      lease, Mark{.deliveries = deliveries, .until_s = static_cast<std::uint64_t>((until + 999) / 1000), .cause = cause}
                 .tag());
  hold(lease, Lock::State::deferred, deliveries, now_ms() + until - unix_ms(), message);
  locks_.find(lease)->cause = cause;
}

}  // namespace events_service
