#include "push_worker.hpp"

#include <trellis/abi/subscriber.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dead_letters/members.hpp"

namespace events_service {
namespace {

// Of a handler that says nothing at all: each has a shorter one of its own, and may be at work until then.
constexpr std::uint64_t kDeadlineMs = 15 * 60'000;
constexpr std::uint64_t kConsentMs = 60'000;
constexpr std::uint32_t kCallsOfATurn = 64;  // then it is others' turn
constexpr std::uint32_t kAtHand = 64;        // events that are leased before there is a request for them
constexpr std::size_t kMostBehind = 1000;    // events that wait for others with the same key
constexpr std::array<std::chrono::seconds, 3> kAskAgain{std::chrono::seconds(10), std::chrono::seconds(60),
                                                        std::chrono::seconds(300)};
constexpr std::chrono::hours kLongestWait{24};  // that an endpoint may ask for

std::string_view key_in(const trellis_message& message, std::string_view attribute) {
  const auto members = members_of(trellis::text(message.payload));
  return members ? value_of(*members, attribute) : std::string_view{};
}

}  // namespace

void PushMetrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kPushed = "Attempts to deliver an event through a handler.";
  delivered = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"delivered\"");
  failed = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"failed\"");
  refused = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"refused\"");
  requests = host.counter("trellis_events_push_requests_total", "Batches that were given to handlers.");
  checks_failed = host.counter("trellis_events_push_checks_failed_total",
                               "Times a destination did not consent to get events, or could not be asked.");
  pauses = host.counter("trellis_events_push_pauses_total",
                        "Times a destination was left alone for a while, because it had failed several times.");
  under_way = host.gauge("trellis_events_push_under_way", "Events that handlers are delivering.");
}

PushWorker::PushWorker(const PushContext& context, Names names, const PushSettings& settings, PushSource& source)
    : context_(context), names_(std::move(names)), settings_(settings), source_(source) {
  open();
}

PushWorker::~PushWorker() {
  context_.table->forget(context_.shard.handle(), this);
  under_way_.clear();
  count_under_way();
}

void PushWorker::log(trellis::Level level, std::string_view sentence, std::string_view reason) const {
  context_.shard.host().log(level, sentence,
                            {{"topic", names_.topic},
                             {"subscription", names_.subscription},
                             {"handler", settings_.handler},
                             {"reason", reason}});
}

// ---- the destination

void PushWorker::open() {
  put_back();
  destination_ = nullptr;
  consent_ = Consent::unknown;
  asked_ = 0;
  ask_again_.cancel();
  const auto handler = context_.handlers.find(settings_.handler);
  if (!handler) {
    if (context_.handlers.known())
      log(trellis::Level::error, "events wait: their handler does not run", "no such plugin");
    return;
  }
  auto opened =
      OpenedDestination::open(*handler, settings_.destination(names_.name_space, names_.topic, names_.subscription));
  if (!opened)
    return log(trellis::Level::error, "events wait: their handler refuses the destination", opened.error().text);
  destination_ = std::move(opened).value();
  ask();
}

// Nothing is sent to who has not said that he wants it.
void PushWorker::ask() {
  const Handler& handler = destination_->handler();
  void* const state = handler.shard(context_.shard);
  if (state == nullptr) return ask_again(kAskAgain[0]);
  if (handler->check == nullptr) {
    consent_ = Consent::given;
    return;
  }
  consent_ = Consent::asked;
  const auto told = [](void* user, std::uint64_t question, const trellis_delivery_result* result) {
    static_cast<PushWorker*>(user)->answered(question, *result);
  };
  const trellis_token token = context_.table->expect(context_.shard.handle(), kConsentMs, told, this, ++question_);
  asking_ = true;
  handler->check(state, destination_->get(), token);
  asking_ = false;
}

void PushWorker::answered(std::uint64_t question, const trellis_delivery_result& result) {
  if (consent_ != Consent::asked || question != question_) return;  // of another destination
  if (result.outcome == TRELLIS_DELIVERED) {
    consent_ = Consent::given;
    if (asked_ > 0) log(trellis::Level::info, "the destination consents now", "it was asked again");
    asked_ = 0;
    if (!asking_) pump();
    return;
  }
  consent_ = Consent::unknown;
  context_.metrics.checks_failed.add(context_.shard);
  log(trellis::Level::warn, "events wait: the destination does not consent to get them", trellis::text(result.reason));
  const auto wait = kAskAgain[std::min<std::size_t>(asked_++, kAskAgain.size() - 1)];
  ask_again(std::max<std::chrono::milliseconds>(wait, std::chrono::milliseconds(result.retry_ms)));
}

