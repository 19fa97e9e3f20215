#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <trellis/runtime/listening_sockets.hpp>
#include <trellis/runtime/service_manager.hpp>
#include <utility>

namespace trellis::runtime {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kInherited = "systemd:";

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

int open_socket(const Address& address, int backlog, std::string& error) {
  const int fd = bound_socket(address, true);
  if (fd >= 0 && ::listen(fd, backlog) == 0) return fd;
  error = "cannot listen on " + address.text() + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return -1;
}

// A socket file whose process is gone stays behind: whoever cannot be reached there is in nobody's way.
void remove_stale(const Address& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd, name, address.size) != 0 && errno == ECONNREFUSED) forget_socket_file(address.text());
  ::close(fd);
}

// Another process may listen there with SO_REUSEPORT too; the kernel would then share connections with it.
bool taken(const Address& address) {
  if (address.is_unix()) remove_stale(address);
  if (address.port() == 0) return false;
  const int fd = bound_socket(address, false);
  if (fd >= 0) ::close(fd);
  return fd < 0 && errno == EADDRINUSE;
}

// Whether the machine has the address's family at all; some have no IPv6.
bool available(Address address) {
  address.set_port(0);
  const int fd = bound_socket(address, true);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : address_(std::move(other.address_)), port_(other.port_), sockets_(other.take()) {}

ListeningSockets::~ListeningSockets() {
  for (const auto& of_address : sockets_) {
    for (const int fd : of_address) ::close(fd);
  }
}

std::vector<std::vector<int>> ListeningSockets::take() noexcept { return std::exchange(sockets_, {}); }

std::optional<ListeningSockets> ListeningSockets::open(std::string_view text, const Options& options,
                                                       std::string& error) {
  ListeningSockets opened;
  if (text.starts_with(kInherited)) {
    if (!opened.inherit(text.substr(kInherited.size()), options, error)) return std::nullopt;
    return opened;
  }
  for (Address& address : resolve(text, error)) {
    if (text.starts_with('*') && !available(address)) continue;
    if (opened.port_ != 0) address.set_port(opened.port_);
    if (!opened.add(address, options, error)) return std::nullopt;
  }
  if (opened.sockets_.empty()) return std::nullopt;
  return opened;
}

bool ListeningSockets::add(Address address, const Options& options, std::string& error) {
  const bool ours = std::ranges::find(options.leaving, address.port()) != options.leaving.end();
  if (!ours && taken(address)) {
    error = "cannot listen on " + address.text() + ": another process listens there";
    return false;
  }
  auto& of_address = sockets_.emplace_back();
  while (of_address.size() < options.shards) {
    const int fd = open_socket(address, options.backlog, error);
    if (fd < 0) return false;
    of_address.push_back(fd);
    if (of_address.size() == 1) address.set_port(local_address(fd).port());
    if (address.is_unix()) {
      ::chmod(address.text().c_str() + kUnix.size(), 0660);  // the group may connect
      if (!share(fd, options.shards)) return false;
    }
  }
  if (address_.empty()) address_ = address.text();
  if (port_ == 0) port_ = address.port();
  return true;
}

// Where there is no SO_REUSEPORT all shards accept from one socket.
bool ListeningSockets::share(int fd, std::size_t shards) {
  auto& of_address = sockets_.back();
  while (of_address.size() < shards) {
    const int another = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (another < 0) return false;
    of_address.push_back(another);
  }
  return true;
}

// They stay open beside their duplicates: a reload may ask for them again.
bool ListeningSockets::inherit(std::string_view name, const Options& options, std::string& error) {
  for (const int fd : service_manager::sockets(name)) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    sockets_.emplace_back();
    if (!share(fd, options.shards)) {
      error = std::string("cannot share the socket of systemd: ") + std::strerror(errno);
      return false;
    }
    const Address address = local_address(fd);
    // The file of a Unix socket is systemd's, so its path is not ours to remove.
    if (address_.empty()) address_ = address.is_unix() ? std::string(kInherited) + std::string(name) : address.text();
  }
  if (!sockets_.empty()) return true;
  error =
      "systemd passed no socket named \"" + std::string(name) + "\"; is FileDescriptorName= set in the .socket unit?";
  return false;
}

void forget_socket_file(const std::string& address) noexcept {
  if (address.starts_with(kUnix)) ::unlink(address.c_str() + kUnix.size());
}

}  // namespace trellis::runtime
