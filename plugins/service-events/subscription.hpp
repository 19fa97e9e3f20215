/// One event subscription on the shard where its topic lives.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <trellis/queue.hpp>
#include <vector>

#include "answer.hpp"
#include "common/events/answers.hpp"
#include "common/events/lock_token.hpp"
#include "common/events/route.hpp"
#include "common/events/settle_request.hpp"
#include "dead_letter.hpp"
#include "dead_letters/seldom.hpp"
#include "directory.hpp"
#include "locks.hpp"
#include "mark.hpp"
#include "metrics.hpp"
#include "push/push_worker.hpp"
#include "settings.hpp"
#include "streams/taker.hpp"

namespace events_service {

class StreamsHere;

/// What the subscriptions of one shard share.
struct Here {
  const Settings& settings;
  const Metrics& metrics;
  const trellis::QueueTables& tables;
  const trellis::Shard& shard;
  events::LockTokens& tokens;
  DeadLetters* dead_letters;  // null: there are none
  PushContext push;
  StreamsHere* streams;
  const trellis_host_message* messages;
  std::size_t waiting = 0;  // requests that wait for events
  Seldom lost_letters;      // for the log
  Seldom dropped_events;
};

/// A request that waits for events.
struct Receive {
  Answer answer;
  std::uint32_t most = 1;
  std::uint32_t wait_s = 60;
};

/// What a client does with an event it received.
struct Settlement {
  events::Operation operation;
  std::uint32_t delay_s = 0;
};

/// Everything is for its shard. What is queued stays in the kernel's queue; what clients hold is known here.
class Subscription final : private trellis::QueueOwner, private PushSource {
 public:
  Subscription(Here& here, const TopicView& topic, const SubscriptionEntry& entry);
  ~Subscription();

  /// A new one, or what another instance of the plugin left.
  trellis::Result<void> open();
  /// One that outlived the process. Answers what restore() of TRELLIS_RESTORER answers with.
  std::pair<const trellis_receiver*, void*> take(trellis_subscriber* restored);
  /// The subscription is removed: with all it has.
  void end();
  /// The plugin is: who waits is answered.
  void drain();
  void follow(const TopicView& topic, const SubscriptionEntry& entry);
  /// Whether a handler has what is queued, and clients get nothing of it.
  bool pushes() const noexcept { return settings_->push.has_value(); }
  /// Its handler may be another one now.
  void lenders_changed();
  /// What becomes of what is pushed, as JSON; nothing where clients receive.
  std::optional<std::string> deliveries() const;

  trellis_subscriber* handle() const noexcept { return queue_.handle(); }
  /// The broker stops: what it has is as the store has it.
  bool stopped() const noexcept { return stopped_; }

  void receive(Receive request);
  /// Adds what became of each token, in their order.
  void settle(const Settlement& how, std::span<const events::AskedToken> tokens, std::vector<events::Settled>& out);

  /// Streams: opened, told of what their users said, ended by them. last_taken: what was given behind that lock no user
  /// has seen.
  void open_stream(std::unique_ptr<Taker> taker);
  void hear_stream(StreamNumber number, const StreamNews& news);
  void close_stream(StreamNumber number, std::uint64_t last_taken, const StreamNews& news);

  /// Of one that other subscriptions' dead letters come to: events that wait, held until moved() is called for each.
  struct Moving {
    std::uint64_t lease;
    std::string event;
  };
  std::vector<Moving> take_to_move(std::uint32_t most);
  /// It is kept where it went; otherwise it is as if it had not been taken.
  void moved(std::uint64_t lease, bool kept);

  static std::string queue_name(std::string_view topic, std::string_view subscription);
  /// The two names in it; both empty where it is none of ours.
  static std::pair<std::string, std::string> names_in(std::string_view queue_name);

 private:
  /// One event that is given to a client.
  struct Given {
    std::uint64_t lease;
    Mark before;
    const trellis_message* message;
    events::LockTokens::Text token;
    std::size_t token_size;
  };
  struct Waiting {
    Receive request;
    trellis::Timer over;
  };

