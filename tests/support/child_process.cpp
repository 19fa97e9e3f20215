// Starting, watching and ending a child process.
#include "support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace trellis::testing {
namespace {

using std::chrono::steady_clock;

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  return {ends[0], ends[1]};
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& folder, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(127);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", arguments[0], std::strerror(errno));
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::string& folder) {
  const auto out = open_pipe();
  const auto err = open_pipe();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) become(command, folder, out.write, err.write);
  close(out.write);
  close(err.write);
  readers_.emplace_back([this, fd = out.read] { collect(fd); });
  readers_.emplace_back([this, fd = err.read] { collect(fd); });
}

ChildProcess::~ChildProcess() {
  stop();
  for (auto& reader : readers_) reader.join();
}

void ChildProcess::collect(int descriptor) {
  std::array<char, 4096> chunk;
  ssize_t count = 0;
  while ((count = read(descriptor, chunk.data(), chunk.size())) > 0) {
    const std::lock_guard lock(mutex_);
    output_.append(chunk.data(), static_cast<std::size_t>(count));
    changed_.notify_all();
  }
  close(descriptor);
  const std::lock_guard lock(mutex_);
  --open_streams_;
  changed_.notify_all();
}

bool ChildProcess::wait_for_output(const std::function<bool(const std::string&)>& done,
                                   std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return done(output_) || open_streams_ == 0; });
  return done(output_);
}

bool ChildProcess::running() { return !wait(std::chrono::milliseconds(0)); }

void ChildProcess::signal(int number) {
  if (!status_) kill(pid_, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds deadline) {
  const auto end = steady_clock::now() + deadline;
  while (!status_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = status;
    } else if (steady_clock::now() >= end) {
      return std::nullopt;
    } else {
      // waitpid knows no deadline; this polls for an event, it does not hope that one has happened.
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  // Its last words may still be in the pipes.
  wait_for_output([](const std::string&) { return false; }, std::chrono::seconds(5));
  return status_;
}

void ChildProcess::stop(std::chrono::milliseconds grace) {
  signal(SIGTERM);
  if (wait(grace)) return;
  signal(SIGKILL);
  wait(std::chrono::seconds(5));
}

std::string ChildProcess::output() {
  const std::lock_guard lock(mutex_);
  return output_;
}

}  // namespace trellis::testing
