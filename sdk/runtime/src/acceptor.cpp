#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <trellis/runtime/acceptor.hpp>
#include <utility>

namespace trellis::runtime {
namespace {

constexpr int kAcceptsPerTurn = 64;  // then those who are connected have a turn

}  // namespace

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Acceptor::Acceptor(Shard& shard, int fd, Owner owner)
    : shard_(shard), fd_(fd), owner_(std::move(owner)), retry_(*this) {
  shard_.watch(fd_, *this, false);
}

Acceptor::~Acceptor() {
  shard_.unwatch(fd_);
  ::close(fd_);
}

void Acceptor::await_first_bytes(bool on) noexcept {
  const int seconds = on ? 1 : 0;  // the least there is; a Unix socket knows no such thing
  ::setsockopt(fd_, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

void Acceptor::on_ready(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && accept_one(); ++i) {
  }
}

bool Acceptor::accept_one() {
  Address peer;
  peer.size = sizeof peer.storage;
  const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    owner_.accepted(fd, peer);
    return true;
  }
  const int why = errno;
  if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) rest(why);
  return why == ECONNABORTED || why == EINTR;
}

// The listening socket stays readable, so looking again at once would only burn time.
void Acceptor::rest(int why) {
  owner_.rests(std::strerror(why));
  shard_.unwatch(fd_);
  shard_.arm(retry_, kRestMs);
}

void Acceptor::on_retry(Timer& timer) {
  Acceptor& acceptor = static_cast<Retry&>(timer).acceptor;
  acceptor.shard_.watch(acceptor.fd_, acceptor, false);
}

}  // namespace trellis::runtime
