// What plugins fill and empty by themselves.
#include <trellis/abi/queue.h>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

trellis_status offer(trellis_shard* shard, std::uint32_t name_space, const trellis_publication* messages,
                     std::uint32_t count, const trellis_offer* offers, std::uint32_t offer_count,
                     std::uint32_t durability) {
  Router& router = ShardContext::of(*static_cast<Shard*>(shard)).router;
  return router.offer(name_space, messages, count, {offers, offer_count}, durability);
}

void when_kept(trellis_shard* shard, std::uint32_t name_space, std::uint32_t durability,
               void (*done)(void* user, trellis_status status), void* user) {
  ShardContext& context = ShardContext::of(*static_cast<Shard*>(shard));
  const std::uint32_t level = durability != 0 ? durability : context.router.session_level(name_space);
  if (!context.keeper.has_store() || level <= TRELLIS_DURABILITY_VOLATILE) return done(user, TRELLIS_OK);
  context.keeper.then(level, [=](bool kept) { done(user, kept ? TRELLIS_OK : TRELLIS_INTERNAL); });
}

}  // namespace

const trellis_host_queue& queue_table() {
  static constexpr trellis_host_queue table{
      sizeof(trellis_host_queue), &offer,
      [](trellis_subscriber* subscriber, trellis_delivery* deliveries, std::uint32_t count) {
        return Subscriber::of(subscriber).lease(deliveries, count);
      },
      [](trellis_subscriber* subscriber, trellis_delivery* deliveries, std::uint32_t count) {
        return Subscriber::of(subscriber).peek(deliveries, count);
      },
      &when_kept};
  return table;
}

}  // namespace trellis::kernel
