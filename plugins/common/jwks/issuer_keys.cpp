#include "common/jwks/issuer_keys.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace jwks {

std::shared_ptr<const jose::KeySet> IssuerKeys::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool IssuerKeys::forget(std::uint64_t number) {
  Waiter gone;  // outlives the lock: what the function holds may do anything when it goes
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(waiters_, number, &Waiter::number);
  if (found == waiters_.end()) return false;
  gone = std::move(*found);
  waiters_.erase(found);
  return true;
}

Waiting IssuerKeys::join(const jose::KeySet* seen, milliseconds now, std::size_t most, Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (keys_.get() != seen) return Waiting::newer;
  if (closed_ || waiters_.size() >= most) return Waiting::no;
  if (!wanted_ && now < not_before_) return Waiting::no;
  wanted_ = true;
  waiters_.push_back(std::move(waiter));
  return Waiting::waits;
}

bool IssuerKeys::wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

void IssuerKeys::begin() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
}

std::vector<IssuerKeys::Waiter> IssuerKeys::end(std::shared_ptr<const jose::KeySet> keys, milliseconds not_before) {
  const std::lock_guard lock(mutex_);
  if (keys != nullptr) keys_ = std::move(keys);
  wanted_ = false;
  not_before_ = not_before;
  return std::exchange(waiters_, {});
}

void IssuerKeys::drop_keys() {
  std::shared_ptr<const jose::KeySet> gone;  // outlives the lock
  const std::lock_guard lock(mutex_);
  gone = std::exchange(keys_, nullptr);
}

std::vector<IssuerKeys::Waiter> IssuerKeys::take_late(milliseconds now) {
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::find_if(waiters_, [&](const Waiter& each) { return each.deadline > now; });
  std::vector<Waiter> late(std::make_move_iterator(waiters_.begin()), std::make_move_iterator(first));
  waiters_.erase(waiters_.begin(), first);
  return late;
}

std::optional<std::chrono::milliseconds> IssuerKeys::next_deadline() const {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) return std::nullopt;
  return waiters_.front().deadline;
}

std::vector<IssuerKeys::Waiter> IssuerKeys::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return std::exchange(waiters_, {});
}

}  // namespace jwks
