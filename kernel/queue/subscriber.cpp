#include "queue/subscriber.hpp"

#include <algorithm>
#include <trellis/topic.hpp>

namespace trellis::kernel {
namespace {

using State = QueueEntry::State;
constexpr std::uint32_t kBatch = 64;
const Queue kEmpty;  // of everybody who never queued anything

constexpr std::string_view kDropNames[kDropReasons] = {"offline",  "queue_full", "memory", "too_large",
                                                       "rejected", "deliveries", "ended",  "unkept"};

}  // namespace

std::string_view drop_reason_name(DropReason reason) noexcept { return kDropNames[static_cast<std::size_t>(reason)]; }

QueueLimits::QueueLimits(const trellis_queue_limits& from) noexcept
    : bytes(from.bytes),
      messages(static_cast<std::uint32_t>(std::min<std::uint64_t>(from.messages, UINT32_MAX))),
      maximum_deliveries(static_cast<std::uint16_t>(std::min<std::uint32_t>(from.maximum_deliveries, UINT16_MAX))),
      overflow(static_cast<std::uint8_t>(from.overflow)),
      queue_qos0(from.queue_qos0 != 0) {}

struct Subscriber::ExpiryTimer final : Timer {
  explicit ExpiryTimer(Subscriber& owner) noexcept : Timer(&Subscriber::on_timer), subscriber(owner) {}
  Subscriber& subscriber;
};

Subscriber::Subscriber(Shard& shard, SubscriberOwner& owner, const QueueMetrics& metrics, std::uint64_t id,
                       std::uint32_t name_space, std::string_view name, const trellis_queue_limits& limits)
    : shard_(shard), owner_(owner), metrics_(metrics), id_(id), name_(name), limits_(limits), name_space_(name_space) {
  set_limits(limits);
}

Subscriber::~Subscriber() = default;

const Queue& Subscriber::queue() const noexcept { return queue_ == nullptr ? kEmpty : *queue_; }

Queue& Subscriber::made_queue() {
  if (queue_ == nullptr) queue_ = std::make_unique<Queue>(next_lease_);
  return *queue_;
}

void Subscriber::shrink_queue() noexcept {
  if (queue_ == nullptr || !queue_->empty()) return;
  next_lease_ = queue_->next_sequence();
  queue_.reset();
}

void Subscriber::set_receiver(const trellis_receiver* receiver, void* shard_state, void* user,
                              bool leases_all) noexcept {
  receiver_ = receiver;
  pulled_ = receiver->struct_size >= sizeof(trellis_receiver) && receiver->on_ready != nullptr;
  leases_all_ = leases_all;
  receiver_shard_ = shard_state;
  user_ = user;
}

void Subscriber::attach(Connection* connection, std::uint32_t window) {
  connection_ = connection;
  window_ = window == 0 ? 65535 : window;
  if (connection != nullptr) {
    connection->set_output_listener(this);
    identity_ = connection->identity();
  }
  attached_.store(true, std::memory_order_relaxed);
  held_ = false;
  timer_.reset();
  if (kept_ != nullptr) kept_->away_since_ms = 0;
  touch();
  count_queue();
  if (replaying != nullptr) {
    // What was retained while nobody was attached may have been dropped, or never queued.
    for (auto& [filter, replay] : *replaying) replay.until = 0;
  }
  if (queued() > 0 || replaying != nullptr) pump_later();
}

void Subscriber::detach(std::uint64_t expiry_ms) {
  if (connection_ != nullptr) {
    if (connection_->output_listener() == this) connection_->set_output_listener(nullptr);
    identity_ = connection_->identity();
    connection_ = nullptr;
  }
  attached_.store(false, std::memory_order_relaxed);
  held_ = false;
  if (queue_ != nullptr) give_back();
  count_queue();
  if (kept_ != nullptr && !ended_) {
    kept_->away_since_ms = shard_.wall_ms();
    kept_->expiry_ms = expiry_ms;
    touch();
  }
  if (!ended_ && expiry_ms != UINT64_MAX) arm_expiry(expiry_ms);
}

void Subscriber::arm_expiry(std::uint64_t delay_ms) {
  timer_ = std::make_unique<ExpiryTimer>(*this);
  shard_.arm(*timer_, delay_ms);
}

void Subscriber::give_back() {
  queue_->release_all();
  // What a shared subscription gave only this receiver goes to another member, if there is one; a message whose
  // receipt was begun at QoS 2 must stay with this receiver.
  std::vector<Queue::Sequence> shared;
  queue_->for_each([&](QueueEntry& entry, Queue::Sequence sequence) {
    if (entry.group != 0 && entry.message && (entry.qos < 2 || entry.tag == 0)) shared.push_back(sequence);
  });
  for (const Queue::Sequence sequence : shared) {
    const QueueEntry* const entry = queue_->find(sequence);
    if (entry == nullptr) continue;  // dropped for one that came back
    const QueueEntry given = *entry;
    if (!owner_.hand_on(*this, given.group, *given.message, given.qos)) continue;
    QueueEntry* const left = queue_->find(sequence);
    if (left == nullptr) continue;
    // The other member's queue counts it from here on.
    shard_.count(metrics_.matched, -1);
    over(*left, sequence);
  }
}

void Subscriber::on_timer(Timer& timer) {
  Subscriber& subscriber = static_cast<ExpiryTimer&>(timer).subscriber;
  if (subscriber.held_) {
    subscriber.held_ = false;
    subscriber.pump_later();
  } else {
    subscriber.end_later(TRELLIS_ENDED_EXPIRED);
  }
}

void Subscriber::hold(std::uint64_t delay_ms) {
  held_ = true;
  if (timer_ == nullptr) timer_ = std::make_unique<ExpiryTimer>(*this);
  shard_.arm(*timer_, delay_ms);
}

void Subscriber::on_connection_lost() {
  // Reached only when the protocol forgot to detach: whoever is not told otherwise ends.
  detach(0);
}

void Subscriber::end_later(std::uint32_t reason) {
  if (ended_) return;
  ended_ = true;
  ended_reason_ = reason;
  pump_later();
}

void Subscriber::count_queue() noexcept {
  // The gauges follow the queue by differences, once per batch.
  const auto messages = static_cast<std::uint32_t>(queued() - queue().completing());
  const auto leases = static_cast<std::uint32_t>(queue().leased());
  const std::uint64_t bytes = queued_bytes();
  if (leases != counted_leases_) {
    shard_.count(metrics_.leased, std::int64_t{leases} - counted_leases_);
    counted_leases_ = leases;
  }
  if (messages != counted_messages_) {
    shard_.count(metrics_.queued, std::int64_t{messages} - counted_messages_);
    counted_messages_ = messages;
  }
  load_.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(queued(), UINT32_MAX)), std::memory_order_relaxed);
  const auto away = attached() ? 0 : static_cast<std::int64_t>(queue().bytes());
  if (away != counted_away_) owner_.count_away(away - counted_away_);
  counted_away_ = away;
  if (bytes != counted_bytes_) {
    shard_.count(metrics_.queued_bytes, static_cast<std::int64_t>(bytes - counted_bytes_));
    counted_bytes_ = bytes;
  }
  count_space();
}

