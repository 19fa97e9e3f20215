// What becomes of events by time alone: locks and delays end, and all become too old.
#include <algorithm>
#include <array>

#include "subscription.hpp"

namespace events_service {
namespace {

constexpr std::uint32_t kChunk = 64;
constexpr std::int64_t kLongestTimerMs = 3'600'000;

}  // namespace

void Subscription::hold(std::uint64_t lease, Lock::State state, std::uint16_t deliveries, std::int64_t due_ms,
                        const trellis_message* message) {
  const Lock* const before = locks_.find(lease);
  const std::int64_t since = before == nullptr || state == Lock::State::locked ? unix_ms() : before->since_ms;
  locks_.add(lease,
             {.state = state, .deliveries = deliveries, .due_ms = due_ms, .since_ms = since, .message = message});
}

void Subscription::count_locks() {
  here_.metrics.locked.add(here_.shard,
                           static_cast<std::int64_t>(locks_.size()) - static_cast<std::int64_t>(counted_locks_));
  counted_locks_ = locks_.size();
}

void Subscription::arm() {
  count_locks();
  const auto due = locks_.next_due();
  if (!due || *due == INT64_MAX || (lock_timer_.waiting() && lock_timer_ms_ <= *due)) return;
  lock_timer_ms_ = *due;
  const std::int64_t delay = std::clamp<std::int64_t>(*due - now_ms(), 0, kLongestTimerMs);
  lock_timer_ = here_.shard.after(std::chrono::milliseconds(delay), [this] { look_at_locks(); });
}

void Subscription::look_at_locks() {
  if (!queue_.is_open()) return;
  locks_.take_due(now_ms(), [this](std::uint64_t lease, const Lock& lock) { look_at_lock(lease, lock); });
  arm();
  serve();
}

void Subscription::look_at_lock(std::uint64_t lease, const Lock& lock) {
  if (lock.state == Lock::State::burying) {
    Lock& again = *locks_.find(lease);
    locks_.move(lease, again, INT64_MAX);
    return bury(lease);
  }
  if (lock.state == Lock::State::deferred && push_ != nullptr) {
    const PushEvent event{lease, lock.deliveries, lock.cause, lock.message, lock.since_ms};
    locks_.remove(lease);
    return push_->due(event);
  }
  if (lock.state == Lock::State::locked) here_.metrics.locks_expired.add(here_.shard);
  if (lock.state == Lock::State::locked && lock.deliveries >= settings_->deliveries)
    return give_up(lease, lock.deliveries, lock.message, Fate::exhausted);
  give_back(lease, lock);
}

// It waits again. It may be older than all that waited, and the first to be too old.
void Subscription::give_back(std::uint64_t lease, const Lock& lock) {
  const std::int64_t left_ms = end_of(*lock.message) - unix_ms();
  if (left_ms <= 0) return give_up(lease, lock.deliveries, lock.message, Fate::expired, 0, lock.cause);
  locks_.remove(lease);
  queue_.settle(lease, TRELLIS_SETTLE_RELEASE);
  if (!age_timer_.waiting() || age_timer_ms_ > now_ms() + left_ms) arm_age(left_ms);
}

// What had been delivered before the process began stands before all that had not: some of it waits for a time, or is
// on its way to the dead letters.
void Subscription::sweep_start() {
  std::array<trellis_delivery, kChunk> deliveries;
  while (starting_ && queue_.is_open()) {
    const std::uint32_t leased = queue_.lease(deliveries);
    std::vector<Given> given;
    bool untouched = false;
    for (std::uint32_t i = 0; i < leased; ++i) {
      untouched = untouched || deliveries[i].tag == 0;
      if (untouched) {
        parked_.push_back(deliveries[i].lease);
      } else {
        take_one(deliveries[i], given);
      }
    }
    for (const Given& one : given) parked_.push_back(one.lease);
    const auto stats = queue_.stats();
    const bool full = leased == 0 && queue_.peek({deliveries.data(), 1}) > 0;  // of leases
    if (leased == 0 && !full && stats.queued > stats.leased) return arm();     // they are read from the store
    starting_ = !untouched && !full && stats.queued > stats.leased;
  }
  for (const std::uint64_t lease : std::exchange(parked_, {})) queue_.settle(lease, TRELLIS_SETTLE_RELEASE);
  arm();
}

void Subscription::arm_age(std::int64_t delay_ms) {
  const std::int64_t delay = std::clamp<std::int64_t>(delay_ms, 0, kLongestTimerMs);
  age_timer_ms_ = now_ms() + delay;
  age_timer_ = here_.shard.after(std::chrono::milliseconds(delay), [this] {
    if (starting_) sweep_start();
    sweep_old();
    serve();
  });
}

// The oldest that waits is the first to be too old.
void Subscription::sweep_old() {
  std::array<trellis_delivery, kChunk> deliveries;
  sweeping_ = false;
  while (queue_.is_open() && !starting_) {
    const std::uint32_t shown = queue_.peek(deliveries);
    if (shown == 0) break;
    std::uint32_t old = 0;
    while (old < shown && too_old(*deliveries[old].message)) ++old;
    if (old == 0) return arm_age(end_of(*deliveries[0].message) - unix_ms());
    const std::uint32_t leased = queue_.lease({deliveries.data(), old});
    for (std::uint32_t i = 0; i < leased; ++i) {
      const trellis_delivery& one = deliveries[i];
      const Mark mark = Mark::of(one.tag);
      if (too_old(*one.message)) {
        const bool burying = mark.fate != Fate::none;
        give_up(one.lease, mark.deliveries, one.message, burying ? mark.fate : Fate::expired,
                burying ? mark.until_s : 0, mark.cause);
      } else {
        queue_.settle(one.lease, TRELLIS_SETTLE_RELEASE);
      }
    }
    arm();
    if (leased == 0) break;
  }
  if (!queue_.is_open()) return;
  const auto stats = queue_.stats();
  sweeping_ = stats.queued > stats.leased;  // they are read from the store: on_ready() goes on
  arm_age(life_ms_);
}

}  // namespace events_service
