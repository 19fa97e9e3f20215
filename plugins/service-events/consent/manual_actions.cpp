#include "manual_actions.hpp"

#include "events_service.hpp"

namespace events_service {

void ManualActions::set(std::string_view name_space, std::string_view subscription, bool awaited) {
  const std::pair key(std::string(name_space), small(subscription));
  const std::lock_guard lock(mutex_);
  if (awaited) {
    awaited_.insert(key);
  } else {
    awaited_.erase(key);
  }
}

bool ManualActions::awaits(std::string_view name_space, std::string_view subscription) const {
  const std::pair key(std::string(name_space), small(subscription));
  const std::lock_guard lock(mutex_);
  return awaited_.contains(key);
}

const common::ProvisioningStates& provisioning_states() {
  static constexpr common::ProvisioningStates kTable{
      sizeof(common::ProvisioningStates), 0,
      [](void* instance, trellis_view name_space, trellis_view type, trellis_view name, void* user,
         void (*sink)(void*, trellis_view)) {
        if (trellis::text(type) != "eventSubscriptions") return;
        try {
          const auto& mine = static_cast<Events&>(trellis::glue::plugin(instance));
          if (mine.manual_actions().awaits(trellis::text(name_space), trellis::text(name)))
            sink(user, trellis::view(ManualActions::kState));
        } catch (const std::exception&) {
          // Without memory it is shown as others are.
        }
      }};
  return kTable;
}

}  // namespace events_service
