// One child process with its output collected, which never outlives the test that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace trellis::testing {

/// Owns the process and two threads that read its stdout and stderr. stop() or the destructor end it: SIGTERM, then
/// SIGKILL once the grace is over. Functions may be called from one thread, that of the test.
class ChildProcess {
 public:
  /// folder: where it works; empty: where the test does.
  explicit ChildProcess(const std::vector<std::string>& command, const std::string& folder = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits until `done` says yes to what the child has printed so far (stdout and stderr as one text, in order of
  /// arrival). False when the deadline passes or the child ends first.
  bool wait_for_output(const std::function<bool(const std::string&)>& done, std::chrono::milliseconds deadline);

  bool running();
  void signal(int number);
  /// Exit status as waitpid gives it, once all output is there; nothing when the deadline passes.
  std::optional<int> wait(std::chrono::milliseconds deadline);
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

  pid_t pid() const { return pid_; }
  std::string output();

 private:
  void collect(int descriptor);

  pid_t pid_ = -1;
  std::optional<int> status_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;    // guarded by mutex_
  int open_streams_ = 2;  // guarded by mutex_
  std::vector<std::thread> readers_;
};

}  // namespace trellis::testing
