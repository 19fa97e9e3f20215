#include "presence.hpp"

#include <algorithm>
#include <trellis/view.hpp>

#include "shard.hpp"

namespace trellis::mqtt {
namespace {

// Greater than any before, also than those of the process before this one: nothing has to be kept for that.
std::uint64_t next_sequence(std::atomic<std::uint64_t>& last, std::int64_t wall_ms) noexcept {
  const auto now_us = static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms, 0)) * 1000;
  std::uint64_t before = last.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = std::max(before + 1, now_us);
  } while (!last.compare_exchange_weak(before, next, std::memory_order_relaxed));
  return next;
}

}  // namespace

std::uint32_t disconnected_for(Reason reason) noexcept {
  switch (reason) {
    case Reason::keep_alive_timeout:
      return TRELLIS_DISCONNECTED_LOST;
    case Reason::session_taken_over:
      return TRELLIS_DISCONNECTED_TAKEN_OVER;
    case Reason::server_shutting_down:
    case Reason::administrative_action:
      return TRELLIS_DISCONNECTED_BY_SERVER;
    case Reason::quota_exceeded:
    case Reason::message_rate_too_high:
    case Reason::connection_rate_exceeded:
      return TRELLIS_DISCONNECTED_QUOTA;
    case Reason::not_authorized:
      return TRELLIS_DISCONNECTED_AUTHORIZATION;
    case Reason::bad_credentials:
    case Reason::bad_authentication_method:
      return TRELLIS_DISCONNECTED_AUTHENTICATION;
    case Reason::unspecified:
    case Reason::server_unavailable:
    case Reason::server_busy:
      return TRELLIS_DISCONNECTED_SERVER_ERROR;
    default:
      return TRELLIS_DISCONNECTED_CLIENT_ERROR;
  }
}

trellis_session_fact Presence::fact(const Known& known) const noexcept {
  return {sizeof(trellis_session_fact),
          known.name_space,
          view(known.identity),
          view(known.client_id),
          known.sequence,
          known.reason,
          0};
}

void Presence::connected(const Client* client, std::uint32_t name_space, std::string_view identity,
                         std::string_view client_id) {
  const auto* const witness = shard_.common().witness.load(std::memory_order_acquire);
  void* const there = witness == nullptr ? nullptr : witness->shard(shard_.handle());
  if (there == nullptr) return;
  const std::int64_t wall_ms = shard_.common().loop->wall_ms(shard_.handle());
  const auto [at, made] =
      known_.insert_or_assign(client, Known{std::string(identity), std::string(client_id),
                                            next_sequence(shard_.common().sequence, wall_ms), name_space});
  const trellis_session_fact told = fact(at->second);
  (*witness)->connected(there, &told);
}

void Presence::ending(const Client* client, std::uint32_t reason) noexcept {
  if (known_.empty()) return;
  const auto found = known_.find(client);
  if (found != known_.end() && found->second.reason == 0) found->second.reason = reason;
}

void Presence::disconnected(const Client* client, std::uint32_t reason) noexcept {
  if (known_.empty()) return;
  const auto found = known_.find(client);
  if (found == known_.end()) return;
  Known known = std::move(found->second);
  known_.erase(found);
  if (known.reason == 0 || known.reason == kAsItCloses) known.reason = reason;
  const auto* const witness = shard_.common().witness.load(std::memory_order_acquire);
  void* const there = witness == nullptr ? nullptr : witness->shard(shard_.handle());
  if (there == nullptr) return;
  const trellis_session_fact told = fact(known);
  (*witness)->disconnected(there, &told);
}

}  // namespace trellis::mqtt
