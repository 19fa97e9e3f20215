#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <trellis/runtime/service_manager.hpp>

namespace trellis::runtime::service_manager {
namespace {

constexpr int kFirstSocket = 3;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// 0 where there is no number.
std::uint64_t number(const char* name) {
  const std::string_view text = environment(name);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() ? value : 0;
}

// Such variables are inherited by children they are not meant for.
bool meant_for_us(const char* pid) { return number(pid) == static_cast<std::uint64_t>(::getpid()); }

}  // namespace

void notify(std::string_view state) {
  const std::string_view path = environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name that is no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

std::chrono::microseconds watchdog_interval() {
  if (!environment("WATCHDOG_PID").empty() && !meant_for_us("WATCHDOG_PID")) return {};
  return std::chrono::microseconds(number("WATCHDOG_USEC"));
}

std::vector<int> sockets(std::string_view name) {
  std::vector<int> found;
  if (!meant_for_us("LISTEN_PID")) return found;
  std::string_view names = environment("LISTEN_FDNAMES");
  for (std::uint64_t i = 0; i < number("LISTEN_FDS"); ++i) {
    const std::string_view one = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(names.size(), one.size() + 1));
    const int fd = kFirstSocket + static_cast<int>(i);
    if (one != name || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
    found.push_back(fd);
  }
  return found;
}

}  // namespace trellis::runtime::service_manager
