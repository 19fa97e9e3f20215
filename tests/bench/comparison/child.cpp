// fork and exec with affinity.
#include "child.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace trellis::bench {
namespace {

// Runs between fork and exec: system calls only.
[[noreturn]] void become(char* const* arguments, const cpu_set_t* cores, bool realtime, const char* log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  const sched_param priority{.sched_priority = 10};
  const bool placed = (cores == nullptr || ::sched_setaffinity(0, sizeof *cores, cores) == 0) &&
                      (!realtime || ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0);
  if (!placed) ::_exit(126);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const Placement& placement, const std::filesystem::path& log) {
  if (command.empty()) throw std::runtime_error("empty command");
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : placement.cores) CPU_SET(static_cast<std::size_t>(core), &set);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(arguments.data(), placement.cores.empty() ? nullptr : &set, placement.realtime, log.c_str());
}

Child::~Child() { stop(); }

bool Child::running() { return !wait(std::chrono::milliseconds(0)).has_value(); }

std::optional<int> Child::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!exit_code_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return exit_code_;
}

void Child::stop() {
  if (exit_code_) return;
  ::kill(pid_, SIGTERM);
  if (wait(std::chrono::seconds(5))) return;
  ::kill(pid_, SIGKILL);
  wait(std::chrono::seconds(5));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace trellis::bench
