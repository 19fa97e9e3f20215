// A receiver of messages: a queue, its limits, and the way out it is attached to.
#pragma once

#include <trellis/abi/subscriber.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <trellis/connections/connection.hpp>
#include <trellis/runtime/homes.hpp>
#include <trellis/runtime/identity.hpp>
#include <trellis/runtime/shard.hpp>
#include <tuple>
#include <vector>

#include "names.hpp"
#include "queue/kept_queue.hpp"
#include "queue/queue.hpp"
#include "queue/subscriber_record.hpp"

struct trellis_subscriber {};

namespace trellis::kernel {

enum class DropReason : std::uint8_t { offline, queue_full, memory, too_large, rejected, deliveries, ended, unkept };
inline constexpr std::size_t kDropReasons = 8;
std::string_view drop_reason_name(DropReason reason) noexcept;

/// Where the messages of one namespace end up. The sum of all is what was published times what matched it.
struct QueueMetrics {
  MetricId matched, delivered, expired, dead_lettered, queued, queued_bytes, leased, redelivered;
  MetricId dropped[kDropReasons];
};

/// trellis_queue_limits in less space: every subscriber has one.
struct QueueLimits {
  explicit QueueLimits(const trellis_queue_limits& from) noexcept;
  trellis_queue_limits facts() const noexcept {
    return {sizeof(trellis_queue_limits), overflow, messages, bytes, maximum_deliveries, queue_qos0 ? 1u : 0u};
  }
  std::uint64_t bytes;
  std::uint32_t messages;
  std::uint16_t maximum_deliveries;
  std::uint8_t overflow;
  bool queue_qos0;
  bool refuses() const noexcept { return overflow == TRELLIS_OVERFLOW_REJECT; }
};

/// What names of the broker's own subscribers begin with; nobody else may take such a name.
inline constexpr std::string_view kBrokersOwn = "\x01";

/// What a subscription grants its receiver. It refers to the identifiers it is made of.
struct Grant {
  const std::uint32_t* identifiers = nullptr;
  std::uint32_t identifier_count = 0;
  std::uint32_t group = 0;
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
  /// Of one subscription.
  static Grant of(const std::uint32_t& identifier, std::uint32_t group, std::uint8_t qos, bool as_published) noexcept {
    return {&identifier, identifier != 0 ? 1u : 0u, group, qos, false, as_published};
  }
};

/// The retained messages of one subscription, as far as they are to be sent yet.
struct PendingReplay {
  std::string behind;  // the last topic that was sent; empty: none
  /// Retained::stored() when it subscribed, or was attached last: what came later came by itself. 0: it was attached
  /// since.
  std::uint64_t until;
  std::uint32_t identifier;
  std::uint8_t qos;
  bool no_local;
  std::uint32_t unrecorded = 0;  // sent since its record was written
};

/// Told by subscribers what concerns more than themselves. Implemented by the room above.
class SubscriberOwner {
 public:
  /// The subscriber ended by itself and must be removed. Called once, from the end of a turn.
  virtual void end(class Subscriber& subscriber, std::uint32_t reason) = 0;
  /// A message that a shared subscription gave to a receiver that is gone. False: nobody else can take it.
  virtual bool hand_on(Subscriber& from, std::uint32_t group, const Message& message, std::uint8_t qos) = 0;
  /// A message nobody could be given: true when it went to a dead-letter topic.
  virtual bool dead_letter(Subscriber& from, const Message& message, std::string_view reason) = 0;
  /// Bytes more, or less, that wait for subscribers that are away.
  virtual void count_away(std::int64_t bytes) = 0;
  /// Whether all that are away together hold as much as they may.
  virtual bool away_full() = 0;
  virtual std::string_view label(std::uint32_t name_space) const = 0;
  /// Gives it some more of the retained messages it is to get.
  virtual void replay_more(Subscriber& subscriber) = 0;

 protected:
  ~SubscriberOwner() = default;
};

/// Belongs to one shard; other shards only read the atomics and what never changes.
class Subscriber final : public trellis_subscriber, public OutputListener, public Deferred {
 public:
  Subscriber(Shard& shard, SubscriberOwner& owner, const QueueMetrics& metrics, std::uint64_t id,
             std::uint32_t name_space, std::string_view name, const trellis_queue_limits& limits);
  ~Subscriber();