void Subscriber::count_space() noexcept {
  const auto left = [](std::uint64_t most, std::uint64_t now) { return most > now ? most - now : 0; };
  const std::uint64_t unread_bytes = kept_ == nullptr ? 0 : kept_->unread_bytes();
  const std::uint64_t bytes = left(limits_.bytes, queue().limited_bytes() + unread_bytes);
  const std::uint64_t messages = bytes == 0 ? 0 : left(limits_.messages, queue().limited() + unread());
  space_.store(static_cast<std::uint32_t>(messages), std::memory_order_relaxed);
  space_bytes_.store(bytes, std::memory_order_relaxed);
}

void Subscriber::set_limits(const trellis_queue_limits& limits) noexcept {
  limits_ = QueueLimits(limits);
  refuses_ = limits_.refuses();
  count_space();
}

void Subscriber::offer(const Message* const* messages, std::uint32_t count, const Grant& grant, KeptBodies& bodies) {
  trellis_delivery deliveries[kBatch];
  std::uint32_t ready = 0;
  std::uint32_t local = 0;
  bool direct = !ended_ && !pulled_ && queue().waiting() + unread() == 0 && !held_ && can_send();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Message& message = *messages[i];
    if (grant.no_local && message.origin() == id_) {
      ++local;
      continue;
    }
    const auto qos = static_cast<std::uint8_t>(std::min<std::uint32_t>(message.qos(), grant.qos));
    const bool retain = grant.retain_as_published && message.retain();
    const bool leases = qos > 0 || leases_all_;
    if (!direct || (leases && window_full(message.bytes()))) {
      direct = false;  // order: what follows queues behind
      enqueue(message, qos, retain, grant, bodies, i);
      continue;
    }
    trellis_delivery& delivery = deliveries[ready++];
    delivery = {&message.facts(),
                0,
                grant.identifiers,
                grant.identifier_count,
                retain ? static_cast<std::uint32_t>(TRELLIS_DELIVERY_RETAIN) : 0u,
                0,
                qos,
                0};
    if (leases) {
      QueueEntry entry = entry_of(message, State::leased, qos, retain, grant);
      entry.deliveries = 1;
      if (stores(bodies, qos)) {
        entry.number = kept_->append(bodies, i, message, entry);
        note_delivery(entry);
      }
      delivery.message = &entry.message->facts();
      delivery.lease = made_queue().push(std::move(entry));
    }
    if (ready == kBatch) {
      deliver(deliveries, ready);
      ready = 0;
      direct = !ended_ && queue().waiting() + unread() == 0 && !held_ && can_send();
    }
  }
  shard_.count(metrics_.matched, count - local);
  if (ready > 0) deliver(deliveries, ready);
  count_queue();
}

