#include "net/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <trellis/runtime/log.hpp>

#include "message/runtime.hpp"
#include "net/connection.hpp"

namespace trellis::kernel {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;
constexpr std::uint64_t kRestMs = 100;

// A socket bound to the address, or -1 with errno set.
int bound_socket(const Address& address, bool shared) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  if (address.storage.ss_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

int open_socket(const Address& address, std::string& error) {
  const int fd = bound_socket(address, true);
  if (fd >= 0 && ::listen(fd, kBacklog) == 0) return fd;
  error = "cannot listen on " + address.text() + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return -1;
}

// Another process may listen there with SO_REUSEPORT too; the kernel would then share connections with it.
bool taken(const Address& address) {
  if (address.port() == 0) return false;
  const int fd = bound_socket(address, false);
  if (fd >= 0) ::close(fd);
  return fd < 0 && errno == EADDRINUSE;
}

}  // namespace

std::vector<int> open_listening_sockets(Address& address, std::size_t shards, bool ours, std::string& error) {
  if (!ours && taken(address)) {
    error = "cannot listen on " + address.text() + ": another process listens there";
    return {};
  }
  std::vector<int> sockets;
  for (std::size_t i = 0; i < shards; ++i) {
    const int fd = open_socket(address, error);
    if (fd < 0) {
      for (const int opened : sockets) ::close(opened);
      return {};
    }
    sockets.push_back(fd);
    if (i == 0) address.set_port(local_address(fd).port());
  }
  return sockets;
}

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
