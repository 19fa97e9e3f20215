// There: deliveries wait for the connection and their turn, and are sent.
#include "common/peer_link/link.hpp"

#include <algorithm>
#include <utility>

namespace peer_link {
namespace {

using common::Verdict;
using trellis::Cause;
using trellis::Settlement;

// What the network has not taken yet; beyond it nothing is handed over until an answer comes.
constexpr std::size_t kMostUnsent = std::size_t{1} << 20U;

}  // namespace

Link::Link(const trellis::Shard& shard, std::shared_ptr<const Place> place, const LinkMetrics& metrics)
    : shard_(shard),
      place_(std::move(place)),
      metrics_(metrics),
      limit_(place_->link().in_flight),
      backoff_(place_->link().backoff),
      // Links of one broker must not return all at once: each has a course of its own.
      jitter_(static_cast<std::minstd_rand::result_type>(reinterpret_cast<std::uintptr_t>(this) >> 4U) ^
              static_cast<std::minstd_rand::result_type>(shard.wall().count())) {}

void Link::add(Piece piece, Settlement settlement) {
  if (stopped_) return refuse(std::move(settlement), Verdict::stopped());
  const LinkSettings& settings = place_->link();
  if (waiting_.size() >= settings.waiting ||
      (!waiting_.empty() && waiting_bytes_ + piece.bytes.size() > settings.waiting_bytes)) {
    metrics_.overflows.add(shard_);
    return refuse(
        std::move(settlement),
        Verdict::later(Cause::busy, settings.name + ": too many events wait to be sent there", common::kRoomWait));
  }
  const Milliseconds until = shard_.now() + settings.timeout;
  waiting_bytes_ += piece.bytes.size();
  waiting_.push_back({std::move(piece), std::move(settlement), until});
  metrics_.waiting.add(shard_);
  watch(until);
  connect();
  pump();
}

void Link::check(Settlement consent) {
  if (ready_) return consent.delivered();
  if (stopped_) return Verdict::stopped().settle(consent);
  checks_.push_back(std::move(consent));
  connect();
}

void Link::connect() {
  if (connection_ != nullptr || stopped_ || reconnect_.waiting() || (waiting_.empty() && checks_.empty())) return;
  auto made = std::make_unique<Connection>(*this);
  connection_ = made.get();
  if (trellis::dial(shard_, place_->link().target, std::move(made))) return;
  connection_ = nullptr;
  stopped_ = true;
  end(Verdict::stopped(), false);
}

void Link::opened() {
  metrics_.opened.add(shard_);
  metrics_.connections.add(shard_);
  heard_ = shard_.now();
  greeting_until_ = shard_.now() + place_->link().timeout;
  pinged_.reset();
  limit_ = place_->link().in_flight;
  keep_alive_ = place_->link().keep_alive;
  watch(greeting_until_);
  speaker_ = place_->speaker(*this);
  ++busy_;
  speaker_->begin();
  leave_busy();
}

void Link::ready() {
  if (ready_ || connection_ == nullptr) return;
  ready_ = true;
  if (last_failure_) {
    shard_.host().log(trellis::Level::info, "the peer of a handler is there again", {{"peer", place_->link().name}});
  }
  last_failure_.reset();
  watch(shard_.now() + keep_alive_);
  for (Settlement& consent : std::exchange(checks_, {})) consent.delivered();
  pump();
}

void Link::limit(std::size_t most) {
  limit_ = std::min(most, place_->link().in_flight);
  pump();
}

void Link::keep_alive(Milliseconds most) {
  keep_alive_ = std::min(std::max(most, Milliseconds(1)), place_->link().keep_alive);
  watch(shard_.now() + keep_alive_);
}

std::size_t Link::arrived(std::string_view bytes) {
  heard_ = shard_.now();
  pinged_.reset();
  ++busy_;
  const std::size_t consumed = speaker_->read(bytes);
  leave_busy();
  return consumed;
}

bool Link::may_send() const noexcept {
  return ready_ && !failed_ && !waiting_.empty() && sent_.size() < limit_ && connection_->unsent() < kMostUnsent;
}

void Link::pump() {
  if (busy_ > 0) return;
  ++busy_;
  while (may_send()) send_first();
  leave_busy();
}

void Link::send_first() {
  Waiting first = take_first();
  const std::uint64_t number = next();
  const Milliseconds until = shard_.now() + place_->link().timeout;
  sent_.push_back({std::move(first.settlement), until});
  metrics_.in_flight.add(shard_);
  watch(until);
  if (const auto verdict = speaker_->send(number, first.piece)) settle(number, *verdict);
}

Link::Waiting Link::take_first() {
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= first.piece.bytes.size();
  metrics_.waiting.add(shard_, -1);
  return first;
}

bool Link::settle(std::uint64_t number, const Verdict& verdict) {
  if (failed_ || number < first_ || number >= next()) return false;
  auto& slot = sent_[static_cast<std::size_t>(number - first_)].settlement;
  if (!slot) return false;
  Settlement settlement = *std::exchange(slot, std::nullopt);
  while (!sent_.empty() && !sent_.front().settlement) {
    sent_.pop_front();
    ++first_;
  }
  metrics_.in_flight.add(shard_, -1);
  if (verdict.outcome == common::Outcome::delivered) backoff_ = place_->link().backoff;
  refuse(std::move(settlement), verdict);
  pump();
  return true;
}

void Link::refuse(Settlement settlement, const Verdict& verdict) {
  metrics_.events.count(shard_, verdict);
  verdict.settle(settlement);
}

/// Looks at what is late no later than then.
void Link::watch(Milliseconds until) {
  if (watch_.waiting() && watched_until_ <= until) return;
  watched_until_ = until;
  watch_ = shard_.after(std::max(until - shard_.now(), Milliseconds(1)), [this] { look(); });
}

void Link::look() {
  // What waits outlives a connection that is given up, and is looked at again even where none comes any more.
  if (!look_at_connection() && waiting_.empty()) return;
  std::vector<Settlement> late;
  while (!waiting_.empty() && waiting_.front().until <= shard_.now()) late.push_back(take_first().settlement);
  if (!waiting_.empty()) watch(waiting_.front().until);
  if (late.empty()) return;
  const Verdict verdict = last_failure_.value_or(
      Verdict::retry(Cause::timed_out, place_->link().name + ": the event was not sent in time"));
  for (Settlement& one : late) refuse(std::move(one), verdict);
}

/// False where it was given up.
bool Link::look_at_connection() {
  if (speaker_ == nullptr) return true;
  const LinkSettings& settings = place_->link();
  const Milliseconds now = shard_.now();
  const bool unanswered = !sent_.empty() && sent_.front().until <= now;
  const bool silent = pinged_ && *pinged_ + settings.timeout <= now;
  if (unanswered || silent || (!ready_ && greeting_until_ <= now)) {
    fail(Verdict::retry(Cause::timed_out, settings.name + (ready_ ? ": no answer within " : ": no greeting within ") +
                                              std::to_string(settings.timeout.count()) + " ms"));
    return false;
  }
  if (!sent_.empty()) watch(sent_.front().until);
  if (!ready_) return watch(greeting_until_), true;
  // Who owes an answer is asked for nothing else: the answer has its time.
  if (!pinged_ && sent_.empty() && heard_ + keep_alive_ <= now) {
    pinged_ = now;
    ++busy_;
    speaker_->ping();
    leave_busy();
  }
  const Milliseconds next = heard_ + keep_alive_;
  watch(next > now ? next : now + keep_alive_);
  if (pinged_) watch(*pinged_ + settings.timeout);
  return speaker_ != nullptr;
}

}  // namespace peer_link
