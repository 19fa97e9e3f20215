// The filters of a topic's subscriptions, which come and go while events are judged.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/cloud_event/filter_set.hpp"

namespace cloud_event {

/// All members are for all threads. Changes build a new set beside the one that is asked, in a time that grows with the
/// number of filters: put many with one call. Who judges much keeps current() for as long as version() says the same.
class FilterIndex {
 public:
  using Id = FilterSet::Id;

  FilterIndex() : current_(std::make_shared<FilterSet>(FilterSet::Members())) {}

  /// In place of the one with that id, if there is one.
  void add(Id id, Filter filter);
  void add(std::vector<std::pair<Id, Filter>> filters);
  void remove(Id id);

  /// Calls `each` with the id of each filter that the event passes, in no order. It may change the index and match
  /// others.
  template <class Each>
  void match(const Event& event, Each&& each) const {
    std::vector<Id> ids = std::exchange(spare(), {});
    ids.clear();
    current()->find(event, ids);
    for (const Id id : ids) each(id);
    spare() = std::move(ids);
  }

  std::shared_ptr<const FilterSet> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

 private:
  static std::vector<Id>& spare();
  void build();

  mutable std::mutex mutex_;  // of current_ alone, held for a copy
  std::shared_ptr<const FilterSet> current_;
  std::mutex changing_;
  std::map<Id, std::shared_ptr<const Filter>> filters_;  // of who changes
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace cloud_event
