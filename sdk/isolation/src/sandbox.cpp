#include "sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <trellis/abi/plugin.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "system_calls.hpp"

// Rationale: an allow-list, because what a future system adds should need a decision.
namespace trellis::isolation {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

/// A program of the kernel's filters, instruction by instruction. Jumps never go further than the next few, so that no
/// list can become too long for them.
class Program {
 public:
  Program() {
    load(offsetof(seccomp_data, arch));
    unless_equal(kArchitecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    // Numbers of x32 mean the same calls, and would pass by the lists.
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    answer(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void each(std::span<const long> numbers, std::uint32_t what) {
    for (const long number : numbers) one(number, what);
  }
  void one(long number, std::uint32_t what) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
    answer(what);
  }
  /// Allowed where the argument has these values in these bits of its lower half, the only one the calls below look at.
  void where(long number, unsigned argument, std::uint32_t bits, std::uint32_t values) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 5);
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t)));
    add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, values, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    load(offsetof(seccomp_data, nr));
  }
  /// Allowed where the argument is one of these.
  void where(long number, unsigned argument, std::span<const unsigned> values) {
    for (const unsigned value : values) where(number, argument, ~0U, value);
  }
  /// Allowed where the argument, an address, is none: in both of its halves.
  void without(long number, unsigned argument) {
    const auto at = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 6);
    load(at);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
    load(at + sizeof(std::uint32_t));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    load(offsetof(seccomp_data, nr));
  }
  void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what, 0, 0); }

  bool install() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0); }
  void unless_equal(std::uint32_t value, std::uint32_t what) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(what);
  }
  void add(int code, std::uint32_t k, int yes, int no) {
    code_.push_back(
        {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no), k});
  }
  std::vector<sock_filter> code_;
};

constexpr std::uint32_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr std::uint32_t fails(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

void add_files(Program& program, std::uint32_t capabilities) {
  if ((capabilities & (TRELLIS_CAPABILITY_FILES_READ | TRELLIS_CAPABILITY_FILES_WRITE)) == 0) return;
  program.each(kReadFiles, SECCOMP_RET_ALLOW);
  if ((capabilities & TRELLIS_CAPABILITY_FILES_WRITE) != 0) return program.each(kWriteFiles, SECCOMP_RET_ALLOW);
  constexpr std::uint32_t kChanges = O_ACCMODE | O_CREAT | O_TRUNC;
  program.where(SYS_openat, 2, kChanges, O_RDONLY);
#ifdef SYS_open
  program.where(SYS_open, 1, kChanges, O_RDONLY);
#endif
}

}  // namespace

std::string enter_sandbox(std::uint32_t capabilities) {
  Program program;
  program.each(kNever, SECCOMP_RET_KILL_PROCESS);
  program.each(kAlways, SECCOMP_RET_ALLOW);
  add_files(program, capabilities);
  program.where(SYS_fcntl, 1, kDescriptorCommands);
  if ((capabilities & TRELLIS_CAPABILITY_NETWORK) != 0) {
    program.each(kNetwork, SECCOMP_RET_ALLOW);
    program.where(SYS_ioctl, 1, kSocketCommands);
  }
  if ((capabilities & TRELLIS_CAPABILITY_PROCESSES) != 0) {
    program.each(kProcesses, SECCOMP_RET_ALLOW);
    program.where(SYS_clone, 0, kNamespaces, 0);
  }
  // Its own threads: of clone3 the flags cannot be seen here, and whoever does not find it takes clone.
  program.where(SYS_clone, 0, CLONE_THREAD | kNamespaces, CLONE_THREAD);
  program.one(SYS_clone3, fails(ENOSYS));
  program.one(SYS_openat2, fails(ENOSYS));
  program.where(SYS_prctl, 0, ~0U, PR_SET_NAME);
  program.where(SYS_tgkill, 0, ~0U, static_cast<std::uint32_t>(getpid()));  // abort() ends the process that way
  program.without(SYS_prlimit64, 2);                                        // reads limits, changes none
  program.answer(fails(EPERM));
  if (program.install()) return {};
  return fmt::format("its process cannot be confined: {}", std::strerror(errno));
}

}  // namespace trellis::isolation
