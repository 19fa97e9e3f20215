/// How many streams each event subscription has.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "directory.hpp"

namespace events_service {

/// On all shards together; asked when one is opened or ends. [any]
class StreamCounts {
 public:
  /// False, and nothing is counted, where it has so many already.
  bool enter(SubscriptionId id, std::uint32_t most) {
    const std::lock_guard lock(mutex_);
    std::uint32_t& count = counts_[id];
    if (count >= most) return false;
    ++count;
    return true;
  }
  void leave(SubscriptionId id) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(id);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<SubscriptionId, std::uint32_t> counts_;
};

}  // namespace events_service
