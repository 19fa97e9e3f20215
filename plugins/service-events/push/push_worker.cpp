#include "push_worker.hpp"

#include <trellis/abi/subscriber.h>

#include <algorithm>
#include <random>
#include <trellis/json.hpp>
#include <utility>

#include "common/stamp/utc_time.hpp"
#include "dead_letters/members.hpp"

namespace events_service {
namespace {

// Of a handler that says nothing at all: each has a shorter one of its own, and may be at work until then.
constexpr std::uint64_t kDeadlineMs = 15 * 60'000;
constexpr std::uint32_t kCallsOfATurn = 64;  // then it is others' turn
constexpr std::uint32_t kAtHand = 64;        // events that are leased before there is a request for them
constexpr std::size_t kMostBehind = 1000;    // events that wait for others with the same key
constexpr std::uint64_t kLeastHoldMs = 100;  // that a handler may ask for which cannot send at the time
constexpr std::uint64_t kMostHoldMs = 15 * 60'000;

}  // namespace

void PushMetrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kPushed = "Attempts to deliver an event through a handler.";
  delivered = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"delivered\"");
  failed = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"failed\"");
  refused = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"refused\"");
  later = host.counter("trellis_events_push_attempts_total", kPushed, "outcome=\"later\"");
  requests = host.counter("trellis_events_push_requests_total", "Batches that were given to handlers.");
  checks_failed = host.counter("trellis_events_push_checks_failed_total",
                               "Times a destination did not consent to get events, or could not be asked.");
  static constexpr std::string_view kPauses = "Times a destination was left alone for a while, and why.";
  failing = host.counter("trellis_events_push_pauses_total", kPauses, "reason=\"failing\"");
  asked = host.counter("trellis_events_push_pauses_total", kPauses, "reason=\"asked\"");
  under_way = host.gauge("trellis_events_push_under_way", "Events that handlers are delivering.");
  behind = host.gauge("trellis_events_push_behind", "Events that wait for another one with the same key.");
}

PushWorker::PushWorker(const PushContext& context, Names names, const PushSettings& settings, PushSource& source)
    : context_(context), names_(std::move(names)), settings_(settings), source_(source) {
  open();
}

PushWorker::~PushWorker() {
  context_.table->forget(context_.shard.handle(), this);
  show({});
  under_way_.clear();
  behind_ = 0;
  count_under_way();
}

void PushWorker::log(trellis::Level level, std::string_view sentence, std::string_view reason) const {
  context_.shard.host().log(level, sentence,
                            {{"topic", names_.topic},
                             {"subscription", names_.subscription},
                             {"handler", settings_.handler},
                             {"reason", reason}});
}

// ---- what is delivered

