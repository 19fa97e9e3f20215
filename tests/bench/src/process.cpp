// Reads CPU clocks and /proc/<pid>/smaps_rollup.
#include "process.hpp"

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace trellis::bench {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

std::uint64_t now_ns() { return read_clock(CLOCK_MONOTONIC); }

CpuClock::CpuClock(pid_t pid) {
  if (pid == 0) return;
  const int error = ::clock_getcpuclockid(pid, &clock_);
  if (error != 0) {
    throw std::runtime_error("process " + std::to_string(pid) + ": CPU time not readable: " + std::strerror(error));
  }
  known_ = true;
}

CpuClock CpuClock::self() {
  CpuClock clock(0);
  clock.clock_ = CLOCK_PROCESS_CPUTIME_ID;
  clock.known_ = true;
  return clock;
}

std::uint64_t CpuClock::ns() const { return known_ ? read_clock(clock_) : 0; }

Memory read_memory(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/smaps_rollup";
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": not readable");
  Memory memory;
  std::string name;
  std::string rest;
  while (file >> name) {
    std::uint64_t kib = 0;
    if (name == "Rss:" && file >> kib) memory.resident = kib * 1024;
    if (name == "Pss:" && file >> kib) memory.proportional = kib * 1024;
    if (name == "Anonymous:" && file >> kib) memory.anonymous = kib * 1024;
    std::getline(file, rest);
  }
  return memory;
}

Memory read_settled_memory(pid_t pid, std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds kStep{100};
  constexpr int kStill = 5;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  Memory last = read_memory(pid);
  for (int still = 0; still < kStill && std::chrono::steady_clock::now() < deadline;) {
    std::this_thread::sleep_for(kStep);
    const Memory memory = read_memory(pid);
    still = memory.resident == last.resident ? still + 1 : 0;
    last = memory;
  }
  return last;
}

}  // namespace trellis::bench
