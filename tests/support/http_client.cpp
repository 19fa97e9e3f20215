#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace trellis::testing {

HttpClient::HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval deadline{.tv_sec = 20, .tv_usec = 0};  // generous: sanitizer builds on a busy machine
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
  ::close(socket_);
  throw std::runtime_error("cannot connect to port " + std::to_string(port));
}

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

HttpAnswer HttpClient::get(const std::string& path, const std::string& host, const std::string& fields) {
  send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n");
  return receive();
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the broker takes nothing");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

HttpAnswer HttpClient::receive() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) throw std::runtime_error("no HTTP answer, but: " + buffer_);
  }
  HttpAnswer answer{std::stoi(buffer_.substr(9, 3)), buffer_.substr(0, end), {}};
  buffer_.erase(0, end + 4);
  static constexpr std::string_view kLength = "content-length: ";
  std::string lower = answer.head;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  const auto length = lower.find(kLength);
  if (length != std::string::npos) answer.body = read(std::stoul(lower.substr(length + kLength.size())));
  return answer;
}

std::string HttpClient::read(std::size_t size) {
  while (buffer_.size() < size) {
    if (!fill()) throw std::runtime_error("the connection ended after: " + buffer_);
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

bool HttpClient::closed() { return buffer_.empty() && !fill(); }

bool HttpClient::fill() {
  std::array<char, 4096> chunk{};
  const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (count > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace trellis::testing
