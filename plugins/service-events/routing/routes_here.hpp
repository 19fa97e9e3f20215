/// The routes that live on one shard.
#pragma once

#include <memory>
#include <string_view>
#include <trellis/queue.hpp>
#include <unordered_map>
#include <vector>

#include "route.hpp"

namespace events_service {

class RoutesHere {
 public:
  RoutesHere(TopicsHere& here, const trellis::QueueTables& tables) : here_(here), tables_(tables) {}

  /// Opens what is new, and ends what was removed.
  void follow(const Directory& directory);
  /// Other predicates may run.
  void lenders_changed();
  void drain();
  /// One that outlived the process.
  trellis_status restore(const Directory& directory, trellis_subscriber* subscriber,
                         const trellis_kept_subscriber& kept, const trellis_receiver** receiver, void** user);

 private:
  TopicsHere& here_;
  const trellis::QueueTables& tables_;
  std::unordered_map<const TopicHome*, std::unique_ptr<Route>> routes_;
  std::vector<std::unique_ptr<Route>> over_;  // somebody may be inside one
  trellis::Timer free_over_;
  bool draining_ = false;
};

}  // namespace events_service