void Subscriber::deliver(const trellis_delivery* deliveries, std::uint32_t count) {
  std::uint32_t done = 0;
  for (std::uint32_t i = 0; i < count; ++i) done += deliveries[i].lease == 0;
  shard_.count(metrics_.delivered, done);
  // A handler may settle and go on reading: what it was lent is kept until it returns.
  boost::container::small_vector<MessagePtr, kBatch> lent;
  for (std::uint32_t i = 0; leases_all_ && i < count; ++i) lent.push_back(queue_->find(deliveries[i].lease)->message);
  receiver_->on_deliver(receiver_shard_, user_, deliveries, count);
}

QueueEntry Subscriber::about(std::uint8_t qos, bool retain, const Grant& grant) {
  QueueEntry entry;
  entry.identifiers.assign(grant.identifiers, grant.identifiers + grant.identifier_count);
  entry.group = grant.group;
  entry.qos = qos;
  entry.retain = retain;
  return entry;
}

QueueEntry Subscriber::entry_of(const Message& message, State state, std::uint8_t qos, bool retain,
                                const Grant& grant) {
  QueueEntry entry = about(qos, retain, grant);
  entry.message = MessagePtr(message);
  entry.state = state;
  return entry;
}

void Subscriber::enqueue(const Message& message, std::uint8_t qos, bool retain, const Grant& grant, KeptBodies& bodies,
                         std::size_t place) {
  if (ended_) {
    count_dropped(DropReason::ended);
    return;
  }
  if (qos == 0 && !attached() && !limits_.queue_qos0) {
    count_dropped(DropReason::offline);
    return;
  }
  const bool may_leave = kept_ != nullptr && (bodies.level != TRELLIS_DURABILITY_VOLATILE || qos == 2);
  // Behind what lies in the store all lies there, so that it keeps its order and neither waits for the other.
  const bool behind = unread() > 0 || (may_leave && !kept_->in_memory && (!attached() || queue().waiting() >= kWindow));
  if (const auto reason = make_room(message, !may_leave && !behind)) return lose(message, *reason);
  QueueEntry entry;
  if (behind) {
    entry = about(qos, retain, grant);
  } else {
    entry = entry_of(message, State::available, qos, retain, grant);
  }
  if (behind || stores(bodies, qos)) entry.number = kept_->append(bodies, place, message, entry);
  if (behind && entry.number != 0) {
    kept_->count_unread(message);
  } else if (!behind) {
    made_queue().push(std::move(entry));
  }
  if (can_send()) pump_later();
}

