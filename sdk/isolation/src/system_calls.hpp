// System calls by what they are for. Numbers that an architecture does not have are left out.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

namespace trellis::isolation {

// Memory, threads, time, waiting, and what is open already.
inline constexpr long kAlways[] = {
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
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_gettime,
    SYS_timer_getoverrun,
    SYS_timer_delete,
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
inline constexpr long kReadFiles[] = {
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

inline constexpr long kWriteFiles[] = {
    SYS_openat,    SYS_ftruncate, SYS_truncate, SYS_fallocate,       SYS_fsync,    SYS_fdatasync, SYS_sync_file_range,
    SYS_renameat2, SYS_renameat,  SYS_unlinkat, SYS_mkdirat,         SYS_linkat,   SYS_symlinkat, SYS_fchmod,
    SYS_fchmodat,  SYS_utimensat, SYS_umask,    SYS_copy_file_range, SYS_sendfile,
#ifdef SYS_open
    SYS_open,      SYS_creat,     SYS_rename,   SYS_unlink,          SYS_mkdir,    SYS_rmdir,     SYS_link,
    SYS_symlink,   SYS_chmod,
#endif
};

inline constexpr long kNetwork[] = {SYS_socket,      SYS_socketpair,  SYS_connect,  SYS_bind,
                                    SYS_listen,      SYS_accept,      SYS_accept4,  SYS_setsockopt,
                                    SYS_getsockname, SYS_getpeername, SYS_sendmmsg, SYS_recvmmsg};

// Of fcntl and ioctl: what they can do goes beyond the descriptor. A descriptor that may be given an owner has the
// system send any signal to any process of the same user; a terminal takes what it is given as if it had been typed.
inline constexpr unsigned kDescriptorCommands[] = {
    F_DUPFD,  F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,      F_GETFL,     F_SETFL,     F_GETLK,      F_SETLK,
    F_SETLKW, F_OFD_GETLK,     F_OFD_SETLK, F_OFD_SETLKW, F_ADD_SEALS, F_GET_SEALS, F_GETPIPE_SZ, F_SETPIPE_SZ};
inline constexpr unsigned kSocketCommands[] = {FIONREAD,       FIONBIO,      FIOCLEX,      FIONCLEX,   TIOCOUTQ,
                                               SIOCGIFCONF,    SIOCGIFFLAGS, SIOCGIFADDR,  SIOCGIFMTU, SIOCGIFINDEX,
                                               SIOCGIFNETMASK, SIOCGIFNAME,  SIOCGIFHWADDR};

inline constexpr long kProcesses[] = {
    SYS_execve,    SYS_execveat,   SYS_wait4,
    SYS_waitid,    SYS_kill,       SYS_setpgid,
    SYS_setsid,    SYS_pidfd_open, SYS_pidfd_send_signal,
    SYS_prlimit64,
#ifdef SYS_fork
    SYS_fork,      SYS_vfork,
#endif
};

inline constexpr long kNever[] = {
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

}  // namespace trellis::isolation
