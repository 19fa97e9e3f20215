#include "pace.hpp"

#include <algorithm>

namespace hooks {

using std::chrono::microseconds;
using std::chrono::milliseconds;

void Pace::grant(std::uint32_t per_minute) {
  const std::lock_guard lock(mutex_);
  granted_ = per_minute;
}

Turn Pace::take(milliseconds now, milliseconds most, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t rate = limit == 0 || granted_ == 0 ? std::max(limit, granted_) : std::min(limit, granted_);
  if (rate == 0) return {};
  const microseconds at = std::max(next_, microseconds(now));
  const milliseconds wait = std::chrono::ceil<milliseconds>(at - now);
  if (wait > most) return {wait, false};
  next_ = at + microseconds(std::chrono::minutes(1)) / rate;
  return {wait, true};
}

std::shared_ptr<Pace> Paces::of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  // Those of destinations that are gone are remembered for a while: a check may come before what it was for.
  if (paces_.size() >= kMost) std::erase_if(paces_, [](const auto& one) { return one.second.use_count() == 1; });
  auto& found = paces_[key];
  if (found == nullptr) found = std::make_shared<Pace>();
  return found;
}

}  // namespace hooks
