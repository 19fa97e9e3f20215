/// How clients end: timers, closed connections, sessions taken over or gone, wills.
#include <algorithm>
#include <trellis/view.hpp>

#include "client.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

constexpr std::uint64_t kResumedWillMs = 100;

std::uint32_t low_half(std::uint64_t time_ms) noexcept { return static_cast<std::uint32_t>(time_ms); }

}  // namespace

void Client::on_timer() noexcept {
  if (state_ == State::closing) return;
  if (state_ != State::connected) {
    constexpr std::string_view text = "CONNECT was not complete and accepted in time";
    if (state_ != State::fresh) return refuse(Reason::server_unavailable, text, version_);
    log_end(Reason::keep_alive_timeout, text);
    return close(Reason::keep_alive_timeout);
  }
  // Once nothing is in flight the table is only a memory of busier times.
  if (outgoing_ != nullptr && outgoing_->used() == 0) outgoing_.reset();
  read_again();
  if (identity_expired()) {
    shard_.presence.ending(this, TRELLIS_DISCONNECTED_AUTHENTICATION);
    return end(Reason::not_authorized, expiry_text());
  }
  const std::uint64_t idle = shard_.connections().idle_ms(connection_);
  if (keep_alive_s_ != 0 && idle >= keep_alive_s_ * 1500ULL) return end(Reason::keep_alive_timeout, {});
  // Whoever is not read cannot be blamed for being slow.
  if (idle == 0 || (extras_ != nullptr && extras_->read_again_ms != 0))
    unfinished_since_ms_ = low_half(shard_.now_ms());
  if (unfinished_left_ms() == 0) return end(Reason::keep_alive_timeout, "a packet took too long to arrive");
  arm_timer(idle);
}

// The clock is read only where a packet is left in pieces, which is seldom.
void Client::note_unfinished(std::size_t used, std::size_t wanted) {
  if (wanted != 0 && (used > 0 || unfinished_bytes_ == 0)) unfinished_since_ms_ = low_half(shard_.now_ms());
  unfinished_bytes_ = static_cast<std::uint32_t>(wanted);
}

// It takes packets to keep a connection alive [MQTT-3.1.2-22], not bytes: a packet in crumbs would do for ever. A large
// one is given the time it needs at the slowest rate anybody should have to bear.
std::uint64_t Client::unfinished_left_ms() const {
  constexpr std::uint64_t slowest_bytes_per_s = 1024;
  if (unfinished_bytes_ == 0 || keep_alive_s_ == 0) return UINT64_MAX;
  const std::uint64_t patience = keep_alive_s_ * 1500ULL + unfinished_bytes_ * 1000ULL / slowest_bytes_per_s;
  const std::uint64_t passed = low_half(shard_.now_ms()) - unfinished_since_ms_;
  return patience > passed ? patience - passed : 0;
}

bool Client::identity_expired() const {
  const trellis_identity* identity = shard_.common().identity->of(connection_);
  return identity != nullptr && identity->expires_at_ms != 0 &&
         identity->expires_at_ms <= shard_.common().loop->wall_ms(shard_.handle());
}

std::string_view Client::expiry_text() const {
  return has_identity_flag(TRELLIS_IDENTITY_TOKEN) ? "token expired" : "the right to be connected has expired";
}

bool Client::has_identity_flag(std::uint32_t flag) const {
  const trellis_identity* identity = shard_.common().identity->of(connection_);
  return identity != nullptr && (identity->flags & flag) != 0;
}

void Client::arm_timer(std::uint64_t idle_ms) {
  const std::uint64_t patience = keep_alive_s_ * 1500ULL;
  std::uint64_t delay = keep_alive_s_ == 0 ? UINT64_MAX : patience > idle_ms ? patience - idle_ms : 1;
  delay = std::min(delay, std::max<std::uint64_t>(unfinished_left_ms(), 1));
  const trellis_identity* identity = shard_.common().identity->of(connection_);
  if (identity != nullptr && identity->expires_at_ms != 0) {
    const std::int64_t left = identity->expires_at_ms - shard_.common().loop->wall_ms(shard_.handle());
    delay = std::min(delay, static_cast<std::uint64_t>(std::max<std::int64_t>(left, 1)));
  }
  if (extras_ != nullptr && extras_->read_again_ms != 0) {
    const std::uint64_t now = shard_.now_ms();
    delay = std::min(delay, extras_->read_again_ms > now ? extras_->read_again_ms - now : 1);
  }
  shard_.connections().set_timer(connection_, delay == UINT64_MAX ? 0 : delay);
}

void Client::on_drain() noexcept {
  if (state_ == State::closing) return;
  // CONNACK has no "shutting down" (3.2.2.2).
  if (state_ != State::connected && state_ != State::fresh) return refuse(Reason::server_unavailable, {}, version_);
  end(Reason::server_shutting_down, {});
}

