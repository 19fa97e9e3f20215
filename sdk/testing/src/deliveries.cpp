// What handlers are given to deliver, and who wants to know how it went.
#include "connection_tables.hpp"
#include "world.hpp"

namespace trellis::testing {
namespace {

World& world_of(trellis_host* host) { return *handle_of(host).world; }

struct Told {
  World* world;
  trellis_token token;
};

bool settle(trellis_host* host, trellis_token token, const trellis_delivery_result* result) {
  const HostWork work;
  World& world = world_of(host);
  const std::lock_guard lock(world.mutex);
  const auto found = world.deliveries.find(token);
  if (found == world.deliveries.end() || !found->second.open()) {
    ++world.late_answers;
    ++world.wrong_answers;
    return false;
  }
  if (result->outcome < TRELLIS_DELIVERED || result->outcome > TRELLIS_DELIVERY_AWAITED) {
    world.violation("handler.settle with outcome " + std::to_string(result->outcome));
  }
  HandlerDelivery& delivery = found->second;
  delivery.outcome = static_cast<Outcome>(result->outcome);
  delivery.retry_ms = result->retry_ms;
  delivery.cause = static_cast<Cause>(result->cause);
  delivery.code = result->code;
  delivery.reason = text(result->reason);
  if (delivery.outcome == Outcome::awaited) delivery.due_ms = world.now_ms + delivery.retry_ms;
  if (delivery.expected == nullptr) return true;
  const CallScope* const scope = CallScope::current();
  if (scope != nullptr && scope->shard == delivery.shard) {
    world.tell(token);
    return true;
  }
  const auto tell = [](void* user) {
    const std::unique_ptr<Told> told(static_cast<Told*>(user));
    told->world->tell(told->token);
  };
  delivery.shard->mailbox.push_back({tell, new Told{&world, token}});
  return true;
}

trellis_token expect(trellis_shard* handle, std::uint64_t deadline_ms, trellis_settled_fn settled, void* user,
                     std::uint64_t what) {
  FakeShard& shard = shard_of(handle);
  World& world = *shard.world;
  world.expect_shard("handler.expect", &shard);
  const std::lock_guard lock(world.mutex);
  const trellis_token token = world.next_token++;
  HandlerDelivery& delivery = world.deliveries[token];
  delivery.expected = settled;
  delivery.user = user;
  delivery.what = what;
  delivery.shard = &shard;
  delivery.due_ms = world.now_ms + deadline_ms;
  return token;
}

void forget(trellis_shard* handle, void* user) {
  FakeShard& shard = shard_of(handle);
  shard.world->expect_shard("handler.forget", &shard);
  const std::lock_guard lock(shard.world->mutex);
  std::erase_if(shard.world->deliveries, [&](const auto& one) {
    return one.second.expected != nullptr && one.second.user == user && one.second.shard == &shard;
  });
}

constexpr trellis_host_handler kHandler{sizeof(trellis_host_handler), &settle, &expect, &forget};

}  // namespace

const trellis_host_handler* handler_table() { return &kHandler; }

// Of a delivery that a plugin asked for; on its shard.
void World::tell(trellis_token token) {
  std::unique_lock lock(mutex);
  const auto found = deliveries.find(token);
  if (found == deliveries.end()) return;
  const HandlerDelivery delivery = found->second;
  if (!delivery.open()) deliveries.erase(found);
  lock.unlock();
  const trellis_delivery_result result{sizeof(trellis_delivery_result),
                                       static_cast<std::uint32_t>(delivery.outcome),
                                       delivery.retry_ms,
                                       static_cast<std::uint32_t>(delivery.cause),
                                       delivery.code,
                                       view(delivery.reason)};
  const CallScope scope("settled", delivery.shard, false);
  delivery.expected(delivery.user, delivery.what, &result);
}

void World::time_out_deliveries() {
  std::vector<trellis_token> overdue;
  for (auto& [token, delivery] : deliveries) {
    if (delivery.expected == nullptr || !delivery.open() || delivery.due_ms > now_ms) continue;
    delivery.outcome = Outcome::retry;
    delivery.retry_ms = 0;
    delivery.cause = Cause::timed_out;
    delivery.reason = "the handler did not answer in time";
    overdue.push_back(token);
  }
  for (const trellis_token token : overdue) tell(token);
}

}  // namespace trellis::testing
