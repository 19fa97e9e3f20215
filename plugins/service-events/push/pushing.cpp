// A subscription whose events are pushed: what its worker takes, and what becomes of it.
#include <algorithm>

#include "subscription.hpp"

namespace events_service {
namespace {

// So that what failed at the same time, in several requests, is not tried again at the same time.
std::chrono::milliseconds spread(std::chrono::milliseconds wait, std::uint32_t percent, double luck) {
  return wait +
         std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * luck * percent / 100));
}

// A mark has four bits for it, of which the last number is not needed: what the peer asked for is over by then.
std::uint8_t cause_kept(std::uint32_t cause) noexcept {
  return static_cast<std::uint8_t>(cause == TRELLIS_CAUSE_THROTTLED ? std::uint32_t{TRELLIS_CAUSE_BUSY} : cause);
}

}  // namespace

void Subscription::start_push() {
  if (!settings_->push) return stop_push();
  if (push_ != nullptr) return push_->follow(*settings_->push);
  answer_all(
      events::problem(400, "the event subscription '" + name_ + "' of topic '" + topic_ + "' is a push one now"));
  end_streams("events of the event subscription are pushed now");
  const std::string name_space(here_.shard.host().name_space(name_space_).name);
  push_ = std::make_unique<PushWorker>(here_.push, PushWorker::Names{name_space, topic_, name_}, *settings_->push,
                                       static_cast<PushSource&>(*this));
  visit_held([this](const PushEvent& event) { push_->waits(event); });  // what clients released with a delay
  serve();
}

// What a handler has is for whoever asks.
void Subscription::stop_push() {
  if (push_ == nullptr) return;
  push_->drain();
  push_.reset();
  keep_consent({});
  std::vector<std::uint64_t> left;
  locks_.for_each([&](std::uint64_t lease, const Lock& lock) {
    if (lock.state == Lock::State::pushing) left.push_back(lease);
  });
  for (const std::uint64_t lease : left) give_back(lease, *locks_.find(lease));
}

void Subscription::lenders_changed() {
  if (push_ != nullptr) push_->lenders_changed();
}

void Subscription::take(std::uint32_t most, std::vector<PushEvent>& out) {
  if (starting_ || !queue_.is_open()) return;
  std::vector<Given> given = std::exchange(given_, {});
  given.clear();
  collect(most, given);
  for (const Given& one : given) out.push_back({one.lease, one.before.deliveries, one.before.cause, one.message});
  given_ = std::move(given);
  arm();
}

bool Subscription::begin(PushEvent& event) {
  const bool old = too_old(*event.message);
  if (old || event.attempts >= settings_->deliveries) {  // fewer than when it was tried before
    hold(event.lease, Lock::State::deferred, event.attempts, INT64_MAX, event.message);
    if (event.since_ms != 0) locks_.find(event.lease)->since_ms = event.since_ms;  // a dead letter tells of it
    give_up(event.lease, event.attempts, event.message, old ? Fate::expired : Fate::exhausted, 0, event.cause);
    return false;
  }
  const auto deliveries = static_cast<std::uint16_t>(event.attempts + 1);
  hold(event.lease, Lock::State::pushing, deliveries, INT64_MAX, event.message);
  locks_.find(event.lease)->cause = event.cause;
  queue_.set_tag(event.lease, Mark{.deliveries = deliveries, .cause = event.cause, .under_way = true}.tag());
  return true;
}

void Subscription::not_tried(std::uint64_t lease) {
  const Lock lock = *locks_.find(lease);
  const auto before = static_cast<std::uint16_t>(lock.deliveries - 1);
  queue_.set_tag(lease, Mark{.deliveries = before, .cause = lock.cause}.tag());
  put_back(lease);
  count_locks();
}

void Subscription::delivered(std::uint64_t lease) {
  locks_.remove(lease);
  queue_.settle(lease, TRELLIS_SETTLE_ACCEPT);
  count_locks();
}

bool Subscription::failed(std::uint64_t lease, std::chrono::milliseconds wait, std::uint32_t cause, double luck) {
  const Lock lock = *locks_.find(lease);
  const std::uint8_t kept_cause = cause_kept(cause);
  if (lock.deliveries >= settings_->deliveries || too_old(*lock.message)) {
    const Fate fate = lock.deliveries >= settings_->deliveries ? Fate::exhausted : Fate::expired;
    give_up(lease, lock.deliveries, lock.message, fate, 0, kept_cause);
    return false;
  }
  const auto scheduled =
      settings_->push ? settings_->push->wait_after(lock.deliveries) : wait_after(Tier::name_space, lock.deliveries);
  release(lease, lock,
          spread(std::max<std::chrono::milliseconds>(scheduled, wait), here_.settings.push_jitter, luck).count(),
          kept_cause);
  arm();
  return true;
}

void Subscription::refused(std::uint64_t lease, std::uint32_t cause) {
  const Lock lock = *locks_.find(lease);
  give_up(lease, lock.deliveries, lock.message, Fate::refused, 0, cause_kept(cause));
  count_locks();
}

PushEvent Subscription::held(std::uint64_t lease) {
  const Lock& lock = *locks_.find(lease);
  return {lease, lock.deliveries, lock.cause, lock.message, lock.since_ms};
}

// The memo of its queue has nothing else.
std::string Subscription::consent() const { return queue_.is_open() ? std::string(queue_.memo()) : std::string(); }

void Subscription::keep_consent(std::string_view consent) {
  if (queue_.is_open() && queue_.memo() != consent) queue_.set_memo(consent);
}

std::optional<std::string> Subscription::deliveries() const {
  if (push_ == nullptr) return std::nullopt;
  const trellis_subscriber_stats queue = queue_.stats();
  std::string json =
      R"({"waiting":)" + std::to_string(queue.queued - std::min<std::uint64_t>(queue.queued, queue.leased));
  json.append(R"(,"held":)").append(std::to_string(queue.leased)) += ',';
  push_->describe(json);
  return json + '}';
}

void Subscription::visit_held(const std::function<void(const PushEvent&)>& visit) {
  locks_.for_each([&](std::uint64_t lease, const Lock& lock) {
    if (lock.state == Lock::State::pushing || lock.state == Lock::State::deferred)
      visit({lease, lock.deliveries, lock.cause, lock.message, lock.since_ms});
  });
}

void Subscription::put_back(std::uint64_t lease) {
  locks_.remove(lease);
  if (!queue_.is_open()) return;
  queue_.settle(lease, TRELLIS_SETTLE_RELEASE);
  if (!age_timer_.waiting() || age_timer_ms_ > now_ms()) arm_age(0);  // it may be the oldest
}

}  // namespace events_service
