// What the kernel says about a process: CPU time and resident memory of the broker, and of the generator itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ctime>

namespace trellis::bench {

std::uint64_t now_ns();  // CLOCK_MONOTONIC

/// CPU time of all threads of a process, running and ended, in nanoseconds.
///
/// Reads the process's CPU clock rather than /proc/<pid>/stat, whose ticks of 10 ms are too coarse for short windows,
/// and /proc/<pid>/task/*/schedstat, which leaves out the slice a thread is running now.
class CpuClock {
 public:
  // pid 0: nothing to read, ns() stays 0. Throws std::runtime_error when the process cannot be read.
  explicit CpuClock(pid_t pid);
  static CpuClock self();

  std::uint64_t ns() const;
  bool readable() const { return known_; }

 private:
  clockid_t clock_ = 0;
  bool known_ = false;
};

struct Memory {
  std::uint64_t resident = 0;      // bytes
  std::uint64_t proportional = 0;  // bytes, shared pages counted by share
  std::uint64_t anonymous = 0;     // bytes
};

Memory read_memory(pid_t pid);

// Reads until the resident size has stood still for half a second, at most `limit`.
Memory read_settled_memory(pid_t pid, std::chrono::milliseconds limit);

}  // namespace trellis::bench