  static Subscriber& of(trellis_subscriber* handle) noexcept { return *static_cast<Subscriber*>(handle); }
  static const Subscriber& of(const trellis_subscriber* handle) noexcept {
    return *static_cast<const Subscriber*>(handle);
  }

  Shard& shard() noexcept { return shard_; }
  std::uint32_t shard_index() const noexcept { return shard_.index(); }
  std::uint64_t id() const noexcept { return id_; }
  std::uint32_t name_space() const noexcept { return name_space_; }
  const std::string& name() const noexcept { return name_; }
  const Queue& queue() const noexcept;
  /// Waiting or leased, in memory or not.
  std::uint64_t queued() const noexcept { return queue().live() + unread(); }
  std::uint64_t queued_bytes() const noexcept {
    return queue().bytes() + (kept_ == nullptr ? 0 : kept_->unread_bytes());
  }
  const QueueLimits& limits() const noexcept { return limits_; }
  void set_limits(const trellis_queue_limits& limits) noexcept;
  /// Gives memory back if nothing is queued.
  void shrink_queue() noexcept;
  std::uint32_t window() const noexcept { return window_.load(std::memory_order_relaxed); }
  /// Most bytes of leases out at once, though one may always be; 0 is no limit.
  void set_window_bytes(std::uint64_t bytes) noexcept { window_bytes_ = bytes == 0 ? UINT64_MAX : bytes; }
  Connection* connection() noexcept { return connection_; }
  /// Of the connection, which may authenticate anew; of the last one while there is none.
  const IdentityPtr& identity() const noexcept {
    return connection_ != nullptr ? connection_->identity() : identity_.own();
  }
  bool ended() const noexcept { return ended_; }
  /// TRELLIS_ENDED_… while its owner has not been told yet.
  std::uint32_t ended_reason() const noexcept { return ended_reason_; }
  /// Its receiver is being told that it ended.
  bool being_ended() const noexcept { return ended_ && ended_reason_ == 0; }
  void set_ended() noexcept {
    ended_ = true;
    ended_reason_ = 0;
  }

  /// Who is told; shard_state is passed on. leases_all: QoS 0 messages are leased and settled too.
  void set_receiver(const trellis_receiver* receiver, void* shard_state, void* user, bool leases_all = false) noexcept;
  const trellis_receiver* receiver() const noexcept { return receiver_; }
  void* receiver_shard() const noexcept { return receiver_shard_; }
  void* user() const noexcept { return user_; }

  /// connection may be null: a way out without output limits (a handler).
  void attach(Connection* connection, std::uint32_t window);
  void detach(std::uint64_t expiry_ms);
  bool attached() const noexcept { return attached_.load(std::memory_order_relaxed); }

  /// From now on, and before anybody else knows it, a store keeps it.
  KeptQueue& keep(Keeper& keeper, std::uint32_t level, std::uint64_t queue, std::string_view owner);
  /// What a store keeps of it, or null. [any, but only whether there is something, and how well it is kept]
  KeptQueue* kept() const noexcept { return kept_.get(); }
  /// Its record is not as it was.
  void touch() {
    if (kept_ != nullptr) kept_->touch();
  }
  /// Of a start: what is left of its expiry runs. load_all: all is read now.
  void restored(IdentityPtr identity, bool load_all, std::uint64_t expires_in_ms);
  void arm_expiry(std::uint64_t delay_ms);
  /// What it says of itself to the store.
  void fill(SubscriberRecord& record) const;
  std::string_view space_name() const { return owner_.label(name_space_); }

  /// Gives the subscriber messages that matched. They may be borrowed.
  void offer(const Message* const* messages, std::uint32_t count, const Grant& grant, KeptBodies& bodies);
  /// A retained message on subscribing: outside the limits of the queue.
  void replay(const Message& message, const Grant& grant, std::uint32_t level = 0);
  /// Deliver what waits, at the end of the turn.
  void pump_later() { shard_.defer(Phase::pump, *this); }

