/// Removes event subscriptions whose time is over.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <trellis/shard.hpp>

#include "directory.hpp"

namespace events_service {

/// Of one shard, for all.
class Expiry {
 public:
  explicit Expiry(const trellis::Shard& shard) : shard_(shard) {}

  /// There are other subscriptions, or others of their times.
  void follow(std::shared_ptr<const Directory> directory);
  /// The same, not within this call.
  void follow_soon(std::shared_ptr<const Directory> directory);

 private:
  void remove(const TopicView& topic, const SubscriptionEntry& entry);

  const trellis::Shard& shard_;
  struct Asked {
    std::uint64_t revision;
    std::chrono::milliseconds again;  // where it is still there
  };
  std::map<SubscriptionId, Asked> asked_;  // to be removed; those of files stay
  trellis::Timer timer_;
};

}  // namespace events_service
