#include "worker.hpp"

#include <poll.h>

#include <algorithm>
#include <exception>

namespace postgres {

using common::Outcome;
using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::Settlement;

namespace {
constexpr std::size_t kBatchBytes = std::size_t{8} << 20U;  // of one transaction
}  // namespace

Worker::Worker(std::shared_ptr<const Target> target, trellis::Host host, const peer_link::LinkMetrics& metrics)
    : target_(std::move(target)),
      host_(host),
      metrics_(metrics),
      session_(*target_, waker_, stopping_),
      backoff_(target_->peer.backoff),
      jitter_(std::random_device()()) {}

Worker::~Worker() {
  stop();
  join();
  end();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::stop() noexcept {
  stopping_.store(true);
  waker_.call();
}

/// With the mutex held. False where nothing is taken any more.
bool Worker::begin(ProbePlace place) {
  if (stopping_.load()) return false;
  place_ = std::move(place);
  if (!thread_.joinable()) {
    ended_.store(false);
    thread_ = std::thread([this] { run(); });
  }
  return true;
}

void Worker::add(ProbePlace place, Row row, Settlement settlement) {
  const auto& peer = target_->peer;
  Verdict verdict = Verdict::stopped("the destination is given up");
  {
    const std::lock_guard lock(mutex_);
    const bool full =
        waiting_.size() >= peer.waiting || (!waiting_.empty() && waiting_bytes_ + row.bytes > peer.waiting_bytes);
    if (!full && begin(std::move(place))) {
      waiting_bytes_ += row.bytes;
      waiting_.push_back({std::move(row), std::move(settlement), Waker::Clock::now() + peer.timeout});
      metrics_.waiting.add_any();
      // Where others wait already the thread has been called.
      if (waiting_.size() == 1) waker_.call();
      return;
    }
    if (full)
      verdict =
          Verdict::later(Cause::busy, peer.name + ": too many events wait to be written there", common::kRoomWait);
  }
  if (verdict.cause == Cause::busy) metrics_.overflows.add_any();
  settle_one(settlement, verdict);
}

void Worker::check(ProbePlace place, Settlement consent) {
  {
    const std::lock_guard lock(mutex_);
    if (begin(std::move(place))) {
      checks_.push_back(std::move(consent));
      return waker_.call();
    }
  }
  Verdict::stopped("the destination is given up").settle(consent);
}

void Worker::run() noexcept {
  try {
    while (step()) {
    }
  } catch (const std::exception& error) {
    // Such as no memory: whoever has it delivered comes again, to a thread that is gone.
    host_.log(trellis::Level::error, "the thread of a destination ends",
              {{"peer", target_->peer.name}, {"error", error.what()}});
    stopping_.store(true);
  }
  session_.close();
  end();
  ended_.store(true);
}

/// One thing to do, or one wait. False at the end.
bool Worker::step() {
  if (stopping_.load()) return false;
  settle(take_late(), last_failure_.value_or(Verdict::retry(
                          Cause::timed_out, target_->peer.name + ": the event was not written in time")));
  bool idle = false;
  Time earliest = Time::max();
  {
    const std::lock_guard lock(mutex_);
    idle = waiting_.empty() && checks_.empty();
    if (!waiting_.empty()) earliest = waiting_.front().until;
  }
  if (idle) return rest(Time::max()), true;
  if (!session_.usable()) {
    if (Waker::Clock::now() < next_attempt_) return rest(std::min(next_attempt_, earliest)), true;
    if (!connect()) return true;
  }
  consent();
  write();
  return true;
}

/// Until there is something to do. A server may end what nobody uses.
void Worker::rest(Time until) {
  if (waker_.wait(session_.socket(), POLLIN, until) != Waker::Woken::socket) return;
  session_.look();
  if (session_.usable()) return;
  session_.close();
  if (std::exchange(counted_, false)) metrics_.connections.add_any(-1);
}

bool Worker::connect() {
  const Time until = Waker::Clock::now() + target_->peer.target.timeout;
  Verdict why;
  const std::string address = probe(why, until);
  auto failed = address.empty() ? std::optional(why) : session_.connect(address, until);
  if (failed) {
    metrics_.failed.add_any();
    disconnected(*failed);
    return false;
  }
  metrics_.opened.add_any();
  metrics_.connections.add_any();
  counted_ = true;
  if (last_failure_)
    host_.log(trellis::Level::info, "the peer of a handler is there again", {{"peer", target_->peer.name}});
  last_failure_.reset();
  return true;
}

/// Whoever asked whether the peer takes events is told so, connected long ago or just now.
void Worker::consent() {
  std::vector<Settlement> checks;
  {
    const std::lock_guard lock(mutex_);
    checks = std::exchange(checks_, {});
  }
  for (Settlement& one : checks) one.delivered();
}

/// The address to connect to; empty, and why, where there is none.
std::string Worker::probe(Verdict& why, Time until) {
  ProbePlace place;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    place = place_;
    probed_.reset();
    number = ++probe_number_;
  }
  const auto answer = [self = weak_from_this(), number](Probed probed) {
    const auto mine = self.lock();
    if (mine == nullptr) return;
    const std::lock_guard lock(mine->mutex_);
    if (number == mine->probe_number_) mine->probed_ = std::move(probed);
    mine->waker_.call();
  };
  const auto& target = target_->peer.target;
  const bool posted = host_.post(place.shard, [probe = std::move(place.probe), answer, target] {
    const auto there = probe.lock();
    if (there != nullptr) return there->ask(target.host, target.port, target.timeout, answer);
    answer({{}, Verdict::stopped()});
  });
  why = Verdict::stopped();
  while (posted && !stopping_.load()) {
    {
      const std::lock_guard lock(mutex_);
      if (probed_) {
        why = std::move(probed_->why);
        return std::move(probed_->address);
      }
    }
    // A little longer than the kernel itself takes to give up.
    if (waker_.wait(-1, 0, until + milliseconds(1000)) == Waker::Woken::late) {
      why = Verdict::retry(Cause::timed_out, target_->peer.name + ": cannot connect in time");
      return {};
    }
  }
  return {};
}

void Worker::disconnected(const Verdict& verdict) {
  session_.close();
  if (std::exchange(counted_, false)) metrics_.connections.add_any(-1);
  if (!stopping_.load() && (!last_failure_ || last_failure_->reason != verdict.reason)) {
    host_.log(trellis::Level::warn, "the peer of a handler cannot be used", {{"error", verdict.reason}});
  }
  last_failure_ = verdict;
  std::uniform_int_distribution<std::int64_t> part(backoff_.count() / 2, backoff_.count());
  next_attempt_ = Waker::Clock::now() + milliseconds(part(jitter_));
  backoff_ = std::min(backoff_ * 2, target_->peer.backoff_max);
  std::vector<Settlement> checks;
  std::vector<Waiting> over;
  {
    const std::lock_guard lock(mutex_);
    checks = std::exchange(checks_, {});
    while (!common::passes_soon(verdict.cause) && !waiting_.empty()) {
      over.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (!over.empty()) waiting_bytes_ = 0;
  }
  settle(std::move(over), verdict);
  for (Settlement& one : checks) verdict.settle(one);
}

void Worker::write() {
  std::vector<Waiting> batch = take();
  if (batch.empty()) return;
  std::vector<const Row*> rows;
  for (const Waiting& one : batch) rows.push_back(&one.row);
  metrics_.in_flight.add_any(static_cast<std::int64_t>(batch.size()));
  const auto verdicts = session_.write(rows, Waker::Clock::now() + target_->peer.timeout);
  metrics_.in_flight.add_any(-static_cast<std::int64_t>(batch.size()));
  metrics_.waiting.add_any(-static_cast<std::int64_t>(batch.size()));
  // Before anything is settled, for that may bring more.
  if (session_.usable()) {
    backoff_ = target_->peer.backoff;
  } else {
    metrics_.lost.add_any();
    disconnected(verdicts.back());
  }
  for (std::size_t i = 0; i < batch.size(); ++i) settle_one(batch[i].settlement, verdicts[i].once_sent());
}

/// As many as one transaction takes.
std::vector<Worker::Waiting> Worker::take() {
  std::vector<Waiting> out;
  std::size_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && out.size() < target_->batch_rows &&
         (out.empty() || bytes + waiting_.front().row.bytes <= kBatchBytes)) {
    bytes += waiting_.front().row.bytes;
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  return out;
}

std::vector<Worker::Waiting> Worker::take_late() {
  std::vector<Waiting> out;
  const Time now = Waker::Clock::now();
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && waiting_.front().until <= now) {
    waiting_bytes_ -= waiting_.front().row.bytes;
    out.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return out;
}

void Worker::settle(std::vector<Waiting> all, const Verdict& verdict) {
  metrics_.waiting.add_any(-static_cast<std::int64_t>(all.size()));
  for (Waiting& one : all) settle_one(one.settlement, verdict);
}

void Worker::settle_one(Settlement& settlement, const Verdict& verdict) const {
  metrics_.events.count_any(verdict);
  verdict.settle(settlement);
}

void Worker::end() noexcept {
  if (std::exchange(counted_, false)) metrics_.connections.add_any(-1);
  const Verdict verdict = Verdict::stopped("the destination is given up");
  std::vector<Waiting> over;
  std::vector<Settlement> checks;
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty()) {
      over.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    waiting_bytes_ = 0;
    checks = std::exchange(checks_, {});
  }
  settle(std::move(over), verdict);
  for (Settlement& one : checks) verdict.settle(one);
}

}  // namespace postgres
