// Dead letters that came to this subscription and are to go back to where they are from.
#include "subscription.hpp"

namespace events_service {

std::vector<Subscription::Moving> Subscription::take_to_move(std::uint32_t most) {
  std::vector<Moving> taken;
  if (starting_) return taken;  // some that wait may not be taken
  std::vector<Given> given;
  collect(most, given);
  for (const Given& one : given) {
    hold(one.lease, Lock::State::moving, one.before.deliveries, INT64_MAX, one.message);
    taken.push_back({one.lease, std::string(trellis::text(one.message->payload))});
  }
  arm();
  return taken;
}

void Subscription::moved(std::uint64_t lease, bool kept) {
  const Lock* const lock = locks_.find(lease);
  if (lock == nullptr || lock->state != Lock::State::moving) return;
  locks_.remove(lease);
  queue_.settle(lease, kept ? TRELLIS_SETTLE_ACCEPT : TRELLIS_SETTLE_RELEASE);
  count_locks();
  serve();
}

}  // namespace events_service
