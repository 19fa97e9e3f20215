// Whether the broker takes traffic, and why not.
#pragma once

#include <mutex>
#include <string>

namespace trellis::kernel {

/// Readiness as /readyz tells it. Every member may be called from any thread.
class Health {
 public:
  void set_ready();
  void set_unready(std::string reason);
  /// True when ready; otherwise reason says why not.
  bool ready(std::string& reason) const;

 private:
  mutable std::mutex mutex_;
  bool ready_ = false;
  std::string reason_ = "starting";
};

}  // namespace trellis::kernel
