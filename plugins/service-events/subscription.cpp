#include "subscription.hpp"

#include <algorithm>
#include <array>

namespace events_service {
namespace {

constexpr std::string_view kQueues =
    "\x01"
    "events/";
constexpr std::string_view kStops = "the broker stops, or is configured anew";
constexpr std::uint32_t kChunk = 64;
constexpr std::size_t kFirst = 16;                           // events that are looked at before their size is known
constexpr std::size_t kUsualBytes = std::size_t{64} << 10U;  // and what they are taken for
constexpr std::size_t kKeptBody = std::size_t{256} << 10U;
constexpr std::int64_t kLongestTimerMs = 3'600'000;
constexpr std::chrono::milliseconds kPatience{10'000};  // beyond what a request waits

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
  settings_ = entry.settings;
  const auto life = std::min(settings_->time_to_live.value_or(topic.settings.retention), topic.settings.retention);
  life_ms_ = std::chrono::milliseconds(life).count();
  mqtt_ = topic.settings.mqtt;
  if (!queue_.is_open()) return;
  start_push();
  shorten_delays();
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

// ---- receiving

void Subscription::receive(Receive request) {
  if (waiting_.empty() && !starting_ && give(request)) return;
  if (request.wait_s == 0) {
    body_.clear();
    events::append_received(body_, {});
    return request.answer.send(here_.shard, body_);
  }
  if (here_.waiting >= here_.settings.waiting) {
    return request.answer.refuse(events::problem(429, "as many receive requests wait for events as may"));
  }
  const std::chrono::milliseconds wait = std::chrono::seconds(request.wait_s);
  if (!request.answer.extend(here_.shard, wait + kPatience)) return;
  waiting_.push_back(std::make_unique<Waiting>(Waiting{std::move(request), {}}));
  Waiting* const mine = waiting_.back().get();
  mine->over = here_.shard.after(wait, [this, mine] { nothing_came(mine); });
  ++here_.waiting;
  here_.metrics.waiting.add(here_.shard);
}

void Subscription::nothing_came(const Waiting* waiting) {
  const auto found = std::ranges::find_if(waiting_, [&](const auto& one) { return one.get() == waiting; });
  if (found == waiting_.end()) return;
  const std::unique_ptr<Waiting> over = std::move(*found);
  waiting_.erase(found);
  --here_.waiting;
  here_.metrics.waiting.add(here_.shard, -1);
  std::string body;
  events::append_received(body, {});
  over->request.answer.send(here_.shard, body);
}

void Subscription::answer_all(const events::Problem& problem) {
  while (!waiting_.empty()) {
    const std::unique_ptr<Waiting> over = std::move(waiting_.front());
    waiting_.pop_front();
    --here_.waiting;
    here_.metrics.waiting.add(here_.shard, -1);
    over->request.answer.refuse(problem);
  }
}

// Requests and streams take turns.
void Subscription::serve() {
  if (push_ != nullptr) {
    if (!starting_ && queue_.is_open()) push_->pump();
    return;
  }
  std::int64_t since_us = 0;
  bool any = true;
  while (any && !starting_ && queue_.is_open()) {
    any = serve_receive(since_us);
    any = (queue_.is_open() && serve_stream()) || any;
  }
}

// Who came first gets what there is, as much as it asked for. While one is answered another may come. False where
// there is nothing, or nobody waits.
bool Subscription::serve_receive(std::int64_t& since_us) {
  if (waiting_.empty()) return false;
  const bool waits = waiting_.front()->request.answer.extend(here_.shard, kPatience);  // else the client has gone
  std::unique_ptr<Waiting> first = std::move(waiting_.front());
  waiting_.pop_front();
  if (since_us == 0) since_us = first->request.answer.now_us();
  first->request.answer.asked().since_us = since_us;  // there was nothing to give it before
  if (waits && !give(first->request)) {
    first->request.answer.extend(here_.shard, kPatience + std::chrono::seconds(first->request.wait_s));
    waiting_.push_front(std::move(first));
    return false;
  }
  --here_.waiting;
  here_.metrics.waiting.add(here_.shard, -1);
  return true;
}

// Answers with what there is; false where that is nothing.
bool Subscription::give(Receive& request) {
  std::vector<Given> given = std::exchange(given_, {});
  given.clear();
  collect(request.most, given);
  if (given.empty()) {
    given_ = std::move(given);
    arm();
    return false;
  }
  std::string body = std::exchange(body_, {});
  body.clear();
  Undone leases;
  std::vector<events::Delivery> answered;
  answered.reserve(given.size());
  leases.reserve(given.size());
  for (Given& one : given) {
    const std::uint16_t deliveries = lock(one);
    one.token_size = here_.tokens.write({id_, one.lease, deliveries, unix_ms()}, one.token).size();
    leases.emplace_back(one.lease, one.before);
    answered.push_back(
        {{one.token.data(), one.token_size}, one.before.deliveries + 1U, trellis::text(one.message->payload)});
  }
  events::append_received(body, answered);
  const auto count = static_cast<std::int64_t>(given.size());
  given_ = std::move(given);
  arm();
  request.answer.send(here_.shard, body, here_.metrics.received, count,
                      [this, alive = std::weak_ptr(alive_), leases = std::move(leases)] {
                        if (!alive.expired()) undo(leases);
                      });
  if (body.capacity() <= kKeptBody) body_ = std::move(body);
  return true;
}

void Subscription::collect(std::uint32_t most, std::vector<Given>& given, std::size_t most_bytes) {
  std::array<trellis_delivery, kChunk> deliveries;
  std::size_t bytes = 0;
  std::size_t seen = 0;
  while (given.size() < most && bytes < most_bytes && queue_.is_open()) {
    // As many as fit, were they as large as those before.
    const std::size_t fit = seen == 0 ? std::min(kFirst, 1 + most_bytes / kUsualBytes)
                                      : (most_bytes - bytes) / std::max<std::size_t>(bytes / seen, 1) + 1;
    const std::size_t wanted = std::min({std::size_t{kChunk}, fit, most - given.size()});
    const std::uint32_t leased = queue_.lease({deliveries.data(), wanted});
    for (std::uint32_t i = 0; i < leased; ++i) {
      bytes += deliveries[i].message->payload.size;
      ++seen;
      take_one(deliveries[i], given);
    }
    if (leased < wanted) return;
  }
}

// It is leased from the kernel: what is to become of it?
void Subscription::take_one(const trellis_delivery& delivery, std::vector<Given>& given) {
  const Mark mark = Mark::of(delivery.tag);
  const trellis_message& message = *delivery.message;
  const std::int64_t until_ms = static_cast<std::int64_t>(mark.until_s) * 1000;
  if (mark.fate != Fate::none) {
    give_up(delivery.lease, mark.deliveries, &message, mark.fate, mark.until_s, mark.cause);
  } else if (too_old(message)) {
    give_up(delivery.lease, mark.deliveries, &message, Fate::expired, 0, mark.cause);
  } else if (until_ms > unix_ms()) {
    const std::int64_t due_ms = std::min(until_ms, end_of(message));
    hold(delivery.lease, Lock::State::deferred, mark.deliveries, now_ms() + due_ms - unix_ms(), &message);
    locks_.find(delivery.lease)->cause = mark.cause;
    if (push_ != nullptr) push_->waits({delivery.lease, mark.deliveries, mark.cause, &message});
  } else if (mark.deliveries >= settings_->deliveries) {
    give_up(delivery.lease, mark.deliveries, &message, Fate::exhausted);
  } else {
    given.push_back({delivery.lease, mark, &message, {}, 0});
  }
}

std::uint16_t Subscription::lock(const Given& given) {
  const auto deliveries = static_cast<std::uint16_t>(given.before.deliveries + 1);
  hold(given.lease, Lock::State::locked, deliveries, now_ms() + settings_->lock.count(), given.message);
  queue_.set_tag(given.lease, Mark{.deliveries = deliveries}.tag());
  return deliveries;
}

void Subscription::undo(const Undone& leases) {
  take_back(leases);
  count_locks();
  serve();
}

// Nobody got them: as if they had not been received.
void Subscription::take_back(const Undone& leases) {
  for (const auto& [lease, before] : leases) {
    const Lock* const lock = locks_.find(lease);
    if (lock == nullptr || lock->state != Lock::State::locked || lock->deliveries != before.deliveries + 1) continue;
    queue_.set_tag(lease, before.tag());
    give_back(lease, *lock);
    here_.metrics.receive_failed.add(here_.shard);
  }
}

// ---- settling

void Subscription::settle(const Settlement& how, std::span<const events::AskedToken> tokens,
                          std::vector<events::Settled>& out) {
  for (const events::AskedToken& token : tokens) {
    std::string_view message;
    const auto error = token.repeated ? events::TokenError::token_lost : settle_one(how, token.text, message);
    out.push_back({token.text, error, message});
  }
  arm();
}

// The lock of that delivery; null where it is over.
Lock* Subscription::holds(std::uint64_t lease, std::uint32_t deliveries) {
  Lock* const lock = locks_.find(lease);
  const bool held = lock != nullptr && lock->state == Lock::State::locked && lock->deliveries == deliveries &&
                    lock->due_ms > now_ms();
  return held ? lock : nullptr;
}

events::TokenError Subscription::settle_one(const Settlement& how, std::string_view token, std::string_view& message) {
  events::Lease read;
  const events::TokenFault fault = here_.tokens.read(token, id_, read);
  if (fault != events::TokenFault::none) {
    message = message_of(fault);
    return error_of(fault);
  }
  Lock* const lock = holds(read.number, read.delivery_count);
  if (lock == nullptr) return events::TokenError::token_lost;
  if (how.operation == events::Operation::renew_lock) {
    if (unix_ms() - read.since_unix_ms > std::chrono::milliseconds(here_.settings.renewals).count()) {
      message = "Locks are renewed within an hour of the delivery.";
      return events::TokenError::token_lost;
    }
    locks_.move(read.number, *lock, now_ms() + settings_->lock.count());
    return events::TokenError::none;
  }
  perform(how, read.number, *lock);
  return events::TokenError::none;
}

void Subscription::perform(const Settlement& how, std::uint64_t lease, const Lock& lock) {
  if (how.operation == events::Operation::acknowledge) {
    locks_.remove(lease);
    queue_.settle(lease, TRELLIS_SETTLE_ACCEPT);
  } else if (how.operation == events::Operation::reject) {
    give_up(lease, lock.deliveries, lock.message, Fate::rejected);
  } else if (lock.deliveries >= settings_->deliveries) {
    give_up(lease, lock.deliveries, lock.message, Fate::exhausted);
  } else {
    release(lease, lock, std::int64_t{how.delay_s} * 1000);
  }
}

void Subscription::release(std::uint64_t lease, const Lock& lock, std::int64_t delay_ms, std::uint8_t cause) {
  if (delay_ms == 0 || too_old(*lock.message)) return give_back(lease, lock);
  const trellis_message* const message = lock.message;
  const std::uint16_t deliveries = lock.deliveries;
  const std::int64_t until = std::min(unix_ms() + delay_ms, end_of(*message));
  queue_.set_tag(
      lease, Mark{.deliveries = deliveries, .until_s = static_cast<std::uint64_t>((until + 999) / 1000), .cause = cause}
                 .tag());
  hold(lease, Lock::State::deferred, deliveries, now_ms() + until - unix_ms(), message);
  locks_.find(lease)->cause = cause;
}

// ---- time

void Subscription::hold(std::uint64_t lease, Lock::State state, std::uint16_t deliveries, std::int64_t due_ms,
                        const trellis_message* message) {
  const Lock* const before = locks_.find(lease);
  const std::int64_t since = before == nullptr || state == Lock::State::locked ? unix_ms() : before->since_ms;
  locks_.add(lease,
             {.state = state, .deliveries = deliveries, .due_ms = due_ms, .since_ms = since, .message = message});
}

void Subscription::count_locks() {
  here_.metrics.locked.add(here_.shard,
                           static_cast<std::int64_t>(locks_.size()) - static_cast<std::int64_t>(counted_locks_));
  counted_locks_ = locks_.size();
}

void Subscription::arm() {
  count_locks();
  const auto due = locks_.next_due();
  if (!due || *due == INT64_MAX || (lock_timer_.waiting() && lock_timer_ms_ <= *due)) return;
  lock_timer_ms_ = *due;
  const std::int64_t delay = std::clamp<std::int64_t>(*due - now_ms(), 0, kLongestTimerMs);
  lock_timer_ = here_.shard.after(std::chrono::milliseconds(delay), [this] { look_at_locks(); });
}

void Subscription::look_at_locks() {
  if (!queue_.is_open()) return;
  locks_.take_due(now_ms(), [this](std::uint64_t lease, const Lock& lock) { look_at_lock(lease, lock); });
  arm();
  serve();
}

void Subscription::look_at_lock(std::uint64_t lease, const Lock& lock) {
  if (lock.state == Lock::State::burying) {
    Lock& again = *locks_.find(lease);
    locks_.move(lease, again, INT64_MAX);
    return bury(lease);
  }
  if (lock.state == Lock::State::deferred && push_ != nullptr) {
    const PushEvent event{lease, lock.deliveries, lock.cause, lock.message};
    locks_.remove(lease);
    return push_->due(event);
  }
  if (lock.state == Lock::State::locked) here_.metrics.locks_expired.add(here_.shard);
  if (lock.state == Lock::State::locked && lock.deliveries >= settings_->deliveries)
    return give_up(lease, lock.deliveries, lock.message, Fate::exhausted);
  give_back(lease, lock);
}

// It waits again. It may be older than all that waited, and the first to be too old.
void Subscription::give_back(std::uint64_t lease, const Lock& lock) {
  const std::int64_t left_ms = end_of(*lock.message) - unix_ms();
  if (left_ms <= 0) return give_up(lease, lock.deliveries, lock.message, Fate::expired, 0, lock.cause);
  locks_.remove(lease);
  queue_.settle(lease, TRELLIS_SETTLE_RELEASE);
  if (!age_timer_.waiting() || age_timer_ms_ > now_ms() + left_ms) arm_age(left_ms);
}

// What had been delivered before the process began stands before all that had not: some of it waits for a time, or is
// on its way to the dead letters.
void Subscription::sweep_start() {
  std::array<trellis_delivery, kChunk> deliveries;
  while (starting_ && queue_.is_open()) {
    const std::uint32_t leased = queue_.lease(deliveries);
    std::vector<Given> given;
    bool untouched = false;
    for (std::uint32_t i = 0; i < leased; ++i) {
      untouched = untouched || deliveries[i].tag == 0;
      if (untouched) {
        parked_.push_back(deliveries[i].lease);
      } else {
        take_one(deliveries[i], given);
      }
    }
    for (const Given& one : given) parked_.push_back(one.lease);
    const auto stats = queue_.stats();
    const bool full = leased == 0 && queue_.peek({deliveries.data(), 1}) > 0;  // of leases
    if (leased == 0 && !full && stats.queued > stats.leased) return arm();     // they are read from the store
    starting_ = !untouched && !full && stats.queued > stats.leased;
  }
  for (const std::uint64_t lease : std::exchange(parked_, {})) queue_.settle(lease, TRELLIS_SETTLE_RELEASE);
  arm();
}

void Subscription::arm_age(std::int64_t delay_ms) {
  const std::int64_t delay = std::clamp<std::int64_t>(delay_ms, 0, kLongestTimerMs);
  age_timer_ms_ = now_ms() + delay;
  age_timer_ = here_.shard.after(std::chrono::milliseconds(delay), [this] {
    if (starting_) sweep_start();
    sweep_old();
    serve();
  });
}

// The oldest that waits is the first to be too old.
void Subscription::sweep_old() {
  std::array<trellis_delivery, kChunk> deliveries;
  sweeping_ = false;
  while (queue_.is_open() && !starting_) {
    const std::uint32_t shown = queue_.peek(deliveries);
    if (shown == 0) break;
    std::uint32_t old = 0;
    while (old < shown && too_old(*deliveries[old].message)) ++old;
    if (old == 0) return arm_age(end_of(*deliveries[0].message) - unix_ms());
    const std::uint32_t leased = queue_.lease({deliveries.data(), old});
    for (std::uint32_t i = 0; i < leased; ++i) {
      const trellis_delivery& one = deliveries[i];
      const Mark mark = Mark::of(one.tag);
      if (too_old(*one.message)) {
        const bool burying = mark.fate != Fate::none;
        give_up(one.lease, mark.deliveries, one.message, burying ? mark.fate : Fate::expired,
                burying ? mark.until_s : 0, mark.cause);
      } else {
        queue_.settle(one.lease, TRELLIS_SETTLE_RELEASE);
      }
    }
    arm();
    if (leased == 0) break;
  }
  if (!queue_.is_open()) return;
  const auto stats = queue_.stats();
  sweeping_ = stats.queued > stats.leased;  // they are read from the store: on_ready() goes on
  arm_age(life_ms_);
}

}  // namespace events_service
