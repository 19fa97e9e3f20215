/// Ctrl-C as something that is looked at when it suits.
#pragma once

#include <signal.h>

#include <chrono>

namespace management::ctl {

/// While it lives, SIGINT, SIGTERM and SIGPIPE end nothing: they make descriptor() readable, and so does an output that
/// nobody reads any more. One at a time, and for a program of one thread.
class Interrupts {
 public:
  /// output: the descriptor that is written to; -1: none is watched.
  explicit Interrupts(int output = -1);
  /// What came is forgotten.
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  bool asked() const noexcept { return wait(std::chrono::milliseconds(0)); }
  /// Nobody reads what is written any more.
  bool output_closed() const noexcept;
  /// Until the end is asked for, or for that time. True: it is.
  bool wait(std::chrono::milliseconds time) const noexcept;

 private:
  sigset_t signals_{};
  sigset_t before_{};
  const int output_;
  int signal_ = -1;
  int descriptor_ = -1;  // of both
};

}  // namespace management::ctl
