/// Ctrl-C as something that is looked at when it suits.
#pragma once

#include <signal.h>

#include <chrono>

namespace management::ctl {

/// While it lives, SIGINT, SIGTERM and SIGPIPE end nothing: they make descriptor() readable. One at a time, and for a
/// program of one thread.
class Interrupts {
 public:
  Interrupts();
  /// What came is forgotten.
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  bool asked() const noexcept { return wait(std::chrono::milliseconds(0)); }
  /// Nobody reads what is written to the standard output any more.
  bool output_closed() const noexcept;
  /// Until the end is asked for, or for that time. True: it is.
  bool wait(std::chrono::milliseconds time) const noexcept;

 private:
  sigset_t signals_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace management::ctl