// Whether one message more would be one too many; null: whether there are too many.
bool Subscriber::too_many(const Message* more) const noexcept {
  const std::uint64_t unread_bytes = kept_ == nullptr ? 0 : kept_->unread_bytes();
  return queue().limited() + unread() + (more != nullptr ? 1 : 0) > limits_.messages ||
         queue().limited_bytes() + unread_bytes + (more != nullptr ? more->bytes() : 0) > limits_.bytes;
}

// Why the message does not fit and is to be dropped, if it does not.
std::optional<DropReason> Subscriber::make_room(const Message& message, bool in_memory) {
  // With what all who are away may hold used up, a message takes the place of others of its own queue.
  const bool short_of_memory = !attached() && in_memory && !limits_.refuses() && owner_.away_full();
  const DropReason reason = short_of_memory ? DropReason::memory : DropReason::queue_full;
  if (!too_many(&message) && !short_of_memory) return std::nullopt;
  if (limits_.overflow == TRELLIS_OVERFLOW_TERMINATE) end_later(TRELLIS_ENDED_OVERFLOW);
  if (limits_.overflow != TRELLIS_OVERFLOW_DROP_OLDEST) return reason;
  // What would not fit into an empty queue takes nobody's place.
  const std::uint64_t stays = queue().limited_bytes() - queue().droppable_bytes();
  if (stays + message.bytes() > limits_.bytes || limits_.messages == 0) return reason;
  Queue::Sequence sequence;
  for (std::uint64_t owed = short_of_memory ? message.bytes() : 0; too_many(&message) || owed > 0;) {
    QueueEntry* oldest = queue_ == nullptr ? nullptr : queue_->oldest_waiting(sequence);
    if (oldest == nullptr && unread() > 0 && queued() < 2 * std::uint64_t{limits_.messages}) {
      // The oldest are in the store: they have to be read before they can be lost.
      kept_->read_some = true;
      pump_later();
      return std::nullopt;
    }
    if (oldest == nullptr) return reason;
    owed -= std::min<std::uint64_t>(owed, oldest->message->bytes());
    drop(sequence, *oldest, reason);
  }
  return std::nullopt;
}

void Subscriber::drop(Queue::Sequence sequence, QueueEntry& entry, DropReason reason) {
  if (entry.message) lose(*entry.message, reason);
  over(entry, sequence);
}

void Subscriber::over(QueueEntry& entry, Queue::Sequence sequence) {
  if (kept_ != nullptr) kept_->settle(entry.number);
  queue_->settle(entry, sequence);
}

bool Subscriber::matches_nothing(const Message& message) const {
  return std::ranges::none_of(subscriptions,
                              [&](const Held& held) { return topic_matches(held.filter, message.topic()); });
}

void Subscriber::drop_unmatched() {
  if (kept_ != nullptr) kept_->judge = kept_->unread() > 0;
  if (queue_ == nullptr) return;
  std::vector<Queue::Sequence> unmatched;
  queue_->for_each([&](QueueEntry& entry, Queue::Sequence sequence) {
    if (entry.message && matches_nothing(*entry.message)) unmatched.push_back(sequence);
  });
  for (const Queue::Sequence sequence : unmatched) {
    count_dropped(DropReason::rejected);
    over(*queue_->find(sequence), sequence);
  }
  count_queue();
}

void Subscriber::lose(const Message& message, DropReason reason) {
  if (!pulled_ && owner_.dead_letter(*this, message, drop_reason_name(reason))) {
    shard_.count(metrics_.dead_lettered, 1);
  } else {
    count_dropped(reason);
  }
}

void Subscriber::replay(const Message& message, const Grant& grant, std::uint32_t level) {
  if (ended_) return;
  const auto qos = static_cast<std::uint8_t>(std::min<std::uint32_t>(message.qos(), grant.qos));
  QueueEntry entry = entry_of(message, State::available, qos, true, grant);
  entry.replay = true;
  shard_.count(metrics_.matched, 1);
  KeptBodies bodies;
  bodies.level = level;
  if (unread() > 0 || stores(bodies, qos)) entry.number = kept_->append(bodies, 0, message, entry);
  if (entry.number != 0 && unread() > 0) {
    kept_->count_unread(message);  // it comes in its turn
  } else {
    made_queue().push(std::move(entry));
  }
  count_queue();
  pump_later();
}

