/// Removes event subscriptions whose time is over.
#pragma once

#include <set>
#include <string>
#include <trellis/shard.hpp>

#include "directory.hpp"

namespace events_service {

/// Of one shard, for all.
class Expiry {
 public:
  explicit Expiry(const trellis::Shard& shard) : shard_(shard) {}

  /// There are other subscriptions, or others of their times.
  void follow(const Directory& directory);

 private:
  void remove(const TopicView& topic, const SubscriptionEntry& entry);

  const trellis::Shard& shard_;
  std::set<SubscriptionId> asked_;  // to be removed; those of files stay, and are asked for once
  trellis::Timer timer_;
};

}  // namespace events_service
