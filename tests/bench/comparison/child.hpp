// Starting, pinning, waiting for and ending child processes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace trellis::bench {

/// Where and how urgently a child runs.
struct Placement {
  std::vector<int> cores{};  // empty: any
  // Before every ordinary process (SCHED_FIFO), so that a busy machine does not blur the figures. Needs the privilege.
  bool realtime = false;
};

/// A process that ends with this object: SIGTERM, and SIGKILL when that is ignored for five seconds.
///
/// It also ends when the parent dies, so an interrupted comparison leaves nothing running.
class Child {
 public:
  // Output goes to `log`. Throws std::runtime_error. Exit code 126: the placement was refused, 127: no such program.
  Child(const std::vector<std::string>& command, const Placement& placement, const std::filesystem::path& log);
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