void Subscriber::replay_from(std::string_view filter, PendingReplay replay) {
  if (replaying == nullptr) replaying = std::make_unique<Replays>();
  replaying->insert_or_assign(std::string(filter), std::move(replay));
}

void Subscriber::forget_replay(std::string_view filter) {
  if (replaying == nullptr) return;
  if (const auto found = replaying->find(filter); found != replaying->end()) replaying->erase(found);
  if (replaying->empty()) replaying.reset();
}

// Some at a time, and others between.
void Subscriber::replay_some() {
  if (replaying == nullptr || held_ || !can_send() || queue().replays() + unread() >= kFewReplays) return;
  owner_.replay_more(*this);
  unqueue();
  shard_.defer_next_turn(*this);
}

// Takes what waits, in order, as far as window and batch allow.
std::uint32_t Subscriber::collect(trellis_delivery* deliveries, Queue::Sequence* sequences, std::uint32_t capacity) {
  std::uint32_t ready = 0;
  Queue::Sequence sequence = 0;
  while (ready < capacity) {
    QueueEntry* entry = queue_->next(sequence);
    if (entry == nullptr) break;
    if (entry->message && entry->tag == 0 && entry->message->expired(shard_.wall_ms())) {
      shard_.count(metrics_.expired, 1);
      over(*entry, sequence);
      continue;
    }
    // A completion is no new message: it waits for nothing.
    if (entry->state == State::available && (entry->qos > 0 || leases_all_) &&
        window_full(entry->message ? entry->message->bytes() : 0))
      break;
    if (entry->state == State::available && limits_.maximum_deliveries != 0 &&
        entry->deliveries >= limits_.maximum_deliveries) {
      drop(sequence, *entry, DropReason::deliveries);
      continue;
    }
    const bool received = entry->state == State::returned;
    queue_->lease(*entry);
    note_delivery(*entry);
    std::uint32_t flags = entry->retain ? static_cast<std::uint32_t>(TRELLIS_DELIVERY_RETAIN) : 0u;
    if (entry->redelivered) {
      flags |= TRELLIS_DELIVERY_REDELIVERED;
      shard_.count(metrics_.redelivered, 1);
    }
    if (received) flags |= TRELLIS_DELIVERY_RECEIVED;
    if (sequences != nullptr) sequences[ready] = sequence;
    deliveries[ready++] = {received ? nullptr : &entry->message->facts(),
                           entry->qos > 0 || leases_all_ ? sequence : 0,
                           entry->identifiers.data(),
                           static_cast<std::uint32_t>(entry->identifiers.size()),
                           flags,
                           entry->tag,
                           entry->qos,
                           entry->deliveries - 1u};
  }
  return ready;
}

std::uint32_t Subscriber::lease(trellis_delivery* deliveries, std::uint32_t count) {
  const std::uint32_t leased = ended_ || queue_ == nullptr ? 0 : collect(deliveries, nullptr, count);
  wants_ = leased < count;
  if (leased > 0) pump_later();  // more is read, and the gauges follow
  return leased;
}

std::uint32_t Subscriber::peek(trellis_delivery* deliveries, std::uint32_t count) {
  std::uint32_t shown = 0;
  if (queue_ != nullptr) {
    queue_->for_each_available([&](const QueueEntry& entry) {
      deliveries[shown] = {&entry.message->facts(), 0, nullptr, 0, 0, entry.tag, entry.qos, entry.deliveries};
      return ++shown < count;
    });
  }
  wants_ = wants_ || shown == 0;
  return shown;
}

void Subscriber::tell_ready() {
  const bool room = queue().leased() < window() && queue().leased_bytes() < window_bytes_;
  if (!wants_ || held_ || !room || queue().waiting() == 0) return;
  wants_ = false;
  receiver_->on_ready(receiver_shard_, user_);
}

void Subscriber::run_deferred() {
  if (ended_) {
    if (ended_reason_ != 0) owner_.end(*this, std::exchange(ended_reason_, 0));
    return;
  }
  if (held_) return count_queue();
  pulled_ ? tell_ready() : deliver_waiting();
  if (ended_) return;
  read_more();
  replay_some();
  count_queue();
}

