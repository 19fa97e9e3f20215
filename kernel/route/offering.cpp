// Messages for subscribers that whoever publishes them chose.
#include <trellis/topic.hpp>

#include "names.hpp"
#include "route/router.hpp"

namespace trellis::kernel {
namespace {

// Why the queues do not take them all, if they do not: each must have room for all, as if it got them.
trellis_status room_for(std::span<const trellis_offer> offers, std::uint32_t count, std::uint64_t bytes,
                        std::uint32_t durability, bool store_refuses) {
  for (const trellis_offer& offer : offers) {
    const Subscriber& to = Subscriber::of(offer.subscriber);
    const bool kept = to.kept() != nullptr;
    if (kept ? store_refuses : durability > TRELLIS_DURABILITY_VOLATILE) return TRELLIS_UNAVAILABLE;
    if (to.space_to_refusal() < count || to.bytes_to_refusal() < bytes) return TRELLIS_QUOTA;
  }
  return TRELLIS_OK;
}

}  // namespace

trellis_status Router::offer(std::uint32_t index, const trellis_publication* messages, std::uint32_t count,
                             std::span<const trellis_offer> offers, std::uint32_t durability) {
  Namespace& space = name_space(index);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool repeated = i > 0 && text_of(messages[i].topic) == text_of(messages[i - 1].topic);
    if (!repeated && !valid_topic_name(text_of(messages[i].topic))) return TRELLIS_INVALID;
    Message message;
    message.borrow(messages[i], 0, {}, {}, 0);
    bytes += message.bytes();
  }
  const trellis_status room = room_for(offers, count, bytes, durability, keeper_.would_wait() && keeper_.refuses());
  if (room != TRELLIS_OK) {
    shard_.count(space.refused, count);
    return room;
  }
  const std::uint32_t none = 0;
  const Grant grant = Grant::of(none, 0, 1, false);
  std::size_t next = 0;
  ++routing_;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (next == offers.size() || offers[next].message != i) {
      shard_.count(space.unmatched, 1);
      continue;
    }
    Message message;
    message.borrow(messages[i], shard_.wall_ms(), {}, {}, 0);
    const Message* const one = &message;
    KeptBodies bodies;
    bodies.level = durability;
    for (; next < offers.size() && offers[next].message == i; ++next)
      Subscriber::of(offers[next].subscriber).offer(&one, 1, grant, bodies);
  }
  --routing_;
  shard_.count(space.published, count);
  return TRELLIS_OK;
}

}  // namespace trellis::kernel
