// From a published batch to the queues of everybody it concerns, on this shard and on the others.
#pragma once

#include <trellis/abi/message.h>
#include <trellis/abi/queue.h>
#include <trellis/abi/subscriber.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <trellis/connections/connection.hpp>
#include <trellis/keeping/durability.hpp>
#include <trellis/keeping/keeper.hpp>
#include <trellis/keeping/retained.hpp>
#include <trellis/runtime/authorization.hpp>
#include <trellis/runtime/homes.hpp>
#include <trellis/runtime/shard.hpp>
#include <vector>

#include "names.hpp"
#include "queue/subscriber_table.hpp"
#include "route/filter_chain.hpp"
#include "route/handover.hpp"
#include "route/matched_topic.hpp"
#include "route/promises.hpp"
#include "route/subscription_index.hpp"

namespace trellis::kernel {

/// What all shards share of one namespace.
struct Namespace {
  Namespace(std::string label, std::uint32_t number, Epochs& epochs, Metrics& metrics);
  const std::string name;
  const std::uint32_t index;
  SubscriptionIndex subscriptions;
  Retained retained;
  QueueMetrics queue_metrics;
  MetricId published, unmatched, refused, filtered_publish, filtered_deliver, subscription_count, shared_count,
      subscriber_count;
  MetricId ended[TRELLIS_ENDED_SHUTDOWN + 1];  // by TRELLIS_ENDED_…
  std::atomic<std::uint64_t> subscribers{0};
  std::atomic<std::uint32_t> refusing{0};  // subscribers whose overflow policy is to refuse publishers
};

/// What one shard needs of a namespace; replaced on reload.
struct Policies {
  Durability durability;
  Authorization authorization;
  FilterChain on_publish;
  FilterChain on_deliver;
  std::string dead_letter_topic;    // empty: what nobody takes is dropped
  std::string shared_key_property;  // messages that have it with one value go to one member; empty: to whoever is free
};

class Router;

/// The routers of all shards; fixed while the process lives.
struct Routers {
  std::vector<Router*> by_shard;
  Homes homes;   // of subscribers
  Homes owners;  // held by the sessions of each authenticated name
  std::vector<std::unique_ptr<Namespace>> namespaces;
  std::atomic<std::uint64_t> decisions{0};  // counts up when what authorizers decided must be asked anew
  std::atomic<std::int64_t> away_bytes{0};  // queued for who is away
  std::atomic<std::int64_t> away_limit{INT64_MAX};
  // Queues in a store.
  std::atomic<std::uint64_t> next_queue{1};
  std::uint64_t first_inbox = 0;  // of what is on its way between two shards; fixed before anybody publishes
  static constexpr std::uint32_t kMostShards = 64;
  std::uint64_t inbox(std::uint32_t from, std::uint32_t to) const noexcept {
    return first_inbox + from * kMostShards + to;
  }
};

/// What is kept with a message that is on its way to another shard, before the name of its namespace.
struct InboxExtra {
  std::uint64_t queue;  // of the receiver; 0: whoever matches there
  std::uint32_t group;
  std::uint32_t identifier;
  std::uint8_t qos;
  std::uint8_t retain_as_published;
  std::uint16_t reserved;
  std::uint32_t reserved_too;
};

/// Who publishes: the connection's client, or the broker itself.
struct Publisher {
  std::string_view name;
  const Identity* identity = nullptr;
  std::uint64_t origin = 0;
  bool broker = false;  // no authorizer is asked, topics beginning with '$' are allowed
};

/// One shard's part of routing. All members are for that shard's thread unless said otherwise.
class Router final : public SubscriberOwner, private Deferred {
 public:
  Router(Shard& shard, Epochs& epochs, Routers& all, Keeper& keeper);
  ~Router();

  Shard& shard() noexcept { return shard_; }
  SubscriberTable& subscribers() noexcept { return table_; }
  Homes& homes() noexcept { return all_.homes; }
  Homes& owners() noexcept { return all_.owners; }
  Namespace& name_space(std::uint32_t index) noexcept { return *all_.namespaces[index]; }
  /// Index of a namespace, -1 when there is none of that name.
  std::int32_t namespace_index(std::string_view name) const noexcept;
  void set_policies(std::uint32_t name_space, std::shared_ptr<Policies> policies);
  Policies& policies(std::uint32_t name_space) noexcept { return *policies_[name_space]; }

