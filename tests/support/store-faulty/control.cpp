#include "control.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace faulty {

Control::Control(const std::string& path, Answer answer) : answer_(std::move(answer)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    error_ = path + " is too long for a socket";
    return;
  }
  path.copy(address.sun_path, path.size());
  ::unlink(path.c_str());
  socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(socket_, 8) != 0) {
    error_ = "cannot listen at " + path + ": " + std::strerror(errno);
    return;
  }
  thread_ = std::thread([this] { run(); });
}

Control::~Control() {
  ::shutdown(socket_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  ::close(socket_);
}

void Control::run() {
  while (true) {
    const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;  // shut down
    std::string line;
    char c = 0;
    while (::read(client, &c, 1) == 1 && c != '\n') line += c;
    const std::string answer = answer_(line) + "\n";
    // Who does not want to hear it has gone.
    [[maybe_unused]] const ssize_t sent = ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
  }
}

}  // namespace faulty