void Subscriber::deliver_waiting() {
  trellis_delivery deliveries[kBatch];
  Queue::Sequence sequences[kBatch];
  boost::container::small_vector<QueueEntry, kBatch> told;
  while (!held_ && can_send() && queue().waiting() > 0) {
    const std::uint32_t count = collect(deliveries, sequences, kBatch);
    if (count == 0) break;
    told.clear();
    for (std::uint32_t i = 0; i < count; ++i) {  // sent at QoS 0: nobody will settle it
      if (deliveries[i].lease != 0) continue;
      QueueEntry& entry = *queue_->find(sequences[i]);
      deliveries[i].identifiers = told.emplace_back(entry).identifiers.data();
      over(entry, sequences[i]);
    }
    deliver(deliveries, count);
    if (ended_) return;
  }
}

trellis_status Subscriber::settle(Queue::Sequence lease, std::uint32_t outcome) {
  QueueEntry* entry = queue_ == nullptr ? nullptr : queue_->find(lease);
  if (entry == nullptr || (entry->state != State::leased && entry->state != State::received)) return TRELLIS_NO_MATCH;
  const bool received = entry->state == State::received;
  switch (outcome) {
    case TRELLIS_SETTLE_ACCEPT:
      if (!received) shard_.count(metrics_.delivered, 1);
      over(*entry, lease);
      break;
    case TRELLIS_SETTLE_RECEIVED:
      if (!received) {
        shard_.count(metrics_.delivered, 1);
        queue_->mark_received(*entry);
        if (kept_ != nullptr) kept_->note(*entry);
      }
      break;
    case TRELLIS_SETTLE_RELEASE:
      queue_->release(*entry, lease);
      pump_later();
      break;
    case TRELLIS_SETTLE_REJECT:
    case TRELLIS_SETTLE_DISCARD:
      drop(lease, *entry, outcome == TRELLIS_SETTLE_REJECT ? DropReason::rejected : DropReason::too_large);
      break;
    case TRELLIS_SETTLE_EXPIRED:
    case TRELLIS_SETTLE_DEAD_LETTERED:
      shard_.count(outcome == TRELLIS_SETTLE_EXPIRED ? metrics_.expired : metrics_.dead_lettered, 1);
      over(*entry, lease);
      break;
    case TRELLIS_SETTLE_EXHAUSTED:
      count_dropped(DropReason::deliveries);
      over(*entry, lease);
      break;
    default:
      return TRELLIS_INVALID;
  }
  // Room in the window again; the gauges follow at the end of the turn too.
  pump_later();
  return TRELLIS_OK;
}

bool Subscriber::set_tag(Queue::Sequence lease, std::uint64_t tag) {
  QueueEntry* const entry = queue_ == nullptr ? nullptr : queue_->find(lease);
  if (entry == nullptr) return false;
  entry->tag = tag;
  // Sent again under another it would be another message. At QoS 1 it may be received twice as it is, but must not
  // take the place of one at QoS 2.
  if (kept_ != nullptr && (entry->qos == 2 || kept_->exact || pulled_)) kept_->note(*entry);
  return kept_ != nullptr && entry->qos == 2;
}

void Subscriber::count_discarded(std::uint32_t count) noexcept {
  count_dropped(DropReason::too_large, count);
  shard_.count(metrics_.delivered, -static_cast<std::int64_t>(count));
}

void Subscriber::finish() {
  ended_ = true;
  ended_reason_ = 0;
  if (attached()) detach(UINT64_MAX);
  timer_.reset();
  unqueue();
  if (kept_ != nullptr) {
    count_dropped(DropReason::ended, static_cast<std::uint32_t>(kept_->unread()));
    kept_->forget_unread();
  }
  const bool stays = kept_ != nullptr && kept_->left();  // with all that it has
  if (kept_ != nullptr) kept_->end();
  if (queue_ == nullptr) return count_queue();
  queue_->for_each([&](QueueEntry& entry, Queue::Sequence) {
    if (!entry.message) return;
    const bool begun = entry.qos == 2 && entry.tag != 0;
    if (entry.group != 0 && !begun && !stays && owner_.hand_on(*this, entry.group, *entry.message, entry.qos)) {
      shard_.count(metrics_.matched, -1);
    } else {
      count_dropped(DropReason::ended);
    }
  });
  queue_->clear();
  count_queue();
}

}  // namespace trellis::kernel
