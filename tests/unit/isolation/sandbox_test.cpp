// What a process may do once it is confined, tried in one of its own.
#include "sandbox.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <trellis/abi/plugin.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace trellis::isolation {
namespace {

/// The error that the attempt ends with within the sandbox; 0 where it succeeds.
int confined(std::uint32_t capabilities, const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_sandbox(capabilities).empty()) ::_exit(255);
    ::_exit(attempt() ? 0 : errno);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

/// Begins a process that ends at once, with these flags, and waits for it.
bool begins(unsigned long flags) {
  const long child = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  return child > 0 && ::waitpid(static_cast<pid_t>(child), nullptr, 0) == child;
}

TEST(Sandbox, ProcessesAreForThoseWhoSaidSo) {
  EXPECT_EQ(confined(0, [] { return begins(0); }), EPERM);
  EXPECT_EQ(confined(TRELLIS_CAPABILITY_PROCESSES, [] { return begins(0); }), 0);
}

TEST(Sandbox, NamespacesAreForNobody) {
  for (const unsigned long flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET}) {
    EXPECT_EQ(confined(TRELLIS_CAPABILITY_PROCESSES, [&] { return begins(flag); }), EPERM) << flag;
  }
}

}  // namespace
}  // namespace trellis::isolation
