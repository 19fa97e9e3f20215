// What clients receive, as long as they wait for it.
#include <algorithm>
#include <array>

#include "subscription.hpp"

namespace events_service {
namespace {

constexpr std::uint32_t kChunk = 64;
constexpr std::size_t kFirst = 16;                           // events that are looked at before their size is known
constexpr std::size_t kUsualBytes = std::size_t{64} << 10U;  // and what they are taken for
constexpr std::size_t kKeptBody = std::size_t{256} << 10U;
constexpr std::chrono::milliseconds kPatience{10'000};  // beyond what a request waits

}  // namespace

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
    if (over->request.answer.extend(here_.shard, kPatience)) over->request.answer.refuse(problem);
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
  } else if (mark.deliveries - (mark.under_way ? 1 : 0) >= settings_->deliveries) {
    give_up(delivery.lease, mark.deliveries, &message, Fate::exhausted, 0, mark.cause);
  } else {
    // Of one that a handler had when the process ended, or another instance began, nobody knows what came of it. It is
    // made again, as often as it takes: the last one, too.
    Mark before = mark;
    before.under_way = false;
    before.deliveries = std::min<std::uint16_t>(mark.deliveries, static_cast<std::uint16_t>(settings_->deliveries - 1));
    given.push_back({delivery.lease, before, &message, {}, 0});
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

}  // namespace events_service
