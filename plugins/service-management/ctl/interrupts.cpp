#include "ctl/interrupts.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace management::ctl {

Interrupts::Interrupts() {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  descriptor_ = signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC);
}

Interrupts::~Interrupts() {
  signalfd_siginfo info{};
  while (descriptor_ >= 0 && ::read(descriptor_, &info, sizeof info) > 0) continue;
  if (descriptor_ >= 0) ::close(descriptor_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::output_closed() const noexcept {
  sigset_t pending{};
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

bool Interrupts::wait(std::chrono::milliseconds time) const noexcept {
  pollfd one{descriptor_, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace management::ctl
