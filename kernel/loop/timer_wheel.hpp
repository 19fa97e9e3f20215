// Timers of one shard: arming and cancelling cost a few stores, whatever their number.
#pragma once

#include <array>
#include <cstdint>

namespace trellis::kernel {

/// A timer as a member of whatever it belongs to. Not armed when made; cancelled when destroyed.
class Timer {
 public:
  using Function = void (*)(Timer&);
  explicit Timer(Function fire) noexcept : fire_(fire) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  bool armed() const noexcept { return next_ != nullptr; }
  void cancel() noexcept {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  std::uint64_t due_ = 0;  // tick
  Function fire_;
};

/// Hierarchical wheel with 16 ms ticks: four levels reach 12 days, later timers go round again.
///
/// Owned by one shard and used on its thread only. Timers still armed when the wheel dies are forgotten, not fired.
class TimerWheel {
 public:
  static constexpr std::uint64_t kTickMs = 16;

  explicit TimerWheel(std::uint64_t now_ms) noexcept;
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// (Re)arms: fires at the first tick not earlier than now_ms + delay_ms, never within this call.
  void arm(Timer& timer, std::uint64_t now_ms, std::uint64_t delay_ms) noexcept;
  /// Fires everything due.
  void advance(std::uint64_t now_ms);
  /// Milliseconds until advance() has something to do, at most limit_ms.
  std::uint64_t wait_ms(std::uint64_t now_ms, std::uint64_t limit_ms) const noexcept;

 private:
  static constexpr unsigned kFirstBits = 8;
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kFirst = 1u << kFirstBits;
  static constexpr std::size_t kNext = 1u << kBits;
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kSlots = kFirst + (kLevels - 1) * kNext;

  void insert(Timer& timer) noexcept;
  void cascade(std::size_t level) noexcept;
  void fire_slot(Timer& head);

  std::uint64_t tick_;  // everything due at or before it has fired
  std::array<Timer, kSlots> slots_;
};

}  // namespace trellis::kernel
