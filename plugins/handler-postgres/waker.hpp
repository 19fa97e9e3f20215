// Waiting for a socket that can be ended from another thread.
#pragma once

#include <chrono>

namespace postgres {

class Waker {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Woken { socket, call, late };

  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// From any thread: the wait under way ends, or the next one does at once.
  void call() noexcept;
  /// socket: -1 for none; events as of poll(). A call comes before the socket.
  Woken wait(int socket, short events, Clock::time_point until) noexcept;

 private:
  int event_;
};

}  // namespace postgres
