// Files stand in for pipes: nothing has to be read while the program runs.
#include "support/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "support/broker.hpp"

namespace trellis::testing {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

pid_t spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const std::string& folder) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, (folder + "/in").c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (folder + "/out").c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder + "/err").c_str(), O_WRONLY | O_CREAT, 0600);
  std::vector<std::string> all = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  pid_t pid = -1;
  const int failure =
      posix_spawnp(&pid, command[0].c_str(), &actions, nullptr, pointers(command).data(), pointers(all).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error("cannot start " + command[0] + ": " + std::strerror(failure));
  return pid;
}

// waitpid knows no deadline; this polls for the end.
int await(pid_t pid, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) != pid) {
    if (std::chrono::steady_clock::now() >= deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      throw std::runtime_error(name + " did not end within a minute");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string CommandResult::describe() const {
  return "exit code " + std::to_string(code) + "\nstdout:\n" + out + "\nstderr:\n" + err;
}

CommandResult run_command(const std::vector<std::string>& command, const std::string& input,
                          const std::vector<std::string>& environment) {
  const TemporaryDirectory folder;
  folder.write("in", input);
  CommandResult result;
  result.code = await(spawn(command, environment, folder.path()), command[0]);
  result.out = contents(folder.path() + "/out");
  result.err = contents(folder.path() + "/err");
  return result;
}

CommandResult trellis(const std::vector<std::string>& words, const std::string& input,
                      const std::vector<std::string>& environment) {
  std::vector<std::string> command{trellis_program()};
  command.insert(command.end(), words.begin(), words.end());
  return run_command(command, input, environment);
}

}  // namespace trellis::testing
