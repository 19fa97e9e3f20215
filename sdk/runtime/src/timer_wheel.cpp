#include <algorithm>
#include <trellis/runtime/timer_wheel.hpp>

namespace trellis::runtime {
void TimerWheel::arm(Timer& timer, std::uint64_t now_ms, std::uint64_t delay_ms) noexcept {
  timer.cancel();
  timer.due_ = std::max((now_ms + std::min(delay_ms, kLongestMs) + kTickMs - 1) / kTickMs, tick_ + 1);
  insert(timer);
}

void TimerWheel::insert(Timer& timer) noexcept {
  const std::uint64_t distance = timer.due_ - tick_;
  std::size_t slot;
  if (distance < kFirst) {
    slot = timer.due_ % kFirst;
  } else {
    unsigned shift = kFirstBits;
    std::size_t base = kFirst;
    std::size_t level = 1;
    while (level + 1 < kLevels && (distance >> (shift + kBits)) != 0) {
      shift += kBits;
      base += kNext;
      ++level;
    }
    // Beyond the last level: as far as it reaches; the cascade puts it in again.
    const std::uint64_t reach = (std::uint64_t{kNext} - 1) << shift;
    slot = base + (((tick_ + std::min(distance, reach)) >> shift) % kNext);
  }
  slots_[slot].push_back(timer);
}

void TimerWheel::cascade(std::size_t level) noexcept {
  const unsigned shift = kFirstBits + static_cast<unsigned>(level - 1) * kBits;
  const std::size_t index = (tick_ >> shift) % kNext;
  if (index == 0 && level + 1 < kLevels) cascade(level + 1);
  Slot timers;
  timers.swap(slots_[kFirst + (level - 1) * kNext + index]);
  while (!timers.empty()) {
    Timer& timer = timers.front();
    timers.pop_front();
    timer.due_ = std::max(timer.due_, tick_);
    insert(timer);
  }
}

void TimerWheel::fire(Slot& slot) {
  while (!slot.empty()) {
    Timer& timer = slot.front();
    slot.pop_front();
    timer.fire_(timer);
  }
}

void TimerWheel::advance(std::uint64_t now_ms) {
  const std::uint64_t until = now_ms / kTickMs;
  while (tick_ < until) {
    ++tick_;
    if (tick_ % kFirst == 0) cascade(1);
    fire(slots_[tick_ % kFirst]);
  }
}

std::uint64_t TimerWheel::wait_ms(std::uint64_t now_ms, std::uint64_t limit_ms) const noexcept {
  const std::uint64_t last = (now_ms + limit_ms) / kTickMs;
  std::uint64_t tick = tick_ + 1;
  for (; tick < last; ++tick) {
    // A cascade may bring timers down: wake for it only if its slot holds any.
    if (tick % kFirst == 0) {
      const std::size_t index = (tick >> kFirstBits) % kNext;
      if (!slots_[kFirst + index].empty() || index == 0) break;
    }
    if (!slots_[tick % kFirst].empty()) break;
  }
  const std::uint64_t due = tick * kTickMs;
  return due <= now_ms ? 0 : std::min(due - now_ms, limit_ms);
}

}  // namespace trellis::runtime
