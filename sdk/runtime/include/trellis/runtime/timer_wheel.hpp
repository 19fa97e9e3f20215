// Timers of one shard: arming and cancelling cost a few stores, whatever their number.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/runtime/hooked_list.hpp>

namespace trellis::runtime {

/// A timer as a member of whatever it belongs to. Not armed when made; cancelled when destroyed.
class Timer : public ListHook<class TimerWheel> {
 public:
  using Function = void (*)(Timer&);
  explicit Timer(Function fire) noexcept : fire_(fire) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const noexcept { return is_linked(); }
  void cancel() noexcept { unlink(); }

 private:
  friend class TimerWheel;
  std::uint64_t due_ = 0;  // tick
  Function fire_;
};

/// Hierarchical wheel with 16 ms ticks: four levels reach 12 days, later timers go round again.
///
/// Owned by one shard and used on its thread only. Timers still armed when the wheel dies are forgotten, not fired.
class TimerWheel {
 public:
  static constexpr std::uint64_t kTickMs = 16;
  static constexpr std::uint64_t kLongestMs = UINT64_MAX / 4;  // longer delays are this long

  explicit TimerWheel(std::uint64_t now_ms) noexcept : tick_(now_ms / kTickMs) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// (Re)arms: fires at the first tick not earlier than now_ms + delay_ms, never within this call.
  void arm(Timer& timer, std::uint64_t now_ms, std::uint64_t delay_ms) noexcept;
  /// Fires everything due.
  void advance(std::uint64_t now_ms);
  /// Milliseconds until advance() has something to do, at most limit_ms.
  std::uint64_t wait_ms(std::uint64_t now_ms, std::uint64_t limit_ms) const noexcept;

 private:
  using Slot = HookedList<Timer, TimerWheel>;
  static constexpr unsigned kFirstBits = 8;
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kFirst = 1u << kFirstBits;
  static constexpr std::size_t kNext = 1u << kBits;
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kSlots = kFirst + (kLevels - 1) * kNext;

  void insert(Timer& timer) noexcept;
  void cascade(std::size_t level) noexcept;
  static void fire(Slot& slot);

  std::uint64_t tick_;  // everything due at or before it has fired
  std::array<Slot, kSlots> slots_;
};

}  // namespace trellis::runtime