  void publish(std::uint32_t name_space, const Publisher& publisher, const trellis_publication* messages,
               trellis_status* results, std::uint32_t count);
  trellis_status may_publish(std::uint32_t name_space, const Publisher& publisher, std::string_view topic);
  /// As TRELLIS_HOST_QUEUE says.
  trellis_status offer(std::uint32_t name_space, const trellis_publication* messages, std::uint32_t count,
                       std::span<const trellis_offer> offers, std::uint32_t durability);
  std::uint32_t session_level(std::uint32_t name_space) const noexcept {
    return session_level(*all_.namespaces[name_space]);
  }

  trellis_status subscribe(Subscriber& subscriber, const trellis_subscription& options);
  trellis_status unsubscribe(Subscriber& subscriber, std::string_view filter, std::string_view group);
  /// owner: of all_.owners, held for it.
  Subscriber& open(std::uint32_t name_space, std::string_view name, const trellis_queue_limits& limits,
                   Homes::Key owner = 0);
  /// Has a store keep it, if there is one, as its namespace says.
  void keep(Subscriber& subscriber, std::string_view owner, std::uint64_t expiry_ms);
  /// Whether its name is short enough for that.
  bool can_keep(std::uint32_t name_space, std::string_view name) noexcept {
    return label(name_space).size() + name.size() + 2 <= TRELLIS_STORE_MOST_KEY;
  }
  /// A subscription that outlived the process: nobody is asked, nothing is replayed.
  void restore(Subscriber& subscriber, const SubscriberRecord::Subscription& subscription);
  /// A message that was on its way when the process ended, for those who lived on the shard of that number then; or for
  /// the receiver, null where that is gone.
  void take_kept(Namespace& space, const InboxExtra& extra, const Message& message, std::uint32_t home,
                 Subscriber* receiver);
  void change_limits(Subscriber& subscriber, const trellis_queue_limits& limits);
  /// Ends it; it is freed when no shard can see it any more.
  void close(Subscriber& subscriber);
  /// What was decided about clients is decided anew, on all shards. [any]
  void forget_decisions() noexcept { all_.decisions.fetch_add(1, std::memory_order_release); }
  /// Whether the subscriber still may have what it subscribed to; what it may not have any more goes. False: something
  /// did. Asks so many questions at most, from behind what was asked about last; `behind` is nothing when it is
  /// through.
  bool still_may(Subscriber& subscriber, std::optional<Subscriber::Held>& behind, std::size_t& questions);

  /// Whether a namespace's deliveries are judged.
  bool judges_receive(std::string_view name_space) const noexcept {
    const std::int32_t index = namespace_index(name_space);
    return index >= 0 && policies_[static_cast<std::size_t>(index)]->authorization.judges_receive();
  }
  /// Who receives is somebody else than before.
  void identity_changed(const Subscriber& subscriber);

  /// Every subscriber ends: the broker stops.
  void end_all(std::uint32_t reason);
  /// Forgets retained messages that have expired.
  void sweep_retained();
  /// Once all shards have other policies: of what is retained the store has from now on what those say.
  void keep_retained_as_now(Namespace& space, const Durability& before);

  /// From another shard.
  void take(const Handover::Destination& to, const Message* const* run, std::uint32_t count, std::uint32_t from = 0,
            std::uint64_t number = 0);

  void end(Subscriber& subscriber, std::uint32_t reason) override;
  bool hand_on(Subscriber& from, std::uint32_t group, const Message& message, std::uint8_t qos) override;
  bool dead_letter(Subscriber& from, const Message& message, std::string_view reason) override;
  void count_away(std::int64_t bytes) override { all_.away_bytes.fetch_add(bytes, std::memory_order_relaxed); }
  bool away_full() override;
  void replay_more(Subscriber& subscriber) override;
  std::string_view label(std::uint32_t name_space) const override { return all_.namespaces[name_space]->name; }

