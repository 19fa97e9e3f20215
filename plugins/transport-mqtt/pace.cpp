/// Rates: who sends too much is not read for a while, who is sent too much waits.
#include <algorithm>

#include "client.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

// Above that a client has to wait before it may connect; below it is read later.
constexpr std::uint64_t kMostOwedMs = 10'000;
// What is read so soon after a pause was sent during it.
constexpr std::uint64_t kBacklogMs = 1000;

}  // namespace

// Whether it or its namespace may have only so much a second.
bool Client::rated(Rated what) const noexcept { return limits().rated(what) || own_rate(what) != 0; }

// What an authorizer allows this client, beside what every session has.
std::uint32_t Client::own_rate(Rated what) const noexcept {
  if (extras_ == nullptr || extras_->quota == nullptr) return 0;
  const std::uint64_t own = what == Rated::publishes       ? extras_->own.publishes_per_s
                            : what == Rated::publish_bytes ? extras_->own.bytes_per_s
                                                           : 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(own, UINT32_MAX));
}

// The client's own share. The time is that of the loop's turn.
std::uint64_t Client::charge(Rated what, std::uint64_t amount) {
  const auto i = static_cast<std::size_t>(what);
  const std::uint32_t per_second = limits().session_rates[i];
  std::uint64_t wait = per_second == 0 ? 0 : extras().rates[i].charge(per_second, amount, shard_.now_ms());
  if (const std::uint32_t own = own_rate(what); own != 0) {
    Bucket& bucket = what == Rated::publishes ? extras_->quota->publishes : extras_->quota->publish_bytes;
    wait = std::max(wait, bucket.charge(own, amount, shard_.now_ms()));
  }
  if (wait > 0) shard_.metrics().session_rated[i].add(shard_.handle());
  return wait;
}

// What came with its CONNECT would be taken before it has paid for what it sent by its connections before.
bool Client::owes_too_much(const trellis_client_limits& own) {
  if ((own.publishes_per_s | own.bytes_per_s) == 0) return false;
  const trellis_identity* const identity = shard_.common().identity->of(connection_);
  extras().quota = shard_.common().quotas->of(
      name_space_, identity == nullptr ? std::string_view{} : text(identity->name), shard_.now_ms());
  return extras_->quota->owed_ms(shard_.now_ms()) > kMostOwedMs;
}

// When it began to send what was read now. What is read first after a pause came during all of it, also where it was
// others of its name for whom it was not read.
std::uint64_t Client::sent_since_ms() const noexcept {
  const std::uint64_t now = shard_.now_ms();
  return now < extras_->read_since_ms + kBacklogMs ? extras_->paused_at_ms : now;
}

// Whether it was silent until all of what it may publish in a second was there.
bool Client::rested() const noexcept {
  if (extras_ == nullptr) return true;
  const std::uint64_t then = sent_since_ms();
  const auto full = [&](Rated what) { return extras_->rates[static_cast<std::size_t>(what)].full(then); };
  return full(Rated::publishes) && full(Rated::publish_bytes) && extras_->alone.full(then);
}

// Whether it publishes too fast though nobody else used up the quota of its name. What its session may do is charged
// already.
bool Client::too_fast(std::uint64_t messages, std::uint64_t bytes) noexcept {
  if (extras_ == nullptr) return false;
  const std::uint64_t now = shard_.now_ms();
  const std::uint64_t then = sent_since_ms();
  extras_->alone.publishes.charge(own_rate(Rated::publishes), messages, then);
  extras_->alone.publish_bytes.charge(own_rate(Rated::publish_bytes), bytes, then);
  const auto owes = [&](Rated what) { return extras_->rates[static_cast<std::size_t>(what)].owed_ms(now) > 0; };
  return extras_->alone.owed_ms(now) > 0 || owes(Rated::publishes) || owes(Rated::publish_bytes);
}

bool Client::take(Rated what) {
  const auto i = static_cast<std::size_t>(what);
  const std::uint32_t per_second = limits().session_rates[i];
  if (per_second != 0 && !extras().rates[i].take(per_second, shard_.now_ms())) {
    shard_.metrics().session_rated[i].add(shard_.handle());
    return false;
  }
  return shard_.take_namespace(name_space_, what);
}

// What was read is taken, however much it was, and paid for afterwards: nothing is lost, and over the seconds the rate
// is kept.
void Client::pace_publishes() {
  const Batch& batch = shard_.batch;
  if (batch.arrived == 0 || !(rated(Rated::publishes) || rated(Rated::publish_bytes))) return;
  const bool was_rested = rested();
  const std::uint64_t own =
      std::max(charge(Rated::publishes, batch.arrived), charge(Rated::publish_bytes, batch.arrived_bytes));
  const std::uint64_t all = std::max(shard_.charge_namespace(name_space_, Rated::publishes, batch.arrived),
                                     shard_.charge_namespace(name_space_, Rated::publish_bytes, batch.arrived_bytes));
  // Only its own haste is held against a client, and a rest makes good for it.
  if (!too_fast(batch.arrived, batch.arrived_bytes)) {
    if (extras_ != nullptr) extras_->too_fast_since_ms = 0;
  } else if (was_rested || extras_->too_fast_since_ms == 0) {
    extras_->too_fast_since_ms = shard_.now_ms();
  } else if (limits().rate_patience_ms != 0 &&
             shard_.now_ms() - extras_->too_fast_since_ms >= limits().rate_patience_ms) {
    return end(Reason::message_rate_too_high, {});
  }
  read_later(std::max(own, all));
}

void Client::pace_deliveries() {
  if (shard_.delivered_messages == 0 || state_ != State::connected) return;
  if (!(limits().rated(Rated::deliveries) || limits().rated(Rated::delivery_bytes))) return;
  const std::uint64_t wait = std::max(
      {charge(Rated::deliveries, shard_.delivered_messages), charge(Rated::delivery_bytes, shard_.delivered_bytes),
       shard_.charge_namespace(name_space_, Rated::deliveries, shard_.delivered_messages),
       shard_.charge_namespace(name_space_, Rated::delivery_bytes, shard_.delivered_bytes)});
  if (wait == 0) return;
  shard_.subscribers().hold(subscriber_, wait);
  hold_streams(wait);
}

void Client::read_later(std::uint64_t wait_ms) {
  if (wait_ms == 0 || state_ != State::connected) return;
  if (extras().read_again_ms == 0) extras_->paused_at_ms = shard_.now_ms();
  extras().read_again_ms = std::max(extras().read_again_ms, shard_.now_ms() + wait_ms);
  shard_.connections().pause(connection_, true);
  arm_timer(shard_.connections().idle_ms(connection_));
}

void Client::read_again() {
  if (extras_ == nullptr || extras_->read_again_ms == 0 || shard_.now_ms() < extras_->read_again_ms) return;
  extras_->read_again_ms = 0;
  extras_->read_since_ms = shard_.now_ms();
  unfinished_since_ms_ = static_cast<std::uint32_t>(shard_.now_ms());
  shard_.connections().pause(connection_, false);
}

}  // namespace trellis::mqtt
