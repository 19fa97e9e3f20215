/// Which event subscriptions wait for somebody outside to consent.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/consent/provisioning_states.hpp"

namespace events_service {

/// Of all shards. All members may be called from any thread; they lock for moments.
class ManualActions {
 public:
  /// As Event Grid calls it.
  static constexpr std::string_view kState = "AwaitingManualAction";

  /// subscription: "orders/hook", in any case of its letters.
  void set(std::string_view name_space, std::string_view subscription, bool awaited);
  bool awaits(std::string_view name_space, std::string_view subscription) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> awaited_;  // in small letters; guarded by mutex_
};

/// What others borrow.
const common::ProvisioningStates& provisioning_states();

}  // namespace events_service