 private:
  static constexpr std::uint32_t kBatch = 128;
  // Levels of topics looked at in one turn, for one subscriber and for all; messages until the cursor is recorded.
  static constexpr std::size_t kReplaySteps = 1024;
  static constexpr std::size_t kReplayStepsOfAll = 16 * kReplaySteps;
  static constexpr std::uint32_t kReplaysUnrecorded = 4096;
  void replay_found(Subscriber& subscriber, const PendingReplay& replay, const std::vector<MessagePtr>& found);
  void remove(Subscriber& subscriber);
  static constexpr std::uint32_t kEarlyRun = 16;
  static constexpr std::size_t kEarlyBytes = 1024 * 1024;
  void run_deferred() override;  // hands over to the other shards
  void publish_batch(std::uint32_t name_space, const Publisher& publisher, const trellis_publication* messages,
                     trellis_status* results, std::uint32_t count);
  void route(Namespace& space, const Message* const* messages, trellis_status* results, std::uint32_t count);
  std::uint32_t retained_level(const Namespace& space, std::string_view topic) const noexcept;
  trellis_status retain(Namespace& space, const Message& message);
  trellis_status route_to(Namespace& space, const MatchedTopic& matched, const Message* const* run,
                          std::uint32_t count);
  static bool may_receive(Authorization& authorization, const Subscriber& subscriber, std::string_view topic);
  MatchedTopic* matched(Namespace& space, std::string_view topic);
  /// What is remembered, or own when that must not change now.
  const MatchedTopic& receivers_of(Namespace& space, std::string_view topic, MatchedTopic& own);
  void fill(Namespace& space, std::string_view topic, MatchedTopic& slot);
  void offer_local(Namespace& space, const MatchedTopic& matched, const Message* const* run, std::uint32_t count,
                   KeptBodies& bodies);
  static Grant grant_of(const MatchedTopic& matched, const Receiver& receiver) noexcept;
  void take_for(Namespace& space, const Handover::Destination& to, const Message* const* run, std::uint32_t count,
                bool kept);
  /// What the stages on delivery leave of a run; false when that is nothing.
  bool filter(Namespace& space, const Message* const*& run, std::uint32_t& count, FilterChain::Result& left);
  void offer_to_group(Namespace& space, const MatchedTopic& matched, const MatchedGroup& group,
                      const Message* const* run, std::uint32_t count);
  /// Past the stages. False: the group has nobody for them.
  bool share_out(Namespace& space, const MatchedTopic& matched, const MatchedGroup& group, const Message* const* run,
                 std::uint32_t count);
  void send_to_member(Namespace& space, Subscriber& member, const IndexedSubscription& as, std::uint32_t group,
                      const Message* const* messages, std::uint32_t count, std::uint32_t level);
  std::uint32_t accepted(Namespace& space, const Message* const* run, std::uint32_t count, Promises& promises) const;
  /// receiver_queue: in a store, of to.receiver. bodies: null where nothing is kept.
  void hand_over(std::uint32_t shard_index, const Handover::Destination& to, const Message* const* run,
                 std::uint32_t count, KeptBodies* bodies, std::uint64_t receiver_queue = 0);
  std::uint64_t keep_on_the_way(std::uint32_t shard_index, const Handover::Destination& to, const Message* const* run,
                                std::uint32_t first, std::uint32_t end, KeptBodies& bodies,
                                std::uint64_t receiver_queue);
  /// What waits for some session, whatever the configuration came to say since.
  std::uint32_t session_level(const Namespace& space) const noexcept;
  bool share_out_again(Namespace& space, std::uint32_t group_id, const Message* message);
  bool note_subscription(Namespace& space, Subscriber& subscriber, const trellis_subscription& options);
  void publish_dead_letters();
  void send_held();
  void count_subscription(Namespace& space, std::string_view group, std::int64_t change) noexcept;

  Shard& shard_;
  Epochs& epochs_;
  Routers& all_;
  Keeper& keeper_;
  SubscriberTable table_;
  TopicCache cache_;
  std::uint32_t routing_ = 0;  // how deep in deliveries
  std::vector<std::shared_ptr<Policies>> policies_;
  std::vector<std::unique_ptr<Handover>> outgoing_;  // by shard; null: nothing
  std::vector<std::uint64_t> last_on_the_way_;       // number in the store, by shard
  struct Held {
    std::size_t to;
    std::unique_ptr<Handover> letter;
  };
  std::vector<Held> held_;  // the store has not taken what they say it has
  bool ended_ = false;      // who was here is gone: what comes stays in the store
  struct DeadLetter {
    MessagePtr message;
    std::uint32_t name_space;
  };
  std::vector<DeadLetter> dead_letters_;
  std::size_t replay_left_ = kReplayStepsOfAll;  // in this turn
  struct ReplayAnew final : Deferred {
    explicit ReplayAnew(Router& owner) noexcept : router(owner) {}
    void run_deferred() override { router.replay_left_ = kReplayStepsOfAll; }
    Router& router;
  } replay_anew_{*this};
  /// Before the store is asked, so that what is told of a message and the end of it are one.
  struct Burial final : Deferred {
    explicit Burial(Router& owner) noexcept : router(owner) {}
    void run_deferred() override { router.publish_dead_letters(); }
    Router& router;
  } burial_{*this};
};

}  // namespace trellis::kernel
