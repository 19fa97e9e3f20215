#include "subscription.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace events_service {
namespace {

constexpr std::string_view kQueues =
    "\x01"
    "events/";
constexpr std::string_view kStops = "the broker stops, or is configured anew";

}  // namespace

Subscription::Subscription(Here& here, const TopicView& topic, const SubscriptionEntry& entry)
    : here_(here),
      id_(entry.id),
      name_space_(topic.name_space),
      topic_(topic.name),
      name_(entry.name),
      queue_(here.tables, here.shard) {
  follow(topic, entry);
}

Subscription::~Subscription() {
  push_.reset();
  here_.waiting -= waiting_.size();
  here_.metrics.waiting.add(here_.shard, -static_cast<std::int64_t>(waiting_.size()));
  locks_.clear();
  count_locks();
}

std::string Subscription::queue_name(std::string_view topic, std::string_view subscription) {
  return std::string(kQueues) + small(topic) + '/' + small(subscription);
}

std::pair<std::string, std::string> Subscription::names_in(std::string_view queue_name) {
  if (!queue_name.starts_with(kQueues)) return {};
  const auto [topic, name] = split_name(queue_name.substr(kQueues.size()));
  return {std::string(topic), std::string(name)};
}

trellis::Result<void> Subscription::open() {
  const std::string name = queue_name(topic_, name_);
  auto opened = queue_.open({.name_space = name_space_,
                             .name = name,
                             .messages = here_.settings.queue_events,
                             .bytes = here_.settings.queue_bytes,
                             .leases = here_.settings.locks,
                             .lease_bytes = here_.settings.lock_bytes},
                            *this);
  if (opened) begin();
  return opened;
}

std::pair<const trellis_receiver*, void*> Subscription::take(trellis_subscriber* restored) {
  const auto answer = queue_.take(restored, here_.settings.locks, *this);
  begin();
  return answer;
}

// It may have events of a process before.
void Subscription::begin() {
  starting_ = queue_.stats().queued > 0;
  start_push();
  arm_age(0);
}

void Subscription::end() {
  push_.reset();
  locks_.clear();
  count_locks();
  queue_.close();
  // Whoever is answered may ask for another of that name at once.
  const std::string removed = "the event subscription '" + name_ + "' of topic '" + topic_ + "' was removed";
  end_streams(removed);
  answer_all(events::problem(404, removed));
}

void Subscription::drain() {
  if (push_ != nullptr) push_->drain();
  end_streams(kStops);
  while (!waiting_.empty()) nothing_came(waiting_.front().get());
}

void Subscription::follow(const TopicView& topic, const SubscriptionEntry& entry) {
  const auto life = std::min(entry.settings->time_to_live.value_or(topic.settings.retention), topic.settings.retention);
  const std::int64_t life_ms = std::chrono::milliseconds(life).count();
  if (settings_ == entry.settings && life_ms_ == life_ms && mqtt_ == topic.settings.mqtt) return;
  settings_ = entry.settings;
  const bool shorter = std::exchange(life_ms_, life_ms) > life_ms;
  mqtt_ = topic.settings.mqtt;
  if (!queue_.is_open()) return;
  start_push();
  if (shorter) shorten_delays();
  arm_age(0);
}

// None is longer than its event lives.
void Subscription::shorten_delays() {
  locks_.for_each([this](std::uint64_t lease, Lock& lock) {
    if (lock.state != Lock::State::deferred) return;
    const std::int64_t end_ms = now_ms() + end_of(*lock.message) - unix_ms();
    if (end_ms < lock.due_ms) locks_.move(lease, lock, end_ms);
  });
  arm();
}

void Subscription::on_lost(bool taken) noexcept {
  stopped_ = !taken;
  if (push_ != nullptr) push_->lost();
  answer_all(events::problem(503, std::string(kStops)));
  end_streams(kStops);
  locks_.clear();
  count_locks();
  lock_timer_.cancel();
  age_timer_.cancel();
}

void Subscription::on_ready() noexcept {
  if (starting_) sweep_start();
  if (sweeping_) sweep_old();
  serve();
}

}  // namespace events_service
