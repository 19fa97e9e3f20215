// Changes of resources, told of when they have settled: several within a moment are one.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <trellis/resources.hpp>
#include <trellis/shard.hpp>
#include <utility>
#include <vector>

#include "outlet.hpp"

namespace system_events {

/// What is left of a change once the call that told of it is over.
struct ResourceState {
  std::string name_space;
  std::string type;
  std::string name;
  bool existed = false;    // before
  bool exists = false;     // after
  std::string properties;  // JSON; of what was removed, those it had
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::uint64_t revision = 0;
};

ResourceState state_of(const trellis::ResourceChange& change);

/// Belongs to the first shard.
class ResourceChanges {
 public:
  ResourceChanges(const trellis::Shard& shard, Outlet& outlet, std::chrono::milliseconds delay)
      : shard_(shard), outlet_(outlet), delay_(delay) {}

  void take(std::vector<ResourceState> changes);
  /// Tells of all that waits.
  void flush();

 private:
  struct Waiting {
    ResourceState state;
    std::chrono::milliseconds due{0};
  };

  void tell_due();
  void tell(const ResourceState& state);

  const trellis::Shard& shard_;
  Outlet& outlet_;
  const std::chrono::milliseconds delay_;
  std::map<std::string, Waiting> waiting_;  // by namespace, type and name
  trellis::Timer timer_;
};

}  // namespace system_events
