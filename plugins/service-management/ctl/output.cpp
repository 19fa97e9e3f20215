#include "ctl/output.hpp"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>

namespace management::ctl {
namespace {

using std::chrono::milliseconds;

// Most readers are there before these are over; nothing tells when a pipe becomes empty.
constexpr int kYields = 100;
constexpr milliseconds kLongestStep{50};
constexpr milliseconds kWithoutEnd = std::chrono::hours(24 * 365);

bool is_pipe(int descriptor) {
  struct stat facts {};
  return descriptor >= 0 && ::fstat(descriptor, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

}  // namespace

Output::Output(int descriptor, const Interrupts& interrupts)
    : descriptor_(is_pipe(descriptor) ? descriptor : -1), interrupts_(interrupts) {}

bool Output::empty() const noexcept {
  int waiting = 0;
  return ::ioctl(descriptor_, FIONREAD, &waiting) != 0 || waiting == 0;
}

bool Output::read() const { return read_within(kWithoutEnd); }

// A reader that goes once it has read all is no loss.
bool Output::read_within(milliseconds time) const {
  if (descriptor_ < 0) return !interrupts_.output_closed();
  for (int i = 0; i < kYields; ++i) {
    if (empty()) return true;
    ::sched_yield();
  }
  const auto end = std::chrono::steady_clock::now() + time;
  for (milliseconds step{1}; std::chrono::steady_clock::now() < end; step = std::min(step * 2, kLongestStep)) {
    const bool over = interrupts_.wait(step);
    if (empty()) return true;
    if (over) return false;
  }
  return false;
}

}  // namespace management::ctl
