#include "net/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <trellis/runtime/log.hpp>

#include "message/runtime.hpp"
#include "net/connection.hpp"

namespace trellis::kernel {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::uint64_t kRestMs = 100;

}  // namespace

Listener::Listener(Shard& shard, int fd, std::shared_ptr<Endpoint> endpoint)
    : shard_(shard), fd_(fd), endpoint_(std::move(endpoint)), retry_(*this) {
  shard_.watch(fd_, *this, false);
}

Listener::~Listener() {
  shard_.unwatch(fd_);
  ::close(fd_);
}

void Listener::on_ready(std::uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && accept_one(); ++i) {
  }
}

bool Listener::accept_one() {
  Address peer;
  peer.size = sizeof peer.storage;
  const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) rest();
    return errno == ECONNABORTED || errno == EINTR;
  }
  ListenerState& state = *endpoint_->listener;
  const bool room = state.own.enter();
  if (!room || !state.all->enter()) {
    if (room) state.own.leave();
    shard_.count(room ? endpoint_->metrics->refused_by_process : endpoint_->metrics->refused_by_listener, 1);
    ::close(fd);
    return true;
  }
  Connection::open(endpoint_, fd, peer.loopback() ? TRELLIS_CONNECTION_LOOPBACK : 0, PeerAddress(peer));
  return true;
}

// Out of descriptors: the listening socket stays readable, so looking again at once would only burn time.
void Listener::rest() {
  log::warn("net", std::string("cannot accept a connection: ") + std::strerror(errno) + "; trying again in 100 ms",
            {{"listener", endpoint_->listener->name}});
  shard_.count(endpoint_->metrics->refused_descriptors, 1);
  shard_.unwatch(fd_);
  shard_.arm(retry_, kRestMs);
}

void Listener::on_retry(Timer& timer) {
  Listener& listener = static_cast<Retry&>(timer).listener;
  listener.shard_.watch(listener.fd_, listener, false);
}

}  // namespace trellis::kernel
