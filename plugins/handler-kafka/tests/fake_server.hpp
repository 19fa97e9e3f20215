// Speaks as much of Kafka's protocol as it takes to say that the password is wrong.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace kafka::testing {

class FakeServer {
 public:
  FakeServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 8) != 0 || ::getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("no port is free");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    ended_ = true;
    thread_.join();
    ::close(listener_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  static constexpr std::int16_t kApiVersions = 18;
  static constexpr std::int16_t kHandshake = 17;
  static constexpr std::int16_t kAuthenticate = 36;

  static std::string number(std::uint32_t value, int bytes) {
    std::string out;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xffU);
    return out;
  }
  static std::string text(const std::string& text) { return number(static_cast<std::uint32_t>(text.size()), 2) + text; }

  bool readable(int socket) const {
    while (!ended_) {
      pollfd waited{socket, POLLIN, 0};
      if (::poll(&waited, 1, 20) > 0) return true;
    }
    return false;
  }
  void serve() {
    while (readable(listener_)) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      speak(peer);
      ::close(peer);
    }
  }
  std::string take(int peer, std::size_t size) const {
    std::string out;
    while (out.size() < size && readable(peer)) {
      char piece[512];
      const ssize_t got = ::recv(peer, piece, std::min(sizeof piece, size - out.size()), 0);
      if (got <= 0) return {};
      out.append(piece, static_cast<std::size_t>(got));
    }
    return out;
  }
  static std::uint32_t number_in(const std::string& bytes, std::size_t at, int size) {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i)
      value = value << 8U | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
    return value;
  }
  void speak(int peer) const {
    while (true) {
      const std::string head = take(peer, 4);
      if (head.size() < 4) return;
      const std::string request = take(peer, number_in(head, 0, 4));
      if (request.size() < 8) return;
      const std::string answer =
          request.substr(4, 4) + body(static_cast<std::int16_t>(number_in(request, 0, 2)), number_in(request, 2, 2));
      const std::string framed = number(static_cast<std::uint32_t>(answer.size()), 4) + answer;
      if (::send(peer, framed.data(), framed.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  static std::string body(std::int16_t api, std::uint32_t version) {
    // Of a newer question: ask again in version 0.
    if (api == kApiVersions && version > 0) return number(35, 2) + number(0, 4);
    if (api == kApiVersions) {
      std::string out = number(0, 2) + number(4, 4);
      for (const auto& [key, most] : {std::pair<std::uint32_t, std::uint32_t>{3, 4}, {17, 1}, {18, 0}, {36, 0}}) {
        out += number(key, 2) + number(0, 2) + number(most, 2);
      }
      return out;
    }
    if (api == kHandshake) return number(0, 2) + number(1, 4) + text("PLAIN");
    if (api == kAuthenticate) return number(58, 2) + text("who are you") + number(0, 4);
    return number(35, 2);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace kafka::testing
