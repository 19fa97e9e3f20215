// Events of one key come one after the other: which of those that are leased may be tried, and which wait.
#include <utility>

#include "dead_letters/members.hpp"
#include "push_worker.hpp"

namespace events_service {
// Behind those that have the same key.
void PushWorker::admit(const PushEvent& event) {
  if (!settings_.order_by.empty() && !key_of_.contains(event.lease)) {
    const std::string key(member_in(trellis::text(event.message->payload), settings_.order_by));
    if (!key.empty()) {
      if (const auto busy = keys_.find(key); busy != keys_.end()) {
        busy->second.behind.push_back(event);
        ++behind_;
        return;
      }
      keys_[key].holders = 1;
      key_of_.emplace(event.lease, key);
    }
  }
  ready_.push_back(event);
}

// The next one of its key goes on.
void PushWorker::over(std::uint64_t lease) {
  const auto found = key_of_.find(lease);
  if (found == key_of_.end()) return;
  const std::string key = std::move(found->second);
  key_of_.erase(found);
  const auto busy = keys_.find(key);
  if (busy == keys_.end() || --busy->second.holders > 0) return;
  if (busy->second.behind.empty()) {
    keys_.erase(busy);
    return;
  }
  const PushEvent next = busy->second.behind.front();
  busy->second.behind.pop_front();
  --behind_;
  busy->second.holders = 1;
  key_of_.emplace(next.lease, key);
  ready_.push_back(next);
}

void PushWorker::due(const PushEvent& event) {
  // Where it may be tried is not known yet, and what waits in the queue has its age looked at. Nothing overtakes it:
  // what came behind it goes back, too.
  if (!may_send() && calls_ == 0) {
    free_key(event.lease);
    return source_.put_back(event.lease);
  }
  admit(event);
}

void PushWorker::waits(const PushEvent& event) {
  if (settings_.order_by.empty() || key_of_.contains(event.lease)) return;
  const std::string key(member_in(trellis::text(event.message->payload), settings_.order_by));
  if (key.empty()) return;
  ++keys_[key].holders;
  key_of_.emplace(event.lease, key);
}

// Another attribute tells the order. What was tried already, or is being tried, is before all others of its key.
void PushWorker::order_anew() {
  const bool pumping = std::exchange(pumping_, true);  // what is put back is not taken yet
  put_back();
  keys_.clear();
  key_of_.clear();
  source_.visit_held([this](const PushEvent& event) { waits(event); });
  pumping_ = pumping;
}

// What was not tried waits in the queue, with all that comes behind it. What failed keeps its key.
void PushWorker::put_back() {
  for (const PushEvent& event : std::exchange(ready_, {})) {
    free_key(event.lease);
    source_.put_back(event.lease);
  }
  for (auto& [key, waiting] : keys_) {
    for (const PushEvent& event : std::exchange(waiting.behind, {})) source_.put_back(event.lease);
  }
  behind_ = 0;
}

// Of one that goes back to the queue, with all that waits for it.
void PushWorker::free_key(std::uint64_t lease) {
  const auto found = key_of_.find(lease);
  if (found == key_of_.end()) return;
  const auto busy = keys_.find(found->second);
  key_of_.erase(found);
  if (busy == keys_.end()) return;
  std::deque<PushEvent> behind = std::exchange(busy->second.behind, {});
  behind_ -= behind.size();
  if (--busy->second.holders == 0) keys_.erase(busy);
  for (const PushEvent& event : behind) source_.put_back(event.lease);
}

}  // namespace events_service
