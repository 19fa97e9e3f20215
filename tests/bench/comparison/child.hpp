// Starting, pinning, waiting for and ending child processes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace trellis::bench {

/// A process that ends with this object: SIGTERM, and SIGKILL when that is ignored for five seconds.
///
/// It also ends when the parent dies, so an interrupted comparison leaves nothing running.
class Child {
 public:
  // cores: which it may run on; empty for any. Output goes to `log`. Throws std::runtime_error.
  Child(const std::vector<std::string>& command, const std::vector<int>& cores, const std::filesystem::path& log);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // Exit code, 128 + signal when killed, nothing when the time is up first.
  std::optional<int> wait(std::chrono::milliseconds limit);

 private:
  void stop();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Output and errors of a finished or failed child, for a message.
std::string read_file(const std::filesystem::path& path);

}  // namespace trellis::bench