  /// For receivers with on_ready(): takes what waits, or shows it.
  std::uint32_t lease(trellis_delivery* deliveries, std::uint32_t count);
  std::uint32_t peek(trellis_delivery* deliveries, std::uint32_t count);
  trellis_status settle(Queue::Sequence lease, std::uint32_t outcome);
  /// Whether the delivery must not leave before the store knows it.
  bool set_tag(Queue::Sequence lease, std::uint64_t tag);
  void count_discarded(std::uint32_t count) noexcept;
  /// Leases nothing before that; attach() and detach() end it.
  void hold(std::uint64_t delay_ms);

  /// Drops what none of its subscriptions matches any more.
  void drop_unmatched();
  /// Ends: everything still queued is handed on or counted as dropped. The caller frees it later.
  void finish();

  /// The connection's client is another, or has other attributes.
  void follow_identity() noexcept { identity_ = connection_->identity(); }

  // What other shards may read.
  /// As of the last attach().
  IdentityPtr identity_anywhere() const noexcept { return identity_.copy(); }
  /// How much it has to do, with what is on its way from other shards: the least loaded member of a shared subscription
  /// gets the next message.
  std::uint32_t load() const noexcept {
    return load_.load(std::memory_order_relaxed) + under_way_.load(std::memory_order_relaxed);
  }
  /// How many more leases its window takes.
  std::uint32_t room() const noexcept { return window() - std::min(window(), load()); }
  void count_under_way(std::uint32_t change) noexcept { under_way_.fetch_add(change, std::memory_order_relaxed); }
  /// How many more messages its queue takes before it overflows.
  std::uint32_t space() const noexcept { return space_.load(std::memory_order_relaxed); }
  /// The same before its publishers are refused; without end for all other policies.
  std::uint32_t space_to_refusal() const noexcept {
    return refuses_ ? space() - std::min(space(), under_way_.load(std::memory_order_relaxed)) : UINT32_MAX;
  }
  std::uint64_t bytes_to_refusal() const noexcept { return refuses_ ? space_bytes_.load() : UINT64_MAX; }
  /// Room for messages that come; answers what had been promised before.
  struct Room {
    std::uint32_t messages = 0;
    std::uint64_t bytes = 0;
  };
  Room promise(Room more) noexcept {
    return {promised_.fetch_add(more.messages, std::memory_order_acq_rel),
            promised_bytes_.fetch_add(more.bytes, std::memory_order_acq_rel)};
  }
  /// They came, or will not.
  void unpromise(Room less) noexcept {
    promised_.fetch_sub(less.messages, std::memory_order_acq_rel);
    promised_bytes_.fetch_sub(less.bytes, std::memory_order_acq_rel);
  }

  std::uint32_t failures_seen = 0;  // of its shard's keeper, when it was opened last
  Homes::Key owned_by = 0;          // what it holds of the sessions of its client's name
  std::unique_ptr<std::string> memo;
  /// What it subscribed to; kept by the room above.
  struct Held {
    std::string filter;
    std::string group;
    // What else it said; the last word counts.
    mutable std::uint32_t identifier = 0;
    mutable std::uint8_t qos = 0;
    mutable std::uint8_t flags = 0;
    bool operator==(const Held& other) const noexcept { return filter == other.filter && group == other.group; }
    auto operator<=>(const Held& other) const noexcept {
      return std::tie(filter, group) <=> std::tie(other.filter, other.group);
    }
  };
  std::set<Held> subscriptions;
  /// One of them is new or says something else.
  void subscription_changed(const Held& held);
  /// Retained messages of subscriptions that it has not got yet. Null: none. Few wait in its queue at a time.
  using Replays = std::map<std::string, PendingReplay, std::less<>>;  // by filter
  std::unique_ptr<Replays> replaying;
  void replay_from(std::string_view filter, PendingReplay replay);
  void forget_replay(std::string_view filter);

  void run_deferred() override;
  void on_drained() override { pump_later(); }
  void on_connection_lost() override;

