// What becomes of events that are never delivered again.
#include <algorithm>
#include <array>

#include "subscription.hpp"

namespace events_service {
namespace {

constexpr std::int64_t kBuryingMs = 2 * 24 * std::int64_t{3'600'000};  // as long as Event Grid tries

std::uint32_t outcome_of(Fate fate) noexcept {
  if (fate == Fate::expired) return TRELLIS_SETTLE_EXPIRED;
  return fate == Fate::exhausted ? TRELLIS_SETTLE_EXHAUSTED : TRELLIS_SETTLE_REJECT;
}

}  // namespace

void Subscription::give_up(std::uint64_t lease, std::uint16_t deliveries, const trellis_message* message, Fate fate,
                           std::uint64_t until_s, std::uint8_t cause) {
  if (here_.dead_letters == nullptr || !here_.dead_letters->takes(name_space_, topic_, name_)) return drop(lease, fate);
  // Kept with it, so that it ends whatever restarts there are between.
  if (until_s == 0) until_s = static_cast<std::uint64_t>((unix_ms() + kBuryingMs) / 1000);
  queue_.set_tag(lease, Mark{.deliveries = deliveries, .fate = fate, .until_s = until_s, .cause = cause}.tag());
  hold(lease, Lock::State::burying, deliveries, INT64_MAX, message);
  Lock& lock = *locks_.find(lease);
  lock.fate = fate;
  lock.until_s = until_s;
  lock.cause = cause;
  bury(lease);
}

void Subscription::drop(std::uint64_t lease, Fate fate) {
  locks_.remove(lease);
  queue_.settle(lease, outcome_of(fate));
  const Metrics& metrics = here_.metrics;
  const trellis::Metric& counted = fate == Fate::expired     ? metrics.dropped_expired
                                   : fate == Fate::exhausted ? metrics.dropped_exhausted
                                                             : metrics.dropped_rejected;
  counted.add(here_.shard);
  std::uint64_t unsaid = 0;
  if (!settings_->push || !here_.dropped_events.now(now_ms(), unsaid)) return;
  here_.shard.host().log(trellis::Level::error,
                         "an event was given up and is dropped: its subscription has no place for dead letters",
                         {{"topic", topic_}, {"subscription", name_}, {"others_not_logged", unsaid}});
}

// It was tried for long enough.
void Subscription::lose(std::uint64_t lease, Fate fate) {
  drop(lease, fate);
  std::uint64_t unsaid = 0;
  if (!here_.lost_letters.now(now_ms(), unsaid)) return;
  here_.shard.host().log(trellis::Level::error, "a dead letter could not be kept for two days, and is dropped",
                         {{"topic", topic_}, {"subscription", name_}, {"others_not_logged", unsaid}});
}

void Subscription::bury(std::uint64_t lease) {
  const Lock& lock = *locks_.find(lease);
  // It may have had a place for them when this began.
  if (!here_.dead_letters->takes(name_space_, topic_, name_)) return drop(lease, lock.fate);
  const std::string_view event = trellis::text(lock.message->payload);
  const std::string custom = settings_->push ? settings_->push->custom_properties(event) : "{}";
  const DeadLetter letter{.name_space = name_space_,
                          .topic = topic_,
                          .subscription = name_,
                          .event = event,
                          .fate = lock.fate,
                          .deliveries = lock.deliveries,
                          .cause = lock.cause,
                          .published_unix_ms = lock.message->published_at_ms,
                          .last_unix_ms = lock.since_ms,
                          .custom_properties = custom};
  here_.dead_letters->bury(letter, [this, lease, alive = std::weak_ptr(alive_)](bool kept) {
    if (!alive.expired()) buried(lease, kept);
  });
}

void Subscription::buried(std::uint64_t lease, bool kept) {
  Lock* const lock = locks_.find(lease);
  if (lock == nullptr || lock->state != Lock::State::burying) return;
  if (kept) {
    locks_.remove(lease);
    queue_.settle(lease, TRELLIS_SETTLE_DEAD_LETTERED);
    here_.metrics.dead_lettered.add(here_.shard);
    return count_locks();
  }
  here_.metrics.dead_letters_failed.add(here_.shard);
  static constexpr std::array<std::int64_t, 3> kRetryMs{10'000, 60'000, 300'000};
  if (unix_ms() >= static_cast<std::int64_t>(lock->until_s) * 1000) {
    lose(lease, lock->fate);
    return count_locks();
  }
  const std::int64_t delay = kRetryMs[std::min<std::size_t>(lock->tries, kRetryMs.size() - 1)];
  if (lock->tries < kRetryMs.size()) ++lock->tries;
  locks_.move(lease, *lock, now_ms() + delay);
  arm();
}

}  // namespace events_service
