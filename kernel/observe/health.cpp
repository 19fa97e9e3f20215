#include "observe/health.hpp"

#include <utility>

namespace trellis::kernel {

void Health::set_ready() {
  const std::lock_guard lock(mutex_);
  ready_ = true;
  reason_.clear();
}

void Health::set_unready(std::string reason) {
  const std::lock_guard lock(mutex_);
  ready_ = false;
  reason_ = std::move(reason);
}

bool Health::ready(std::string& reason) const {
  const std::lock_guard lock(mutex_);
  reason = reason_;
  return ready_;
}

}  // namespace trellis::kernel
