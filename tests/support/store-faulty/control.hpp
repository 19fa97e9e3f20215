// A socket in a folder: one line in, one line out.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace faulty {

/// Answers on a thread of its own, one connection after the other.
class Control {
 public:
  using Answer = std::function<std::string(const std::string& line)>;
  Control(const std::string& path, Answer answer);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control();

  /// Why it cannot, or empty.
  const std::string& error() const noexcept { return error_; }

 private:
  void run();

  Answer answer_;
  std::string error_;
  int socket_ = -1;
  std::thread thread_;
};

}  // namespace faulty
