/// Delivers the events of one subscription through a handler.
#pragma once

#include <trellis/abi/handler.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "consent/consent_states.hpp"
#include "dead_letters/seldom.hpp"
#include "delivery_log.hpp"
#include "handlers.hpp"
#include "push_settings.hpp"

namespace events_service {

/// An event that is leased for a worker.
struct PushEvent {
  std::uint64_t lease = 0;
  std::uint16_t attempts = 0;  ///< made before
  std::uint8_t cause = 0;      ///< TRELLIS_CAUSE_… of the last one
  const trellis_message* message = nullptr;
  std::int64_t since_ms = 0;  ///< Unix time of the last one; 0: not known
};

/// Where a worker gets events from, and who keeps account of them.
class PushSource {
 public:
  /// Leases up to that many, the oldest first.
  virtual void take(std::uint32_t most, std::vector<PushEvent>& out) = 0;
  /// An attempt is made now, and counts. False where it must not be made any more: it is dealt with.
  virtual bool begin(PushEvent& event) = 0;
  virtual void delivered(std::uint64_t lease) = 0;
  /// Again, not before that time: due() of the worker says when. luck, from 0 to 1: how much later; events that failed
  /// together have the same. False where it is not tried any more.
  virtual bool failed(std::uint64_t lease, std::chrono::milliseconds wait, std::uint32_t cause, double luck) = 0;
  /// Never.
  virtual void refused(std::uint64_t lease, std::uint32_t cause) = 0;
  /// What was begun was no attempt, and does not count: it waits again.
  virtual void not_tried(std::uint64_t lease) = 0;
  /// One that was not begun waits again.
  virtual void put_back(std::uint64_t lease) = 0;
  /// One that is under way; this attempt counts.
  virtual PushEvent held(std::uint64_t lease) = 0;
  /// What keep_consent() was last called with, perhaps by a process before; empty: nothing.
  virtual std::string consent() const = 0;
  virtual void keep_consent(std::string_view consent) = 0;
  /// Calls visit() with all that handlers have, and all that wait for their next attempt.
  virtual void visit_held(const std::function<void(const PushEvent&)>& visit) = 0;

 protected:
  ~PushSource() = default;
};

struct PushMetrics {
  void declare(const trellis::Host& host);
  trellis::Metric delivered, failed, refused, later, requests, checks_failed, failing, asked, under_way, behind;
};

/// What the workers of one shard share.
struct PushContext {
  const trellis::Shard& shard;
  const trellis_host_handler* table;
  const Handlers& handlers;
  const PushMetrics& metrics;
  std::uint32_t failures;  // in a row, until an endpoint is left alone
  ConsentStates* consent_states;
};

/// Of one subscription. Everything is for its shard.
class PushWorker {
 public:
  struct Names {
    std::string name_space;
    std::string topic;
    std::string subscription;
  };

  /// pump() is for whoever made it.
  PushWorker(const PushContext& context, Names names, const PushSettings& settings, PushSource& source);
  ~PushWorker();
  PushWorker(const PushWorker&) = delete;
  PushWorker& operator=(const PushWorker&) = delete;

  void follow(const PushSettings& settings);
  /// Its handler may be another one now.
  void lenders_changed();
  /// Delivers what may be delivered now.
  void pump();
  /// The wait of one that failed is over; pump() comes when all are told.
  void due(const PushEvent& event);
  /// One that waits for its time since before there was this worker.
  void waits(const PushEvent& event);
  /// Takes nothing more; what was not tried is given back.
  void drain();
  /// The queue is gone: nothing is to be told of it.
  void lost();
  /// Members of JSON: how it is now, and what became of what it delivered.
  void describe(std::string& json) const;

 private:
  static constexpr std::chrono::hours kLongestWait{24};  // that an endpoint may ask for

