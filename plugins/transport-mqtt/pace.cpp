/// Rates: who sends too much is not read for a while, who is sent too much waits.
#include <algorithm>

#include "client.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {

// Whether it or its namespace may have only so much a second.
bool Client::rated(Rated what) const noexcept { return limits().rated(what) || session_rate(what) != 0; }

// The stricter one of its namespace's and its own.
std::uint32_t Client::session_rate(Rated what) const noexcept {
  const std::uint32_t rate = limits().session_rates[static_cast<std::size_t>(what)];
  if (extras_ == nullptr) return rate;
  const std::uint64_t own = what == Rated::publishes       ? extras_->own.publishes_per_s
                            : what == Rated::publish_bytes ? extras_->own.bytes_per_s
                                                           : 0;
  if (own == 0) return rate;
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(own, UINT32_MAX));
  return rate == 0 ? most : std::min(rate, most);
}

// The client's own share. The time is that of the loop's turn.
std::uint64_t Client::charge(Rated what, std::uint64_t amount) {
  const auto i = static_cast<std::size_t>(what);
  const std::uint32_t per_second = session_rate(what);
  if (per_second == 0) return 0;
  const std::uint64_t wait = extras().rates[i].charge(per_second, amount, shard_.now_ms());
  if (wait > 0) shard_.metrics().session_rated[i].add(shard_.handle());
  return wait;
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
  const std::uint64_t own =
      std::max(charge(Rated::publishes, batch.arrived), charge(Rated::publish_bytes, batch.arrived_bytes));
  const std::uint64_t all = std::max(shard_.charge_namespace(name_space_, Rated::publishes, batch.arrived),
                                     shard_.charge_namespace(name_space_, Rated::publish_bytes, batch.arrived_bytes));
  // Only its own haste is held against a client.
  if (own == 0) {
    if (extras_ != nullptr) extras_->too_fast_since_ms = 0;
  } else if (extras_->too_fast_since_ms == 0) {
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
  if (wait > 0) shard_.subscribers().hold(subscriber_, wait);
}

void Client::read_later(std::uint64_t wait_ms) {
  if (wait_ms == 0 || state_ != State::connected) return;
  extras().read_again_ms = std::max(extras().read_again_ms, shard_.now_ms() + wait_ms);
  shard_.connections().pause(connection_, true);
  arm_timer(shard_.connections().idle_ms(connection_));
}

void Client::read_again() {
  if (extras_ == nullptr || extras_->read_again_ms == 0 || shard_.now_ms() < extras_->read_again_ms) return;
  extras_->read_again_ms = 0;
  unfinished_since_ms_ = static_cast<std::uint32_t>(shard_.now_ms());
  shard_.connections().pause(connection_, false);
}

}  // namespace trellis::mqtt
