#include "queue/queue.hpp"

#include <algorithm>
#include <utility>

namespace trellis::kernel {
namespace {

using State = QueueEntry::State;
constexpr std::size_t kFirstRing = 8;
constexpr std::size_t kLongRing = 1024;  // from here on stragglers are set aside

bool waits(const QueueEntry& entry) noexcept {
  return entry.state == State::available || entry.state == State::returned;
}

// A replay is outside the limits, and what was sent before must be completed under its packet id.
bool may_be_dropped(const QueueEntry& entry) noexcept {
  return entry.state == State::available && !entry.replay && entry.tag == 0;
}

std::uint32_t bytes_of(const QueueEntry& entry) noexcept { return entry.message ? entry.message->bytes() : 0; }

}  // namespace

void Queue::grow() {
  std::vector<QueueEntry> larger(std::max(kFirstRing, ring_.size() * 2));
  for (Sequence s = head_; s != tail_; ++s) larger[s & (larger.size() - 1)] = std::move(at(s));
  ring_.swap(larger);
}

Queue::Sequence Queue::push(QueueEntry&& entry) {
  if (tail_ - head_ == ring_.size()) {
    set_aside_stragglers();
    if (tail_ - head_ == ring_.size()) grow();
  }
  ++live_;
  bytes_ += bytes_of(entry);
  if (!entry.replay) limited_bytes_ += bytes_of(entry);
  if (waits(entry)) {
    count_waiting(entry, 1);
  } else {
    ++leased_;
    leased_bytes_ += bytes_of(entry);
    if (cursor_ == tail_) ++cursor_;
  }
  at(tail_) = std::move(entry);
  return tail_++;
}

QueueEntry* Queue::next(Sequence& sequence) noexcept {
  for (; !returned_.empty(); returned_.erase(returned_.begin())) {
    QueueEntry* const entry = find(sequence = *returned_.begin());
    if (entry != nullptr && entry->state == State::returned) return entry;
  }
  if (cursor_ < head_ && stragglers_ != nullptr) {
    for (auto apart = stragglers_->lower_bound(cursor_); apart != stragglers_->end(); ++apart) {
      if (apart->second.state != State::available) continue;
      sequence = cursor_ = apart->first;
      return &apart->second;
    }
  }
  for (cursor_ = std::max(cursor_, head_); cursor_ != tail_; ++cursor_) {
    if (at(cursor_).state != State::available) continue;
    sequence = cursor_;
    return &at(cursor_);
  }
  return nullptr;
}

void Queue::count_waiting(const QueueEntry& entry, int change) noexcept {
  if (entry.replay) {
    replays_ += static_cast<std::size_t>(change);
  } else if (entry.tag == 0) {
    droppable_bytes_ += static_cast<std::uint64_t>(std::int64_t{change} * bytes_of(entry));
  }
}

void Queue::forget_bytes(const QueueEntry& entry) noexcept {
  bytes_ -= bytes_of(entry);
  if (!entry.replay) limited_bytes_ -= bytes_of(entry);
}

void Queue::lease(QueueEntry& entry) noexcept {
  count_waiting(entry, -1);
  entry.state = entry.state == State::returned ? State::received : State::leased;
  if (entry.deliveries < UINT16_MAX) ++entry.deliveries;
  ++leased_;
  leased_bytes_ += bytes_of(entry);
}

QueueEntry* Queue::find(Sequence sequence) noexcept {
  if (sequence >= head_ && sequence < tail_) {
    QueueEntry& entry = at(sequence);
    return entry.state == State::settled ? nullptr : &entry;
  }
  if (stragglers_ == nullptr) return nullptr;
  const auto found = stragglers_->find(sequence);
  return found == stragglers_->end() ? nullptr : &found->second;
}

void Queue::settle(QueueEntry& entry, Sequence sequence) noexcept {
  --live_;
  completing_ -= entry.state == State::received || entry.state == State::returned;
  forget_bytes(entry);
  if (waits(entry)) {
    count_waiting(entry, -1);
  } else {
    --leased_;
    leased_bytes_ -= bytes_of(entry);
  }
  if (sequence < head_) {
    stragglers_->erase(sequence);
    if (stragglers_->empty()) stragglers_.reset();
    return;
  }
  entry.message.reset();
  entry.identifiers.clear();
  entry.state = State::settled;
  trim();
}

void Queue::mark_received(QueueEntry& entry) noexcept {
  forget_bytes(entry);
  leased_bytes_ -= bytes_of(entry);
  entry.message.reset();
  entry.state = State::received;
  ++completing_;
}

void Queue::release(QueueEntry& entry, Sequence sequence) noexcept {
  entry.state = entry.state == State::received ? State::returned : State::available;
  entry.redelivered = true;
  --leased_;
  leased_bytes_ -= bytes_of(entry);
  count_waiting(entry, 1);
  if (entry.state == State::returned) returned_.insert(sequence);
  cursor_ = std::min(cursor_, sequence);
  droppable_ = std::min(droppable_, sequence);
}

void Queue::release_all() noexcept {
  if (leased_ == 0) return;
  for_each([this](QueueEntry& entry, Sequence sequence) {
    if (entry.state == State::leased || entry.state == State::received) release(entry, sequence);
  });
}

QueueEntry* Queue::oldest_waiting(Sequence& sequence) noexcept {
  for (droppable_ = std::max(droppable_, head_); droppable_ != tail_; ++droppable_) {
    if (!may_be_dropped(at(droppable_))) continue;
    sequence = droppable_;
    return &at(droppable_);
  }
  return nullptr;
}

void Queue::trim() noexcept {
  while (head_ != tail_ && at(head_).state == State::settled) ++head_;
}

void Queue::set_aside_stragglers() {
  if (ring_.size() < kLongRing || live_ * 4 > ring_.size()) return;
  if (stragglers_ == nullptr) stragglers_ = std::make_unique<std::map<Sequence, QueueEntry>>();
  for (; head_ != tail_ && !may_be_dropped(at(head_)); ++head_) {
    QueueEntry& entry = at(head_);
    if (entry.state == State::settled) continue;
    stragglers_->emplace_hint(stragglers_->end(), head_, std::move(entry));
    entry = QueueEntry();
  }
}

void Queue::clear() noexcept {
  std::vector<QueueEntry>().swap(ring_);
  stragglers_.reset();
  returned_.clear();
  head_ = cursor_ = droppable_ = tail_;
  live_ = leased_ = completing_ = replays_ = 0;
  bytes_ = limited_bytes_ = droppable_bytes_ = leased_bytes_ = 0;
}

}  // namespace trellis::kernel
