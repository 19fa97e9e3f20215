/// What may happen thousands of times and is logged once a minute.
#pragma once

#include <cstdint>

namespace events_service {

/// Of one thread.
class Seldom {
 public:
  /// Whether this time is one to speak of; then `unsaid` is how many were not since the one before.
  bool now(std::int64_t now_ms, std::uint64_t& unsaid) noexcept {
    if (spoken_ && now_ms - last_ms_ < kPauseMs) {
      ++unsaid_;
      return false;
    }
    spoken_ = true;
    last_ms_ = now_ms;
    unsaid = unsaid_;
    unsaid_ = 0;
    return true;
  }

 private:
  static constexpr std::int64_t kPauseMs = 60'000;
  std::int64_t last_ms_ = 0;
  std::uint64_t unsaid_ = 0;
  bool spoken_ = false;
};

}  // namespace events_service
