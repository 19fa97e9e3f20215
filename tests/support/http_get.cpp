// A client of a few lines: enough for pages that come whole and close the connection.
#include "support/http_get.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace trellis::testing {
namespace {

// Owns the descriptor of one blocking connection.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval deadline{.tv_sec = 10, .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
    const std::string why = std::strerror(errno);
    close(descriptor_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " + why);
  }
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  std::string exchange(const std::string& request) const {
    if (send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
      throw std::runtime_error("cannot send an HTTP request");
    std::string answer;
    std::array<char, 16384> chunk;
    ssize_t count = 0;
    while ((count = recv(descriptor_, chunk.data(), chunk.size(), 0)) > 0)
      answer.append(chunk.data(), static_cast<std::size_t>(count));
    if (count < 0) throw std::runtime_error(std::string("no end of the HTTP answer: ") + std::strerror(errno));
    return answer;
  }

 private:
  int descriptor_;
};

}  // namespace

HttpAnswer http_get(std::uint16_t port, const std::string& path, const std::string& host) {
  const Socket socket(port);
  const auto text = socket.exchange("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  const auto end = text.find("\r\n\r\n");
  if (text.rfind("HTTP/1.1 ", 0) != 0 || end == std::string::npos)
    throw std::runtime_error("this is no HTTP answer: " + text);
  return {std::stoi(text.substr(9, 3)), text.substr(0, end), text.substr(end + 4)};
}

Metrics::Metrics(std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto blank = line.rfind(' ');
    if (blank == std::string::npos) throw std::runtime_error("this is no metric: " + line);
    const auto brace = line.find('{');
    const auto name = line.substr(0, std::min(brace, blank));
    const auto labels = brace == std::string::npos ? "" : line.substr(brace, blank - brace);
    series_.emplace(name, std::pair{labels, std::stod(line.substr(blank + 1))});
  }
}

Metrics Metrics::of(std::uint16_t port) {
  const auto answer = http_get(port, "/metrics");
  if (answer.status != 200) throw std::runtime_error("/metrics answers " + answer.head);
  return Metrics(answer.body);
}

bool Metrics::has(const std::string& name) const { return series_.count(name) != 0; }

double Metrics::unaccounted(std::string_view label) const {
  double left = sum("trellis_messages_matched_total", label);
  for (const char* name :
       {"trellis_messages_delivered_total", "trellis_queue_messages", "trellis_messages_expired_total",
        "trellis_messages_dead_lettered_total", "trellis_messages_dropped_total"})
    left -= sum(name, label);
  return left;
}

double Metrics::sum(const std::string& name, std::string_view label) const {
  const auto [first, last] = series_.equal_range(name);
  double total = 0;
  bool found = false;
  for (auto one = first; one != last; ++one) {
    if (one->second.first.find(label) == std::string::npos) continue;
    total += one->second.second;
    found = true;
  }
  if (!found) throw std::runtime_error("there is no metric " + name + " with " + std::string(label));
  return total;
}

}  // namespace trellis::testing
