#include "consent_states.hpp"

#include "events_service.hpp"

namespace events_service {

void ConsentStates::set(std::string_view name_space, std::string_view subscription, std::string_view state) {
  std::pair key(std::string(name_space), small(subscription));
  const std::lock_guard lock(mutex_);
  if (state.empty()) {
    states_.erase(key);
  } else {
    states_.insert_or_assign(std::move(key), state);
  }
}

std::string_view ConsentStates::of(std::string_view name_space, std::string_view subscription) const {
  const std::pair key(std::string(name_space), small(subscription));
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(key);
  return found == states_.end() ? std::string_view() : found->second;
}

const common::ProvisioningStates& provisioning_states() {
  static constexpr common::ProvisioningStates kTable{
      sizeof(common::ProvisioningStates), 0,
      [](void* instance, trellis_view name_space, trellis_view type, trellis_view name, void* user,
         void (*sink)(void*, trellis_view)) {
        if (trellis::text(type) != "eventSubscriptions") return;
        try {
          const auto& mine = static_cast<Events&>(trellis::glue::plugin(instance));
          const std::string_view state = mine.consent_states().of(trellis::text(name_space), trellis::text(name));
          if (!state.empty()) sink(user, trellis::view(state));
        } catch (const std::exception&) {
          // Without memory it is shown as others are.
        }
      }};
  return kTable;
}

}  // namespace events_service