  /// One request to the handler.
  struct Call {
    std::shared_ptr<OpenedDestination> destination;
    std::uint32_t left;
    double luck;                               // of its events, where they are tried again
    std::uint32_t cause = TRELLIS_CAUSE_NONE;  // why the endpoint failed
    std::chrono::milliseconds asked{0};        // for that long it wants to be left alone
    bool failed = false;
    bool delivered = false;  // some of it
  };
  /// What the handler said within deliver(), while it may still look at the messages.
  struct Told {
    std::uint64_t lease;
    trellis_delivery_result result;
  };
  enum class Consent : std::uint8_t { unknown, asked, awaited, given };
  struct Key {
    std::size_t holders = 0;  // one; more where they were tried before there was an order
    std::deque<PushEvent> behind;
  };

  void open();
  void ask();
  void answered(std::uint64_t question, const trellis_delivery_result& result);
  void consented(std::string_view note);
  void keep();
  void show(std::string_view state);
  void ask_again(std::chrono::milliseconds wait);
  bool by_hand() const noexcept { return shown_ == ConsentStates::kByHand; }
  bool may_send() const noexcept;
  bool fill();
  void admit(const PushEvent& event);
  void send();
  std::size_t choose();
  void settled(std::uint64_t lease, const trellis_delivery_result& result);
  void note(std::uint64_t lease, const trellis_delivery_result& result);
  void settle(std::uint64_t lease, const trellis_delivery_result& result);
  void settle_failed(std::uint64_t lease, Call& call, const trellis_delivery_result& result);
  void put_off(std::uint64_t lease, const Call& call, std::uint64_t wait_ms);
  void over(std::uint64_t lease);
  void judge(const Call& call);
  void pause(const Call& call);
  void go_on_later();
  void put_back();
  void free_key(std::uint64_t lease);
  void order_anew();
  void tell_of_failure(std::string_view sentence, const trellis_delivery_result& result);
  void count_under_way();
  void log(trellis::Level level, std::string_view sentence, std::string_view reason) const;
  std::int64_t now_ms() const noexcept { return context_.shard.now().count(); }

  const PushContext& context_;
  const Names names_;
  PushSettings settings_;
  PushSource& source_;
  std::shared_ptr<OpenedDestination> destination_;
  Consent consent_ = Consent::unknown;
  std::string_view shown_;   // of ConsentStates; by hand: somebody outside is to consent, or was to until a moment ago
  std::string unconsented_;  // why it does not consent
  std::uint32_t asked_ = 0;  // times in vain
  std::uint64_t question_ = 0;
  bool asking_ = false;  // right now: whoever asked goes on himself
  trellis::Timer ask_again_;
  std::deque<PushEvent> ready_;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<Call>> under_way_;  // by lease
  std::uint32_t calls_ = 0;
  std::uint32_t failures_ = 0;            // in a row
  std::int64_t paused_until_ms_ = 0;      // for the endpoint's sake; not 0: what comes next is a try
  std::int64_t held_until_ms_ = 0;        // for the handler's
  std::int64_t asked_until_unix_ms_ = 0;  // the endpoint asked for that; kept
  std::string note_;                      // of its consent; kept
  bool probing_ = false;
  bool pumping_ = false;
  bool sending_ = false;
  bool draining_ = false;
  DeliveryLog log_;
  std::size_t counted_ = 0;  // as the gauges have them
  std::size_t counted_behind_ = 0;
  Seldom failures_logged_;
  Seldom pauses_logged_;
  trellis::Timer go_on_;
  // Of an order: what is under way of each, and what waits behind it.
  boost::unordered_flat_map<std::string, Key> keys_;
  boost::unordered_flat_map<std::uint64_t, std::string> key_of_;  // by lease, of what is admitted
  std::size_t behind_ = 0;
  // Room that is used again.
  std::vector<PushEvent> taken_;
  std::vector<PushEvent> chosen_;
  std::vector<trellis_delivery> deliveries_;
  std::vector<trellis_token> tokens_;
  std::vector<Told> told_;
};

}  // namespace events_service