bool PushWorker::may_send() const noexcept {
  if (draining_ || settings_.paused || destination_ == nullptr || consent_ != Consent::given) return false;
  if (std::max(paused_until_ms_, held_until_ms_) > now_ms() || destination_->handler().shard(context_.shard) == nullptr)
    return false;
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
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto call = std::make_shared<Call>(
      Call{destination_, static_cast<std::uint32_t>(chosen_.size()), std::uniform_real_distribution<>()(random)});
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

void PushWorker::settled(std::uint64_t lease, const trellis_delivery_result& told) {
  if (told.outcome == TRELLIS_DELIVERY_AWAITED) return;  // it is settled yet
  trellis_delivery_result result = told;
  const bool given_up = told.outcome == TRELLIS_DELIVERY_RETRY && settings_.gives_up(told);
  if (given_up) result.outcome = TRELLIS_DELIVERY_REFUSED;
  if (result.outcome != TRELLIS_DELIVERED)
    tell_of_failure(given_up ? "a delivery failed, and by its retryProfile is not tried again"
                    : result.outcome == TRELLIS_DELIVERY_REFUSED ? "the destination refuses an event"
                    : result.outcome == TRELLIS_DELIVERY_LATER   ? "the handler cannot deliver an event at the time"
                                                                 : "a delivery failed",
                    result);
  if (result.outcome == TRELLIS_DELIVERY_REFUSED || result.outcome == TRELLIS_DELIVERY_RETRY) note(lease, result);
  if (!sending_) return settle(lease, result);
  told_.push_back({lease, result});
  told_.back().result.reason = {};  // it lived for the call
}

// While the reason is there.
void PushWorker::note(std::uint64_t lease, const trellis_delivery_result& result) {
  if (!under_way_.contains(lease)) return;
  const PushEvent event = source_.held(lease);
  const auto id = trellis::json::parse(member_in(trellis::text(event.message->payload), "id"));
  log_.failed(context_.shard.wall().count(), id ? id->text : std::string(), event.attempts, result);
}

void PushWorker::settle(std::uint64_t lease, const trellis_delivery_result& result) {
  const auto found = under_way_.find(lease);
  if (found == under_way_.end()) return;
  const std::shared_ptr<Call> call = std::move(found->second);
  under_way_.erase(found);
  --call->left;
  if (result.outcome == TRELLIS_DELIVERED) {
    context_.metrics.delivered.add(context_.shard);
    call->delivered = true;
    log_.delivered(context_.shard.wall().count());
    source_.delivered(lease);
    over(lease);
  } else if (result.outcome == TRELLIS_DELIVERY_LATER) {
    context_.metrics.later.add(context_.shard);
    put_off(lease, *call, result.retry_ms);
  } else {
    settle_failed(lease, *call, result);
  }
  if (call->left > 0) return;
  --calls_;
  judge(*call);
  // Nobody comes for what became due meanwhile: it waits in the queue, where it has its age looked at.
  if (calls_ == 0 && !may_send()) put_back();
  pump();
}

void PushWorker::settle_failed(std::uint64_t lease, Call& call, const trellis_delivery_result& result) {
  const std::chrono::milliseconds asked(std::min<std::uint64_t>(
      result.retry_ms, static_cast<std::uint64_t>(std::chrono::milliseconds(kLongestWait).count())));
  if (is_of_endpoint(result.cause)) {
    call.failed = true;
    call.cause = result.cause;
    if (result.cause == TRELLIS_CAUSE_THROTTLED) call.asked = std::max(call.asked, asked);
  }
  const bool never = result.outcome == TRELLIS_DELIVERY_REFUSED;
  (never ? context_.metrics.refused : context_.metrics.failed).add(context_.shard);
  if (never) {
    source_.refused(lease, result.cause);
    over(lease);
  } else if (!source_.failed(lease, asked, result.cause, call.luck)) {
    over(lease);
  }
}

// It was not tried, and the next one would not be either. All wait in the queue, in their order.
void PushWorker::put_off(std::uint64_t lease, const Call& call, std::uint64_t wait_ms) {
  const bool here = call.destination == destination_;
  const auto wait = static_cast<std::int64_t>(std::clamp(wait_ms, kLeastHoldMs, kMostHoldMs));
  if (here) held_until_ms_ = std::max(held_until_ms_, now_ms() + wait);
  free_key(lease);
  source_.not_tried(lease);
  if (!here) return;
  put_back();
  go_on_later();
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

// What says nothing about the endpoint, such as an event it does not want, leaves everything as it was.
void PushWorker::judge(const Call& call) {
  if (call.destination != destination_) return;  // it says nothing about this one
  if (!call.failed && !call.delivered) return;
  const bool probe = std::exchange(probing_, false);
  if (!call.failed) {
    if (failures_ >= context_.failures)
      log(trellis::Level::info, "the destination takes events again", "an attempt succeeded");
    failures_ = 0;
    return;
  }
  ++failures_;
  const bool says_so = call.asked.count() > 0 || call.cause == TRELLIS_CAUSE_DISABLED;
  if (probe || says_so || failures_ == context_.failures) pause(call);
}

void PushWorker::pause(const Call& call) {
  const std::int64_t before = std::exchange(
      paused_until_ms_, std::max(paused_until_ms_, now_ms() + std::max(pause_for(call.cause), call.asked).count()));
  put_back();
  go_on_later();
  if (call.asked.count() > 0) {
    asked_until_unix_ms_ = std::max(asked_until_unix_ms_, context_.shard.wall().count() + call.asked.count());
    keep();
  }
  if (before > now_ms()) return;  // what was under way together
  (call.asked.count() > 0 ? context_.metrics.asked : context_.metrics.failing).add(context_.shard);
  const std::string time = std::to_string((paused_until_ms_ - now_ms()) / 1000) + " s";
  if (call.asked.count() > 0) {
    std::uint64_t unsaid = 0;
    if (pauses_logged_.now(now_ms(), unsaid))
      log(trellis::Level::info, "the destination asks to be left alone for a while", time);
  } else if (failures_ == context_.failures) {
    log(trellis::Level::warn, "the destination failed several times and is left alone for a while", time);
  }
}

void PushWorker::go_on_later() {
  const std::int64_t wait = std::max(paused_until_ms_, held_until_ms_) - now_ms();
  go_on_ = context_.shard.after(std::chrono::milliseconds(std::max<std::int64_t>(wait, 0)), [this] { pump(); });
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

void PushWorker::describe(std::string& json) const {
  const std::int64_t now = now_ms();
  const bool alone = paused_until_ms_ > now;
  const std::string_view sending = alone ? "left alone" : held_until_ms_ > now ? "held back" : "delivering";
  const std::string_view state = draining_                    ? "stopping"
                                 : settings_.paused           ? "paused"
                                 : destination_ == nullptr    ? "no handler"
                                 : consent_ == Consent::given ? sending
                                 : by_hand()                  ? ConsentStates::kByHand
                                                              : "awaiting consent";
  json.append(R"("state":)").append(trellis::json::quote(state));
  if (alone) {
    const std::int64_t until = context_.shard.wall().count() + paused_until_ms_ - now;
    json.append(R"(,"until":)").append(trellis::json::quote(common::write_utc(until)));
  }
  if (!unconsented_.empty()) json.append(R"(,"reason":)").append(trellis::json::quote(unconsented_));
  json.append(R"(,"underWay":)").append(std::to_string(under_way_.size()));
  json.append(R"(,"failuresInARow":)").append(std::to_string(failures_)) += ',';
  log_.append(json);
}

void PushWorker::count_under_way() {
  const std::size_t now = under_way_.size();
  context_.metrics.under_way.add(context_.shard, static_cast<std::int64_t>(now) - static_cast<std::int64_t>(counted_));
  counted_ = now;
  context_.metrics.behind.add(context_.shard,
                              static_cast<std::int64_t>(behind_) - static_cast<std::int64_t>(counted_behind_));
  counted_behind_ = behind_;
}

}  // namespace events_service
