// And when it ends: what becomes of what is under way, and when the next connection is tried.
#include <algorithm>
#include <utility>

#include "common/peer_link/link.hpp"

namespace peer_link {

using common::Verdict;
using trellis::Cause;
using trellis::Settlement;

Link::~Link() {
  stopped_ = true;
  if (speaker_ != nullptr && ready_) speaker_->farewell();
  drop_connection();
  give_up(Verdict::stopped("the destination is given up"), true);
}

void Link::fail(Verdict verdict) {
  if (connection_ == nullptr || failed_) return;
  failed_ = std::move(verdict);
  if (busy_ > 0) return;
  end(*std::exchange(failed_, std::nullopt), ready_);
}

void Link::misunderstood(std::string_view what) {
  fail(Verdict::retry(Cause::aborted, settings().name + ": " + common::said(what), common::kUsualWait));
}

/// The speaker is done for now: what it could not go on with ends, and what waits may go.
void Link::leave_busy() {
  if (--busy_ > 0) return;
  if (failed_) return end(*std::exchange(failed_, std::nullopt), ready_);
  if (may_send()) pump();
}

void Link::closed(std::uint32_t reason, std::string_view why, bool shutdown) {
  const bool was_open = speaker_ != nullptr;
  const bool was_ready = ready_;
  const bool idle = ready_ && sent_.empty() && waiting_.empty() && checks_.empty();
  drop_connection();
  stopped_ = stopped_ || shutdown || reason == TRELLIS_DIAL_STOPPED;
  // A peer may end what nobody uses.
  if (idle && !stopped_) return back_off();
  const std::string& name = settings().name;
  if (stopped_) return end(Verdict::stopped(name + ": the handler stops"), was_ready);
  if (was_open)
    return end(Verdict::retry(Cause::socket, name + ": the connection ended: " + std::string(why)), was_ready);
  end(common::judge_dial(reason, name, why), false);
}

void Link::end(const Verdict& verdict, bool was_ready) {
  drop_connection();
  (was_ready ? metrics_.lost : metrics_.failed).add(shard_);
  tell_of(verdict);
  back_off();
  const bool all = stopped_ || !common::passes_soon(verdict.cause);
  last_failure_ = verdict;
  give_up(verdict, all);
}

void Link::drop_connection() {
  if (speaker_ != nullptr) metrics_.connections.add(shard_, -1);
  ready_ = false;
  speaker_.reset();
  if (Connection* const connection = std::exchange(connection_, nullptr)) connection->let_go();
}

/// Nothing is dialled from here, where the broker may be about to stop.
void Link::back_off() {
  if (stopped_) return reconnect_.cancel();
  // Between half of it and all of it, so that links that lost one peer do not come back together.
  std::uniform_int_distribution<std::int64_t> part(backoff_.count() / 2, backoff_.count());
  reconnect_ = shard_.after(Milliseconds(part(jitter_)), [this] { connect(); });
  backoff_ = std::min(backoff_ * 2, place_->link().backoff_max);
}

/// What was sent is lost with its connection; what waits only where waiting does not help.
void Link::give_up(const Verdict& verdict, bool all) {
  std::vector<Settlement> lost;
  std::vector<Settlement> over;
  for (Sent& one : sent_) {
    if (one.settlement) lost.push_back(std::move(*one.settlement));
  }
  metrics_.in_flight.add(shard_, -static_cast<std::int64_t>(lost.size()));
  first_ = next();
  sent_.clear();
  while (all && !waiting_.empty()) over.push_back(take_first().settlement);
  auto checks = std::exchange(checks_, {});
  for (Settlement& one : lost) refuse(std::move(one), verdict.once_sent());
  for (Settlement& one : over) refuse(std::move(one), verdict);
  for (Settlement& one : checks) verdict.settle(one);
}

void Link::tell_of(const Verdict& verdict) {
  if (stopped_ || (last_failure_ && last_failure_->reason == verdict.reason)) return;
  shard_.host().log(trellis::Level::warn, "the peer of a handler cannot be used", {{"error", verdict.reason}});
}

}  // namespace peer_link
