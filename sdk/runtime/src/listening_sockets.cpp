#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <trellis/runtime/listening_sockets.hpp>

namespace trellis::runtime {
namespace {

constexpr int kBacklog = 4096;

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

}  // namespace trellis::runtime
