// Blocking sockets, and a thread for each.
#include "support/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace trellis::testing {
namespace {

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t length_in(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto at = head.find("content-length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 15));
}

}  // namespace

std::string Endpoint::status(int code, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(code) + " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

Endpoint::Endpoint(Script script) : script_(std::move(script)) { listen(); }

Endpoint::~Endpoint() { leave(); }

void Endpoint::listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  here.sin_port = htons(port_);
  socklen_t size = sizeof here;
  auto* raw = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 128) != 0 || ::getsockname(listener_, raw, &size) != 0)
    throw std::runtime_error("the endpoint cannot listen");
  port_ = ntohs(here.sin_port);
  const std::lock_guard lock(mutex_);
  away_ = false;
  threads_.emplace_back([this, listener = listener_] { accept_all(listener); });
}

void Endpoint::accept_all(int listener) {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (socket < 0 || away_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void Endpoint::serve(int socket) {
  std::string buffer;
  Request request;
  while (read_request(socket, buffer, request)) {
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      if (away_) break;
      requests_.push_back(request);
      answer = script_(request);
    }
    if (!act(socket, answer)) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

// Whether the connection goes on.
bool Endpoint::act(int socket, const Answer& answer) {
  const bool sent = send_all(socket, answer.bytes);
  switch (answer.then) {
    case Then::keep:
      return sent;
    case Then::close:
      return false;
    case Then::reset: {
      const linger at_once{1, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    }
    case Then::stall: {
      // Until the other side gives up, or the endpoint ends.
      char ignored = 0;
      while (::recv(socket, &ignored, 1, 0) > 0) {
      }
      return false;
    }
    case Then::stream:
      while (send_all(socket, answer.bytes.substr(answer.bytes.find("\r\n\r\n") + 4))) {
      }
      return false;
  }
  return false;
}

bool Endpoint::read_request(int socket, std::string& buffer, Request& request) {
  const auto more = [&] {
    char piece[16384];
    const ssize_t got = ::recv(socket, piece, sizeof piece, 0);
    if (got > 0) buffer.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  };
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return false;
  }
  request.head = buffer.substr(0, end + 2);
  const auto path = request.head.find(' ') + 1;
  request.path = request.head.substr(path, request.head.find(' ', path) - path);
  const std::size_t size = length_in(request.head);
  while (buffer.size() < end + 4 + size) {
    if (!more()) return false;
  }
  request.body = buffer.substr(end + 4, size);
  buffer.erase(0, end + 4 + size);
  return true;
}

std::vector<Endpoint::Request> Endpoint::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Endpoint::leave() {
  if (listener_ < 0) return;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    away_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
  ::close(std::exchange(listener_, -1));
}

void Endpoint::come_back() { listen(); }

}  // namespace trellis::testing
