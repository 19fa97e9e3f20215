// Subscribers that outlive the process: what the store hears of them and gives back.
#include <algorithm>
#include <trellis/runtime/log.hpp>
#include <utility>

#include "queue/subscriber.hpp"

namespace trellis::kernel {

KeptQueue& Subscriber::keep(Keeper& keeper, std::uint32_t level, std::uint64_t queue, std::string_view owner) {
  kept_ = std::make_unique<KeptQueue>(*this, keeper, level, queue, owner);
  kept_->home = shard_.index();
  return *kept_;
}

void Subscriber::restored(IdentityPtr identity, bool load_all, std::uint64_t expires_in_ms) {
  identity_ = identity;
  kept_->read_all = load_all;
  kept_->judge = unread() > 0 && !pulled_;  // what it lost the right to is not known any more
  if (load_all) pump_later();
  count_queue();
  if (expires_in_ms != UINT64_MAX) arm_expiry(expires_in_ms);
}

void Subscriber::fill(SubscriberRecord& record) const {
  record.limits = limits_.facts();
  record.window_bytes = window_bytes_;
  if (memo != nullptr) record.memo = *memo;
  if (const IdentityPtr& who = identity()) {
    record.identified = true;
    record.identity = who->name();
    record.authenticator = who->authenticator();
    record.identity_flags = who->facts().flags;
    record.attributes.assign(who->facts().attributes, who->facts().attributes + who->facts().attribute_count);
  }
  for (const Held& one : subscriptions)
    record.subscriptions.push_back({one.filter, one.group, one.identifier, one.qos, one.flags});
  if (replaying == nullptr) return;
  for (const auto& [filter, one] : *replaying)
    record.replays.push_back({filter, one.behind, one.identifier, one.qos, one.no_local});
}

void Subscriber::subscription_changed(const Held& held) {
  if (kept_ == nullptr) return;
  kept_->exact = kept_->exact || held.qos == 2;
  if (!held.group.empty() && !kept_->in_memory) {
    kept_->in_memory = true;
    kept_->read_all = unread() > 0;
    pump_later();
  }
}

// What lies in the store alone comes as there is room, or where it has to.
void Subscriber::read_more() {
  if (unread() == 0) return;
  const bool room = queue().waiting() < kWindow / 2 && !held_ && can_send();
  if (!room && !kept_->read_all && !kept_->read_some) return;
  kept_->read_more(kWindow, [this](std::vector<KeptEntry>& read) { on_read(read); });
}

void Subscriber::on_read(std::vector<KeptEntry>& entries) {
  kept_->reading_is_over();
  kept_->read_some = false;
  if (entries.empty()) {
    // What the store failed to take; its publishers were not told that it did.
    log::seldom("app", log::Level::error, "messages that should be in the store are not there",
                {{"subscriber", name_}, {"messages", std::to_string(unread())}});
    count_dropped(DropReason::unkept, static_cast<std::uint32_t>(kept_->miss_unread()));
  }
  for (const KeptEntry& entry : entries) take_read(entry);
  Queue::Sequence sequence;
  while (limits_.overflow == TRELLIS_OVERFLOW_DROP_OLDEST && too_many(nullptr)) {
    QueueEntry* const oldest = queue_ == nullptr ? nullptr : queue_->oldest_waiting(sequence);
    if (oldest == nullptr) break;
    drop(sequence, *oldest, DropReason::queue_full);
  }
  kept_->read_some = unread() > 0 && limits_.overflow == TRELLIS_OVERFLOW_DROP_OLDEST && too_many(nullptr);
  if (unread() == 0) {
    kept_->judge = false;
    if (std::exchange(kept_->read_all, false) && !attached() && queue_ != nullptr) give_back();
  }
  count_queue();
  pump_later();
}

void Subscriber::take_read(const KeptEntry& kept) {
  kept_->count_read(kept);
  QueueEntry entry;
  if (!KeptQueue::read(kept, entry)) {
    log::seldom("app", log::Level::error, "a message in the store is not understood, and left out",
                {{"subscriber", name_}});
    count_dropped(DropReason::unkept);
    return kept_->settle(kept.number);
  }
  if (kept_->judge && matches_nothing(*entry.message)) {
    count_dropped(DropReason::rejected);
    return kept_->settle(kept.number);
  }
  const Queue::Sequence sequence = made_queue().push(std::move(entry));
  if (!KeptQueue::received(kept.note)) return;
  // Received before, and counted by the process before; only the completion is missing.
  shard_.count(metrics_.matched, -1);
  QueueEntry& received = *queue_->find(sequence);
  queue_->lease(received);
  queue_->mark_received(received);
  queue_->release(received, sequence);
}

}  // namespace trellis::kernel