void Client::on_revoked() noexcept {
  if (state_ == State::closing) return;
  constexpr std::string_view text = "rights were withdrawn";
  shard_.presence.ending(this, Presence::kAsItCloses);
  state_ == State::connected ? end(Reason::not_authorized, text) : refuse(Reason::not_authorized, text, version_);
}

// What is known only from how the connection ended.
std::uint32_t Client::disconnected_by(std::uint32_t reason) const {
  const auto said = [&](const char* fact) { return text(shard_.connections().fact(connection_, view(fact))) == "yes"; };
  switch (reason) {
    case TRELLIS_CLOSE_PEER:
    case TRELLIS_CLOSE_BROKEN:
      return said(TRELLIS_FACT_ENDED) ? TRELLIS_DISCONNECTED_BY_CLIENT : TRELLIS_DISCONNECTED_LOST;
    case TRELLIS_CLOSE_LAYER:
      if (said(TRELLIS_FACT_CLIENT_LOST)) return TRELLIS_DISCONNECTED_AUTHENTICATION;
      return said(TRELLIS_FACT_ENDED) ? TRELLIS_DISCONNECTED_BY_CLIENT : TRELLIS_DISCONNECTED_CLIENT_ERROR;
    case TRELLIS_CLOSE_EXPIRED:
      return TRELLIS_DISCONNECTED_AUTHENTICATION;
    case TRELLIS_CLOSE_RIGHTS:
      return TRELLIS_DISCONNECTED_AUTHORIZATION;
    case TRELLIS_CLOSE_ADDRESS:
      return TRELLIS_DISCONNECTED_ADDRESS;
    case TRELLIS_CLOSE_OVERFLOW:
      return TRELLIS_DISCONNECTED_QUOTA;
    case TRELLIS_CLOSE_SHUTDOWN:
    case TRELLIS_CLOSE_REMOVED:
      return TRELLIS_DISCONNECTED_BY_SERVER;
    default:
      return TRELLIS_DISCONNECTED_SERVER_ERROR;
  }
}

void Client::on_close(std::uint32_t reason) noexcept {
  if (shard_.presence.knows(this)) shard_.presence.disconnected(this, disconnected_by(reason));
  if (counted_) shard_.metrics().connections[static_cast<unsigned>(version_)].add(shard_.handle(), -1);
  if (state_ == State::connected) shard_.metrics().lost.add(shard_.handle());
  if (reason == TRELLIS_CLOSE_SHUTDOWN) drained_ = true;
  if (counted_ && shard_.common().host.logs(Level::debug)) {
    shard_.common().host.log(
        Level::debug, "client gone",
        {{"connection", shard_.info(connection_).id}, {"said_goodbye", state_ != State::connected}});
  }
  state_ = State::closing;
  counted_ = false;
  connection_ = nullptr;
  drop_connecting();
  leave_queues();
  std::unique_ptr<Queues> queues = this->queues() == nullptr ? nullptr : std::move(extras_->queues);
  outgoing_.reset();
  extras_.reset();
  if (queues != nullptr) extras().queues = std::move(queues);
  if (subscriber_ != nullptr && session_expiry_s_ == 0) {
    shard_.subscribers().close(subscriber_);
    subscriber_ = nullptr;
  }
  if (subscriber_ == nullptr) {
    settle_will(true, false);
    delete this;
    return;
  }
  shard_.subscribers().detach(subscriber_, session_expiry_ms());
  settle_will(false, false);
  keep_session();
}

void Client::resume(trellis_subscriber* subscriber, const trellis_kept_subscriber& kept, KeptSession session) {
  subscriber_ = subscriber;
  kept_ = true;
  state_ = State::closing;
  version_ = session.version;
  session_expiry_s_ = session.expiry_s;
  will_ = std::move(session.will);
  take_queues(session);
  if (kept.mark_count > 0) {
    incoming_ = std::make_unique<IncomingIds>();
    for (std::uint32_t i = 0; i < kept.mark_count; ++i) incoming_->insert(static_cast<std::uint16_t>(kept.marks[i]));
  }
  if (will_ == nullptr) return;
  // Its delay goes on from when the connection ended, or began to with the process. Not at once: the other sessions
  // are to hear of it too.
  const std::uint64_t delay_ms = 1000ULL * std::min(will_->delay_s(), session_expiry_s_);
  await_will(std::max<std::uint64_t>(delay_ms - std::min(delay_ms, kept.away_ms), kResumedWillMs));
}

// What a later process needs to go on with the session.
void Client::keep_session() {
  if (subscriber_ == nullptr || (!kept_ && queues() == nullptr)) return;
  const std::string memo = KeptSession::save(version_, session_expiry_s_, {}, will_.get(), queues());
  shard_.subscribers().set_memo(subscriber_, view(memo));
}

