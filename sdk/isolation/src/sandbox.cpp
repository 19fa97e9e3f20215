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

// Rationale: an allow-list, because what a future system adds should need a decision. Numbers that an architecture does
// not have are left out of the lists.
namespace trellis::isolation {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// Memory, threads, time, waiting, and what is open already.
constexpr long kAlways[] = {
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_mincore,
    SYS_mlock,
    SYS_munlock,
    SYS_membarrier,
    SYS_msync,
    SYS_futex,
    SYS_futex_waitv,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_getcpu,
    SYS_getrusage,
    SYS_sysinfo,
    SYS_uname,
    SYS_getrandom,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_eventfd2,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_pipe2,
    SYS_dup,
    SYS_dup3,
    SYS_close,
    SYS_close_range,
    SYS_fcntl,
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_pwrite64,
    SYS_pwritev,
    SYS_lseek,
    SYS_fstat,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendto,
    SYS_recvfrom,
    SYS_getsockopt,
    SYS_shutdown,
    SYS_memfd_create,
    SYS_getcwd,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
#ifdef SYS_epoll_create
    SYS_epoll_create,
#endif
#ifdef SYS_eventfd
    SYS_eventfd,
#endif
#ifdef SYS_pipe
    SYS_pipe,
#endif
#ifdef SYS_dup2
    SYS_dup2,
#endif
#ifdef SYS_time
    SYS_time,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
};

// Beside opening them, which is judged by its flags.
constexpr long kReadFiles[] = {
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_statfs,
    SYS_fstatfs,
    SYS_flock,
    SYS_fadvise64,
    SYS_chdir,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_inotify_rm_watch,
#ifdef SYS_stat
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
#endif
};

constexpr long kWriteFiles[] = {
    SYS_openat,    SYS_ftruncate, SYS_truncate, SYS_fallocate,       SYS_fsync,    SYS_fdatasync, SYS_sync_file_range,
    SYS_renameat2, SYS_renameat,  SYS_unlinkat, SYS_mkdirat,         SYS_linkat,   SYS_symlinkat, SYS_fchmod,
    SYS_fchmodat,  SYS_utimensat, SYS_umask,    SYS_copy_file_range, SYS_sendfile,
#ifdef SYS_open
    SYS_open,      SYS_creat,     SYS_rename,   SYS_unlink,          SYS_mkdir,    SYS_rmdir,     SYS_link,
    SYS_symlink,   SYS_chmod,
#endif
};

constexpr long kNetwork[] = {SYS_socket,   SYS_socketpair, SYS_connect,    SYS_bind,        SYS_listen,
                             SYS_accept,   SYS_accept4,    SYS_setsockopt, SYS_getsockname, SYS_getpeername,
                             SYS_sendmmsg, SYS_recvmmsg,   SYS_ioctl};

constexpr long kProcesses[] = {
    SYS_clone,  SYS_execve,     SYS_execveat,          SYS_wait4,     SYS_waitid, SYS_kill, SYS_setpgid,
    SYS_setsid, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_prlimit64,
#ifdef SYS_fork
    SYS_fork,   SYS_vfork,
#endif
};

constexpr long kNever[] = {
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kexec_load,
    SYS_bpf,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_setns,
    SYS_unshare,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
};

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
  /// Allowed where the argument has these values in these bits.
  void where(long number, unsigned argument, std::uint32_t bits, std::uint32_t values) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 5);
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t)));
    add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, values, 0, 1);
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
  if ((capabilities & TRELLIS_CAPABILITY_NETWORK) != 0) program.each(kNetwork, SECCOMP_RET_ALLOW);
  if ((capabilities & TRELLIS_CAPABILITY_PROCESSES) != 0) program.each(kProcesses, SECCOMP_RET_ALLOW);
  // Its own threads: of clone3 the flags cannot be seen here, and whoever does not find it takes clone.
  program.where(SYS_clone, 0, CLONE_THREAD, CLONE_THREAD);
  program.one(SYS_clone3, fails(ENOSYS));
  program.one(SYS_openat2, fails(ENOSYS));
  program.where(SYS_prctl, 0, ~0U, PR_SET_NAME);
  program.where(SYS_tgkill, 0, ~0U, static_cast<std::uint32_t>(getpid()));  // abort() ends the process that way
  program.where(SYS_prlimit64, 2, ~0U, 0);                                  // reads limits, changes none
  program.answer(fails(EPERM));
  if (program.install()) return {};
  return fmt::format("its process cannot be confined: {}", std::strerror(errno));
}

}  // namespace trellis::isolation
