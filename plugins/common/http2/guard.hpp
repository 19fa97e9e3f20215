/// Tells a peer of HTTP/2 that makes work from one that makes requests, or answers them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trellis::http2 {

/// Allows something so and so often in a second, and more of it at once after a quiet time.
class Allowance {
 public:
  constexpr Allowance(std::uint64_t burst, std::uint64_t per_second)
      : burst_(burst * 1000), per_second_(per_second), left_(burst_) {}

  /// False when it happens too often.
  bool take(std::uint64_t now_ms) noexcept {
    // In thousandths, so that nothing is lost to rounding. A pause beyond an hour fills any allowance.
    const std::uint64_t passed = now_ms - last_ms_ < 3'600'000 ? now_ms - last_ms_ : 3'600'000;
    last_ms_ = now_ms;
    left_ = left_ + passed * per_second_ < burst_ ? left_ + passed * per_second_ : burst_;
    if (left_ < 1000) return false;
    left_ -= 1000;
    return true;
  }

 private:
  std::uint64_t burst_;
  std::uint64_t per_second_;
  std::uint64_t left_;
  std::uint64_t last_ms_ = 0;
};

/// Counts the frames of one connection that cost their sender next to nothing and us something. Each function answers
/// false when there were too many.
class Guard {
 public:
  /// A frame begins: its type and flags, and how many bytes it has.
  bool frame(std::uint8_t type, std::uint8_t flags, std::size_t length, std::uint64_t now_ms) noexcept;
  /// A frame of a body had nothing in it, or padding only.
  bool empty_data(std::uint64_t now_ms) noexcept { return control_.take(now_ms); }
  /// We had to reset a stream for what the peer did with it.
  bool fault(std::uint64_t now_ms) noexcept { return resets_.take(now_ms); }
  /// A frame of a body left, which the peer may acknowledge by updates of its windows.
  void data_sent() noexcept { window_updates_ += kUpdatesPerFrame; }

 private:
  static constexpr std::uint64_t kUpdatesPerFrame = 4;

  // A page that is left gives up all its requests at once. Who resets hundreds, again and again, has them begun only to
  // be thrown away (CVE-2023-44487).
  Allowance resets_{200, 20};
  Allowance control_{1000, 200};
  std::uint64_t window_updates_ = 0;  // expected ones
};

}  // namespace trellis::http2
