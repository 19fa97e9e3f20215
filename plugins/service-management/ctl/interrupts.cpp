#include "ctl/interrupts.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace management::ctl {

Interrupts::Interrupts(int output) : output_(output) {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  signal_ = signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC);
  descriptor_ = epoll_create1(EPOLL_CLOEXEC);
  epoll_event any{.events = EPOLLIN, .data = {}};
  epoll_ctl(descriptor_, EPOLL_CTL_ADD, signal_, &any);
  // That it is closed is told without being asked for. Files cannot be watched, and need not be.
  any.events = 0;
  if (output_ >= 0) epoll_ctl(descriptor_, EPOLL_CTL_ADD, output_, &any);
}

Interrupts::~Interrupts() {
  signalfd_siginfo info{};
  while (signal_ >= 0 && ::read(signal_, &info, sizeof info) > 0) continue;
  for (const int one : {descriptor_, signal_}) {
    if (one >= 0) ::close(one);
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::output_closed() const noexcept {
  sigset_t pending{};
  if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) return true;
  pollfd one{output_, 0, 0};
  return output_ >= 0 && ::poll(&one, 1, 0) > 0 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

bool Interrupts::wait(std::chrono::milliseconds time) const noexcept {
  pollfd one{descriptor_, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace management::ctl
