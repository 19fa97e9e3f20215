/// Which event subscriptions wait for their destination's consent, and how it stands.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "common/consent/provisioning_states.hpp"

namespace events_service {

/// Of all shards. All members may be called from any thread; they lock for moments.
class ConsentStates {
 public:
  // As Event Grid calls them.
  static constexpr std::string_view kByHand = "AwaitingManualAction";
  static constexpr std::string_view kRefused = "Failed";

  /// subscription: "orders/hook", in any case of its letters. state: one of the above; empty: it does not wait.
  void set(std::string_view name_space, std::string_view subscription, std::string_view state);
  /// Empty: it does not wait.
  std::string_view of(std::string_view name_space, std::string_view subscription) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::string_view> states_;  // by names in small letters; by mutex_
};

/// What others borrow.
const common::ProvisioningStates& provisioning_states();

}  // namespace events_service