void PushWorker::ask_again(std::chrono::milliseconds wait) {
  ask_again_ = context_.shard.after(std::min<std::chrono::milliseconds>(wait, kLongestWait), [this] {
    if (destination_ != nullptr) ask();
    pump();
  });
}

void PushWorker::follow(const PushSettings& settings) {
  const PushSettings before = std::exchange(settings_, settings);
  if (before == settings_) return;
  if (before.handler != settings_.handler || before.endpoint_type != settings_.endpoint_type ||
      before.properties != settings_.properties) {
    failures_ = 0;
    paused_until_ms_ = 0;
    probing_ = false;
    open();
  }
  if (settings_.paused || before.order_by != settings_.order_by) put_back();
  pump();
}

void PushWorker::lenders_changed() {
  const auto now = context_.handlers.find(settings_.handler);
  if (destination_ != nullptr && now && destination_->handler().same_lender(*now)) return;
  open();
  pump();
}

// ---- what is delivered

bool PushWorker::may_send() const noexcept {
  if (draining_ || settings_.paused || destination_ == nullptr || consent_ != Consent::given) return false;
  if (paused_until_ms_ > now_ms() || destination_->handler().shard(context_.shard) == nullptr) return false;
  // An endpoint that was ill is tried with one request.
  return calls_ < (paused_until_ms_ != 0 || probing_ ? 1 : settings_.parallel);
}

void PushWorker::pump() {
  if (pumping_) return;  // what was settled within a call
  pumping_ = true;
  std::uint32_t calls = 0;
  while (may_send() && fill()) {
    if (++calls > kCallsOfATurn) {
      go_on_ = context_.shard.after(std::chrono::milliseconds(0), [this] { pump(); });
      break;
    }
    send();
  }
  pumping_ = false;
  count_under_way();
}

// Whether something is ready.
bool PushWorker::fill() {
  while (ready_.empty() && behind_ < kMostBehind) {
    taken_.clear();
    source_.take(std::max(settings_.batch_events, kAtHand), taken_);
    if (taken_.empty()) return false;
    for (const PushEvent& event : std::exchange(taken_, {})) admit(event);
  }
  return !ready_.empty();
}

// Behind those that have the same key.
void PushWorker::admit(const PushEvent& event) {
  if (!settings_.order_by.empty() && !key_of_.contains(event.lease)) {
    const std::string key(key_in(*event.message, settings_.order_by));
    if (!key.empty()) {
      if (const auto busy = keys_.find(key); busy != keys_.end()) {
        busy->second.behind.push_back(event);
        ++behind_;
        return;
      }
      keys_.emplace(key, Key{});
      key_of_.emplace(event.lease, key);
    }
  }
  ready_.push_back(event);
}

// Takes one request's events out of those that are ready.
std::size_t PushWorker::choose() {
  chosen_.clear();
  std::size_t bytes = 0;
  while (!ready_.empty() && chosen_.size() < settings_.batch_events) {
    PushEvent event = ready_.front();
    const std::size_t size = event.message->payload.size + 1;
    if (!chosen_.empty() && bytes + size > settings_.batch_bytes) break;
    ready_.pop_front();
    if (!source_.begin(event)) {
      over(event.lease);
      continue;
    }
    bytes += size;
    chosen_.push_back(event);
  }
  return chosen_.size();
}

void PushWorker::send() {
  if (choose() == 0) return;
  const auto call = std::make_shared<Call>(Call{destination_, static_cast<std::uint32_t>(chosen_.size())});
  const auto told = [](void* user, std::uint64_t lease, const trellis_delivery_result* result) {
    static_cast<PushWorker*>(user)->settled(lease, *result);
  };
  deliveries_.clear();
  tokens_.clear();
  for (const PushEvent& event : chosen_) {
    under_way_.emplace(event.lease, call);
    trellis_delivery delivery{};
    delivery.message = event.message;
    delivery.lease = event.lease;
    delivery.qos = 1;
    delivery.attempts = event.attempts;
    delivery.flags = event.attempts > 0 ? static_cast<std::uint32_t>(TRELLIS_DELIVERY_REDELIVERED) : 0U;
    deliveries_.push_back(delivery);
    tokens_.push_back(context_.table->expect(context_.shard.handle(), kDeadlineMs, told, this, event.lease));
  }
  ++calls_;
  if (paused_until_ms_ != 0) {
    paused_until_ms_ = 0;
    probing_ = true;
  }
  context_.metrics.requests.add(context_.shard);
  const Handler& handler = call->destination->handler();
  // Messages live for the call, also those that are settled within it.
  sending_ = true;
  handler->deliver(handler.shard(context_.shard), call->destination->get(), deliveries_.data(), tokens_.data(),
                   static_cast<std::uint32_t>(deliveries_.size()));
  sending_ = false;
  for (const Told& one : std::exchange(told_, {})) settle(one.lease, one.result);
}

