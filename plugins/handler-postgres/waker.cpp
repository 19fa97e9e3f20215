#include "waker.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>

namespace postgres {

Waker::Waker() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw std::runtime_error("the process has no file descriptor left");
}

Waker::~Waker() { ::close(event_); }

void Waker::call() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(event_, &one, sizeof(one));
}

Waker::Woken Waker::wait(int socket, short events, Clock::time_point until) noexcept {
  for (;;) {
    using std::chrono::milliseconds;
    const auto left = until == Clock::time_point::max()
                          ? milliseconds(-1)
                          : std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), milliseconds(0));
    pollfd both[2] = {{event_, POLLIN, 0}, {socket, events, 0}};
    const int ready =
        ::poll(both, socket >= 0 ? 2 : 1, static_cast<int>(std::min<std::int64_t>(left.count(), 3'600'000)));
    if (ready < 0 && errno == EINTR) continue;
    if (both[0].revents != 0) {
      std::uint64_t count = 0;
      (void)!::read(event_, &count, sizeof(count));
      return Woken::call;
    }
    if (ready > 0) return Woken::socket;
    if (until != Clock::time_point::max() && Clock::now() >= until) return Woken::late;
  }
}

}  // namespace postgres
