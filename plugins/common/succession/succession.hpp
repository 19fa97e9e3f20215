// The instances of one plugin that serve at the same time: a changed configuration makes new ones beside the old.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace common {

/// Those that let clients in, in the order in which they came. One that replaces another begins while that still
/// answers, so what it looks after when it begins has to be looked after once more when the other one drained.
/// [any]
template <class Instance>
class Succession {
 public:
  using Place = std::uint64_t;
  static constexpr Place kNobody = 0;

  /// Of this library, so of all instances of its plugin.
  static Succession& of_all() {
    static Succession one;
    return one;
  }

  /// Its place, which never comes again.
  Place join(Instance& instance) {
    const std::lock_guard lock(mutex_);
    all_.emplace_back(++last_, &instance);
    return last_;
  }
  /// Nobody is told of it when this returns. May be called twice.
  void leave(const Instance& instance) {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [&](const auto& one) { return one.second == &instance; });
  }

  /// Calls visit(instance) for those that came after the one of that place, until it answers true; whether one did.
  /// It must neither join nor leave.
  template <class Visit>
  bool any_after(Place place, Visit visit) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& one) { return one.first > place && visit(std::as_const(*one.second)); });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<Place, Instance*>> all_;  // guarded by mutex_
  Place last_ = kNobody;                          // guarded by mutex_
};

}  // namespace common
