#include "common/cloud_event/filter_index.hpp"

namespace cloud_event {

// Memory for the answers of one call of match(), which is away while they are told.
std::vector<FilterIndex::Id>& FilterIndex::spare() {
  thread_local std::vector<Id> ids;
  return ids;
}

void FilterIndex::add(Id id, Filter filter) {
  const std::lock_guard lock(changing_);
  filters_.insert_or_assign(id, std::make_shared<const Filter>(std::move(filter)));
  build();
}

void FilterIndex::add(std::vector<std::pair<Id, Filter>> filters) {
  const std::lock_guard lock(changing_);
  for (auto& entry : filters) {
    filters_.insert_or_assign(entry.first, std::make_shared<const Filter>(std::move(entry.second)));
  }
  build();
}

void FilterIndex::remove(Id id) {
  const std::lock_guard lock(changing_);
  if (filters_.erase(id) > 0) build();
}

void FilterIndex::build() {
  auto next = std::make_shared<const FilterSet>(FilterSet::Members(filters_.begin(), filters_.end()));
  {
    // What was current goes behind the lock, or later with its last reader.
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace cloud_event
