// How much of a shard's time goes into connections that are not served yet.
#pragma once

#include <chrono>
#include <trellis/runtime/shard.hpp>

namespace trellis::runtime {

/// What is over waits, first in, first out: a flood of handshakes leaves the clients that are served their time.
/// Belongs to one shard.
class HandshakeBudget final : public Timer {
 public:
  explicit HandshakeBudget(Shard& shard) : Timer(&HandshakeBudget::on_timer), shard_(shard) {}

  void set_percent(unsigned percent) noexcept { percent_ = percent; }
  /// Whether another step may be made now; else wait().
  bool open() noexcept;
  void spent(std::chrono::nanoseconds time) noexcept { left_ -= time; }
  void wait(Deferred& item) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  static void on_timer(Timer& timer);
  bool some_left() noexcept;

  Shard& shard_;
  DeferredList waiting_;
  unsigned percent_ = 50;
  bool letting_in_ = false;
  std::chrono::nanoseconds left_{};
  Clock::time_point counted_{};  // until then time was given
};

}  // namespace trellis::runtime