// ---- what came of it

void PushWorker::settled(std::uint64_t lease, const trellis_delivery_result& result) {
  if (result.outcome != TRELLIS_DELIVERED)
    tell_of_failure(
        result.outcome == TRELLIS_DELIVERY_REFUSED ? "the destination refuses an event" : "a delivery failed", result);
  if (!sending_) return settle(lease, result);
  told_.push_back({lease, result});
  told_.back().result.reason = {};  // it lived for the call
}

void PushWorker::settle(std::uint64_t lease, const trellis_delivery_result& result) {
  const auto found = under_way_.find(lease);
  if (found == under_way_.end()) return;
  const std::shared_ptr<Call> call = std::move(found->second);
  under_way_.erase(found);
  --call->left;
  if (result.outcome == TRELLIS_DELIVERED) {
    context_.metrics.delivered.add(context_.shard);
    source_.delivered(lease);
    over(lease);
  } else {
    call->failed = call->failed || is_of_endpoint(result.cause);
    call->cause = result.cause;
    const bool never = result.outcome == TRELLIS_DELIVERY_REFUSED;
    (never ? context_.metrics.refused : context_.metrics.failed).add(context_.shard);
    if (never) {
      source_.refused(lease, result.cause);
      over(lease);
    } else {
      const std::chrono::milliseconds asked(std::min<std::uint64_t>(
          result.retry_ms, static_cast<std::uint64_t>(std::chrono::milliseconds(kLongestWait).count())));
      if (!source_.failed(lease, asked, result.cause)) over(lease);
    }
  }
  if (call->left > 0) return;
  --calls_;
  judge(*call);
  pump();
}

void PushWorker::tell_of_failure(std::string_view sentence, const trellis_delivery_result& result) {
  std::uint64_t unsaid = 0;
  if (!failures_logged_.now(now_ms(), unsaid)) return;
  context_.shard.host().log(trellis::Level::warn, sentence,
                            {{"topic", names_.topic},
                             {"subscription", names_.subscription},
                             {"reason", trellis::text(result.reason)},
                             {"code", result.code},
                             {"others_not_logged", unsaid}});
}

// The next one of its key goes on.
void PushWorker::over(std::uint64_t lease) {
  const auto found = key_of_.find(lease);
  if (found == key_of_.end()) return;
  const std::string key = std::move(found->second);
  key_of_.erase(found);
  const auto busy = keys_.find(key);
  if (busy == keys_.end()) return;
  if (busy->second.behind.empty()) {
    keys_.erase(busy);
    return;
  }
  const PushEvent next = busy->second.behind.front();
  busy->second.behind.pop_front();
  --behind_;
  key_of_.emplace(next.lease, key);
  ready_.push_back(next);
}

void PushWorker::judge(const Call& call) {
  if (call.destination != destination_) return;  // it says nothing about this one
  const bool probe = std::exchange(probing_, false);
  if (!call.failed) {
    if (failures_ >= context_.failures)
      log(trellis::Level::info, "the destination takes events again", "an attempt succeeded");
    failures_ = 0;
    return;
  }
  ++failures_;
  if (probe || failures_ == context_.failures) pause(call.cause);
}

void PushWorker::pause(std::uint32_t cause) {
  const auto time = pause_for(cause);
  paused_until_ms_ = now_ms() + time.count();
  context_.metrics.pauses.add(context_.shard);
  put_back();
  go_on_ = context_.shard.after(time, [this] { pump(); });
  if (failures_ == context_.failures)
    log(trellis::Level::warn, "the destination failed several times and is left alone for a while",
        std::to_string(time.count() / 1000) + " s");
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
  if (settings_.order_by.empty()) return;
  const std::string key(key_in(*event.message, settings_.order_by));
  if (key.empty() || !keys_.emplace(key, Key{}).second) return;
  key_of_.emplace(event.lease, key);
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
  for (const PushEvent& event : busy->second.behind) source_.put_back(event.lease);
  behind_ -= busy->second.behind.size();
  keys_.erase(busy);
}

void PushWorker::drain() {
  draining_ = true;
  put_back();
}

void PushWorker::lost() {
  context_.table->forget(context_.shard.handle(), this);
  draining_ = true;
  ready_.clear();
  under_way_.clear();
  keys_.clear();
  key_of_.clear();
  behind_ = 0;
  calls_ = 0;
  go_on_.cancel();
  ask_again_.cancel();
  count_under_way();
}

void PushWorker::count_under_way() {
  const std::size_t now = under_way_.size();
  context_.metrics.under_way.add(context_.shard, static_cast<std::int64_t>(now) - static_cast<std::int64_t>(counted_));
  counted_ = now;
}

}  // namespace events_service
