// Whether the broker takes traffic, and why not.
#pragma once

#include <atomic>

namespace trellis::runtime {

/// Readiness as /readyz tells it. Every member may be called from any thread.
class Health {
 public:
  void set_ready() noexcept { why_not_ = nullptr; }
  /// reason: a text that is always there.
  void set_unready(const char* reason) noexcept { why_not_ = reason; }
  /// Null when it is ready.
  const char* why_not() const noexcept { return why_not_; }

 private:
  std::atomic<const char*> why_not_{"starting"};
};

}  // namespace trellis::runtime
