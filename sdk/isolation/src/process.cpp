#include "process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <trellis/isolation/wire.hpp>
#include <vector>

extern char** environ;

namespace trellis::isolation {
namespace {

constexpr int kFirstFree = 10;  // above what the host inherits, so that nothing is overwritten on the way there

Owned above(int number) { return Owned(number < 0 ? -1 : fcntl(number, F_DUPFD_CLOEXEC, kFirstFree)); }

/// The broker's variables, of which configurations take secrets. Whoever may not read its files gets only those that
/// the loader, the C library and sanitizers go by.
std::vector<char*> environment(bool all) {
  static constexpr std::string_view kKept[] = {"LD_",          "LANG=",        "LC_",          "TZ=",
                                               "PATH=",        "HOME=",        "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                               "TSAN_OPTIONS", "LSAN_OPTIONS", "TMPDIR=",      "GLIBC_TUNABLES"};
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (all || std::ranges::any_of(kKept, [&](std::string_view begin) { return text.starts_with(begin); }))
      kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

int spawn(pid_t& id, int socket, int library, bool whole_environment) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kSocketDescriptor);
  if (library >= 0) posix_spawn_file_actions_adddup2(&actions, library, kLibraryDescriptor);
  // What the broker itself inherited, or a library opened without thinking of this, is not for the plugin.
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, library >= 0 ? kLibraryDescriptor + 1 : kSocketDescriptor + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const std::string parent = std::to_string(getpid());
  char* const words[] = {program_invocation_short_name, const_cast<char*>(kHostVerb), const_cast<char*>(parent.c_str()),
                         nullptr};
  const int failed =
      posix_spawn(&id, "/proc/self/exe", &actions, &attributes, words, environment(whole_environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

std::shared_ptr<Process> Process::start(int library, bool whole_environment, std::string& error) {
  int pair[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    error = fmt::format("its process cannot be started: {}", std::strerror(errno));
    return nullptr;
  }
  Owned mine(pair[0]);
  Owned theirs(pair[1]);
  theirs = above(theirs.number());
  const Owned file = above(library);
  pid_t id = 0;
  if (const int failed = spawn(id, theirs.number(), file.number(), whole_environment); failed != 0) {
    error = fmt::format("its process cannot be started: {}", std::strerror(failed));
    return nullptr;
  }
  Owned pidfd(static_cast<int>(syscall(SYS_pidfd_open, id, 0)));
  return std::shared_ptr<Process>(new Process(id, std::move(pidfd), std::move(mine)));
}

Process::~Process() {
  give_up("is not needed any more");
  wait(std::chrono::milliseconds(0));
}

// By its descriptor: another thread may have waited for it just now, and its number be somebody else's.
void Process::kill() noexcept {
  const bool known = pidfd_.open() && syscall(SYS_pidfd_send_signal, pidfd_.number(), SIGKILL, nullptr, 0) == 0;
  if (!known && !waited_for_) ::kill(id_, SIGKILL);
}

void Process::give_up(const char* why) noexcept {
  const char* none = nullptr;
  why_.compare_exchange_strong(none, why);
  if (dead_.exchange(true)) return;
  kill();
  if (channels != nullptr) channels->wake_all();
}

std::string Process::wait(std::chrono::milliseconds time) {
  if (waited_for_) return {};
  const auto until = Socket::Clock::now() + time;
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(id_, &status, WNOHANG)) == 0 && Socket::Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (ended == 0) {
    kill();
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  waited_for_ = true;
  const bool first = !dead_.exchange(true);
  if (channels != nullptr && first) channels->wake_all();
  const char* const why = why_.load();
  return why != nullptr ? fmt::format("{}, it {}", ending(status), why) : ending(status);
}

std::optional<std::string> Process::ask(Frame type, std::string_view body, std::chrono::milliseconds deadline,
                                        const Others& others, const std::vector<int>& descriptors) {
  const auto until = Socket::Clock::now() + deadline;
  Encoder question;
  question(++asked_);
  std::string bytes(question.bytes());
  bytes.append(body);
  if (dead() || !socket_.write(type, bytes, descriptors)) return std::nullopt;
  while (true) {
    Frame got{};
    std::string answer;
    const auto outcome = socket_.read(got, answer, until);
    if (outcome != Socket::Outcome::frame) {
      if (outcome == Socket::Outcome::nothing) give_up("did not answer in time");
      return std::nullopt;
    }
    if (got != Frame::reply) {
      others(got, answer);
      if (Socket::Clock::now() < until) continue;  // whoever says so much that it never comes to the answer
      give_up("did not answer in time");
      return std::nullopt;
    }
    Decoder told(answer);
    if (told.number<std::uint64_t>() != asked_) continue;
    return answer.substr(sizeof asked_);
  }
}

}  // namespace trellis::isolation