  void begin();
  void on_ready() noexcept override;
  void on_lost(bool taken) noexcept override;
  void serve();
  /// since_us: when there was something for who waits; 0: not asked yet.
  bool serve_receive(std::int64_t& since_us);
  bool serve_stream();
  bool give(Receive& request);
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20U;  // of one answer, but for its first events
  void collect(std::uint32_t most, std::vector<Given>& given, std::size_t most_bytes = kMostBytes);
  void take_one(const trellis_delivery& delivery, std::vector<Given>& given);
  std::uint16_t lock(const Given& given);
  using Undone = std::vector<std::pair<std::uint64_t, Mark>>;
  void undo(const Undone& leases);
  void take_back(const Undone& leases);
  void nothing_came(const Waiting* waiting);
  void answer_all(const events::Problem& problem);

  void hear(Taker& taker, const StreamNews& news);
  void settle_streamed(Taker& taker, std::uint64_t lock, std::uint32_t outcome);
  void take_back_untaken(Taker& taker, std::span<const std::uint64_t> locks);
  void release_out(const Taker& taker);
  void end_streams(std::string_view reason);

  Lock* holds(std::uint64_t lease, std::uint32_t deliveries);
  events::TokenError settle_one(const Settlement& how, std::string_view token, std::string_view& message);
  void perform(const Settlement& how, std::uint64_t lease, const Lock& lock);
  void release(std::uint64_t lease, const Lock& lock, std::int64_t delay_ms, std::uint8_t cause = 0);
  /// It is never delivered again.
  void give_up(std::uint64_t lease, std::uint16_t deliveries, const trellis_message* message, Fate fate,
               std::uint64_t until_s = 0, std::uint8_t cause = 0);
  void bury(std::uint64_t lease);
  void buried(std::uint64_t lease, bool kept);

  // For push, see push/pushing.cpp.
  void start_push();
  void stop_push();
  void take(std::uint32_t most, std::vector<PushEvent>& out) override;
  bool begin(PushEvent& event) override;
  void delivered(std::uint64_t lease) override;
  bool failed(std::uint64_t lease, std::chrono::milliseconds wait, std::uint32_t cause, double luck) override;
  void refused(std::uint64_t lease, std::uint32_t cause) override;
  void not_tried(std::uint64_t lease) override;
  void put_back(std::uint64_t lease) override;
  PushEvent held(std::uint64_t lease) override;
  std::string consent() const override;
  void keep_consent(std::string_view consent) override;
  void visit_held(const std::function<void(const PushEvent&)>& visit) override;

  void shorten_delays();
  void sweep_start();
  void sweep_old();
  void arm();
  void arm_age(std::int64_t delay_ms);
  void look_at_locks();
  void look_at_lock(std::uint64_t lease, const Lock& lock);
  void give_back(std::uint64_t lease, const Lock& lock);
  void hold(std::uint64_t lease, Lock::State state, std::uint16_t deliveries, std::int64_t due_ms,
            const trellis_message* message);
  void drop(std::uint64_t lease, Fate fate);
  void lose(std::uint64_t lease, Fate fate);
  void count_locks();
  std::int64_t now_ms() const noexcept { return here_.shard.now().count(); }
  std::int64_t unix_ms() const noexcept { return here_.shard.wall().count(); }
  std::int64_t end_of(const trellis_message& message) const noexcept { return message.published_at_ms + life_ms_; }
  bool too_old(const trellis_message& message) const noexcept { return end_of(message) <= unix_ms(); }

  Here& here_;
  const SubscriptionId id_;
  const std::uint32_t name_space_;
  const std::string topic_;
  const std::string name_;
  std::shared_ptr<const SubscriptionSettings> settings_;
  std::int64_t life_ms_ = 0;
  MqttMode mqtt_ = MqttMode::off;
  trellis::Queue queue_;
  Locks locks_;
  std::deque<std::unique_ptr<Waiting>> waiting_;
  std::unique_ptr<PushWorker> push_;  // null: clients receive
  Takers takers_;
  trellis::Timer lock_timer_;
  std::int64_t lock_timer_ms_ = 0;  // when it is due
  trellis::Timer age_timer_;
  std::int64_t age_timer_ms_ = 0;
  bool starting_ = false;              // of events it had before the process began some are looked at yet
  std::vector<std::uint64_t> parked_;  // leased by that, to be given back when it is over
  bool stopped_ = false;
  bool sweeping_ = false;
  std::size_t counted_locks_ = 0;  // as the gauge has them
  std::vector<Given> given_;       // their room is used again, as that of the next
  std::string body_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what is answered later
};

}  // namespace events_service