// The will is due when the session is over, or else after its delay, which ends with the session at the latest.
void Client::settle_will(bool session_over, bool soon) {
  if (will_ == nullptr) return;
  const std::uint64_t delay_s = session_over ? 0 : std::min(will_->delay_s(), session_expiry_s_);
  if (drained_) {
    // The clients that would hear of it are told to leave too; the standard leaves this open (3.1.2.5).
    will_.reset();
  } else if (delay_s > 0) {
    await_will(delay_s * 1000);
  } else if (soon) {
    shard_.publish_will_soon(std::move(will_));
  } else {
    shard_.publish_will(*will_);
    will_.reset();
  }
}

void Client::await_will(std::uint64_t delay_ms) {
  will_->timer = shard_.common().loop->start_timer(shard_.handle(), delay_ms, &Client::on_will_due, this);
}

void Client::on_will_due(void* user) {
  auto* client = static_cast<Client*>(user);
  client->will_->timer = 0;
  // Kept apart: publishing may end this very session, and the client with it.
  const std::unique_ptr<Will> will = std::move(client->will_);
  client->keep_session();
  client->shard_.publish_will(*will);
}

bool Client::on_taken(bool discarded) noexcept {
  // Closing the connection that has it would end the session, had it not been taken first.
  const bool goes_on = !discarded && session_expiry_s_ != 0;
  leave_queues();
  const bool half_received = incoming_ != nullptr && !incoming_->empty();
  if (goes_on && (half_received || queues() != nullptr)) {
    const std::string incoming = half_received ? incoming_->save() : std::string();
    const std::string memo = KeptSession::save(version_, session_expiry_s_, incoming, nullptr, queues());
    shard_.subscribers().set_memo(subscriber_, view(memo));
  }
  subscriber_ = nullptr;
  if (will_ != nullptr) {
    if (will_->timer != 0) shard_.common().loop->cancel_timer(shard_.handle(), will_->timer);
    will_->timer = 0;
    // The client is back before the delay is over: no will. Without delay, or without the session, it is due.
    const bool due = !goes_on || will_->delay_s() == 0;
    if (due && !drained_) shard_.publish_will_soon(std::move(will_));
    will_.reset();
  }
  if (connection_ == nullptr) {
    delete this;
  } else {
    end(Reason::session_taken_over, {});
  }
  return goes_on;
}

void Client::on_ended(std::uint32_t reason) noexcept {
  subscriber_ = nullptr;
  leave_queues();
  if (reason == TRELLIS_ENDED_SHUTDOWN) drained_ = true;
  if (connection_ != nullptr) {
    if (reason == TRELLIS_ENDED_OVERFLOW) shard_.presence.ending(this, TRELLIS_DISCONNECTED_OVERFLOW);
    // The will follows when the connection is closed, as the session is over by then.
    return end(reason == TRELLIS_ENDED_OVERFLOW   ? Reason::quota_exceeded
               : reason == TRELLIS_ENDED_SHUTDOWN ? Reason::server_shutting_down
                                                  : Reason::administrative_action,
               reason == TRELLIS_ENDED_OVERFLOW ? "too many messages wait for this client" : std::string_view{});
  }
  if (will_ != nullptr && will_->timer != 0) {
    shard_.common().loop->cancel_timer(shard_.handle(), will_->timer);
    will_->timer = 0;
  }
  settle_will(true, true);
  delete this;
}

const trellis_receiver& Client::receiver() noexcept {
  static constexpr trellis_receiver table = {
      sizeof(trellis_receiver),
      [](void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) {
        static_cast<Client*>(user)->on_deliver(deliveries, count);
      },
      [](void*, void* user, bool discarded) { return static_cast<Client*>(user)->on_taken(discarded); },
      [](void*, void* user, std::uint32_t reason) { static_cast<Client*>(user)->on_ended(reason); }, nullptr};
  return table;
}

void Client::log_end(Reason reason, std::string_view text) {
  const Host& host = shard_.common().host;
  const bool against_standard = reason == Reason::malformed || reason == Reason::protocol_error ||
                                reason == Reason::receive_maximum_exceeded || reason == Reason::topic_alias_invalid;
  if (against_standard) shard_.metrics().malformed.add(shard_.handle());
  std::uint64_t left_out = 0;
  const Level level = against_standard && shard_.may_warn(left_out) ? Level::warn : Level::debug;
  if (!host.logs(level)) return;
  const trellis_connection_info info = shard_.info(connection_);
  host.log(level, text.empty() ? reason_text(reason) : text,
           {{"reason", reason_name(reason)},
            {"peer", trellis::text(info.peer)},
            {"connection", info.id},
            {"listener", trellis::text(info.listener)},
            {"similar_left_out", left_out}});
}

}  // namespace trellis::mqtt