 private:
  struct ExpiryTimer;
  bool can_send() noexcept { return attached() && (connection_ == nullptr || !connection_->congested()); }
  static QueueEntry about(std::uint8_t qos, bool retain, const Grant& grant);
  static QueueEntry entry_of(const Message& message, QueueEntry::State state, std::uint8_t qos, bool retain,
                             const Grant& grant);
  void enqueue(const Message& message, std::uint8_t qos, bool retain, const Grant& grant, KeptBodies& bodies,
               std::size_t place);
  static constexpr std::uint32_t kWindow = 256;  // messages that wait in memory, where a store has the rest
  static constexpr std::uint32_t kFewReplays = 128;
  void replay_some();
  std::uint64_t unread() const noexcept { return kept_ == nullptr ? 0 : kept_->unread(); }
  void over(QueueEntry& entry, Queue::Sequence sequence);
  bool too_many(const Message* more) const noexcept;
  void read_more();
  void on_read(std::vector<KeptEntry>& entries);
  void take_read(const KeptEntry& kept);
  bool matches_nothing(const Message& message) const;
  bool window_full(std::uint64_t more_bytes) const noexcept {
    const Queue& out = queue();
    return out.leased() >= window() || (out.leased_bytes() > 0 && out.leased_bytes() + more_bytes > window_bytes_);
  }
  /// Whether the store is to have what is delivered at that QoS. A packet id at QoS 2 means a message to the client for
  /// as long as its session lives.
  bool stores(const KeptBodies& bodies, std::uint8_t qos) const noexcept {
    return kept_ != nullptr && (qos == 2 || (qos == 1 && bodies.level != TRELLIS_DURABILITY_VOLATILE));
  }
  /// in_memory: it would stay there.
  std::optional<DropReason> make_room(const Message& message, bool in_memory);
  void drop(Queue::Sequence sequence, QueueEntry& entry, DropReason reason);
  void lose(const Message& message, DropReason reason);
  void count_dropped(DropReason reason, std::uint32_t count = 1) noexcept {
    shard_.count(metrics_.dropped[static_cast<std::size_t>(reason)], count);
  }
  void deliver(const trellis_delivery* deliveries, std::uint32_t count);
  void deliver_waiting();
  void tell_ready();
  void note_delivery(const QueueEntry& entry) {
    if (kept_ != nullptr && limits_.maximum_deliveries != 0) kept_->note(entry);
  }
  std::uint32_t collect(trellis_delivery* deliveries, Queue::Sequence* sequences, std::uint32_t capacity);
  void count_queue() noexcept;
  void count_space() noexcept;
  void end_later(std::uint32_t reason);
  static void on_timer(Timer& timer);

  Shard& shard_;
  SubscriberOwner& owner_;
  const QueueMetrics& metrics_;
  Connection* connection_ = nullptr;
  const trellis_receiver* receiver_ = nullptr;
  void* receiver_shard_ = nullptr;
  void* user_ = nullptr;
  Queue& made_queue();
  void give_back();
  std::unique_ptr<KeptQueue> kept_;
  std::unique_ptr<Queue> queue_;    // null while nothing was ever queued, or shrunk
  Queue::Sequence next_lease_ = 1;  // where a new queue goes on: no lease is used twice
  std::uint64_t id_;
  std::string name_;
  SharedIdentity identity_;
  QueueLimits limits_;
  std::uint64_t window_bytes_ = UINT64_MAX;
  std::uint32_t name_space_;
  std::uint32_t ended_reason_ = 0;
  std::atomic<std::uint32_t> load_{0};
  std::atomic<std::uint32_t> window_{65535};
  std::atomic<std::uint32_t> under_way_{0};
  std::atomic<std::uint32_t> promised_{0};
  std::atomic<std::uint64_t> promised_bytes_{0};
  std::atomic<bool> attached_{false};
  std::atomic<std::uint32_t> space_;
  std::atomic<std::uint64_t> space_bytes_;
  std::atomic<bool> refuses_{false};
  bool ended_ = false;
  bool held_ = false;
  bool leases_all_ = false;
  bool pulled_ = false;                 // its receiver takes messages by lease()
  bool wants_ = false;                  // and did not get all it asked for
  std::uint32_t counted_messages_ = 0;  // what the gauges hold for this queue
  std::uint32_t counted_leases_ = 0;
  std::uint64_t counted_bytes_ = 0;
  std::int64_t counted_away_ = 0;  // of those of who is away
  std::unique_ptr<ExpiryTimer> timer_;
};

}  // namespace trellis::kernel
