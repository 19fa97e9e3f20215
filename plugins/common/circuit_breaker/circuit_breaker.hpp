// Leaves a service alone for a while that failed several times in a row, so that nobody waits for it in vain.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace common {

/// Closed: calls go. Open, after `failures` in a row: none goes, until `pause` is over. Half open: one call tries; its
/// success closes the breaker, its failure opens it for another pause.
///
/// All members may be called from any thread. Times are of one monotonic clock of the caller's.
class CircuitBreaker {
 public:
  enum class State { closed, open, half_open, gone };  // gone: only told, by the destructor
  enum class Outcome { success, failure, dropped };    // dropped: it ended without telling anything
  struct Settings {
    std::uint32_t failures = 5;  // 0: it never opens
    std::chrono::milliseconds pause{10'000};
  };
  /// Told of each change while the breaker is locked: it must not call back.
  using Changed = std::function<void(State from, State to)>;

  /// The right to make one call, whose outcome has to be told.
  struct Pass {
    std::uint64_t round;
    bool probe;
  };

  explicit CircuitBreaker(Settings settings, Changed changed = {})
      : settings_(settings), changed_(std::move(changed)) {}
  /// For whoever counts. It does not become closed by that: nothing answered.
  ~CircuitBreaker() { become(State::gone); }
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  /// Nothing where the call shall not be made.
  std::optional<Pass> admit(std::chrono::milliseconds now) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::closed) return Pass{round_, false};
    if (state_ == State::open && now >= opens_until_) become(State::half_open);
    if (state_ != State::half_open || probing_) return std::nullopt;
    probing_ = true;
    return Pass{round_, true};
  }

  void settle(Pass pass, Outcome outcome, std::chrono::milliseconds now) {
    const std::lock_guard lock(mutex_);
    // A call from before the breaker last changed tells nothing about today.
    if (pass.round != round_) return;
    if (pass.probe) probing_ = false;
    if (outcome == Outcome::dropped) return;
    if (outcome == Outcome::success) {
      failed_ = 0;
      if (state_ == State::half_open) become(State::closed);
    } else if (state_ == State::half_open || (++failed_ >= settings_.failures && settings_.failures > 0)) {
      opens_until_ = now + settings_.pause;
      become(State::open);
    }
  }

  State state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  void become(State state) {
    if (state == state_) return;
    const State before = std::exchange(state_, state);
    ++round_;
    failed_ = 0;
    probing_ = false;
    if (changed_) changed_(before, state);
  }

  const Settings settings_;
  const Changed changed_;
  mutable std::mutex mutex_;
  State state_ = State::closed;  // guarded by mutex_, as all below
  std::uint64_t round_ = 0;      // of changes
  std::uint32_t failed_ = 0;     // in a row
  bool probing_ = false;
  std::chrono::milliseconds opens_until_{0};
};

}  // namespace common
