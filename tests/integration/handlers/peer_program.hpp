// A real server beside the broker that the test stops, kills and starts again on the same port.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "delivered_site.hpp"
#include "support/child_process.hpp"

namespace trellis::testing {

class PeerProgram {
 public:
  PeerProgram(std::vector<std::string> command, std::uint16_t port) : command_(std::move(command)), port_(port) {}

  /// Returns once it takes connections.
  void start() {
    process_ = std::make_unique<ChildProcess>(command_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!takes_connections()) {
      if (!process_->running() || std::chrono::steady_clock::now() > until) {
        throw std::runtime_error(command_.front() + " does not listen:\n" + process_->output());
      }
      // Between two looks at another process, not in hope of anything.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  /// Ends it by that signal, and waits until it is gone.
  void end(int signal) {
    process_->signal(signal);
    if (!process_->wait(std::chrono::seconds(20))) throw std::runtime_error(command_.front() + " does not end");
    process_.reset();
  }
  std::uint16_t port() const noexcept { return port_; }
  std::string output() { return process_ ? process_->output() : std::string(); }

 private:
  bool takes_connections() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    const bool there = ::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(client);
    return there;
  }

  const std::vector<std::string> command_;
  const std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

/// By number: where nobody asked for an order, only whether all is there counts.
inline std::vector<Arrived> in_order(std::vector<Arrived> arrived) {
  std::stable_sort(arrived.begin(), arrived.end(),
                   [](const Arrived& a, const Arrived& b) { return a.number < b.number; });
  return arrived;
}

/// Of an event's JSON.
inline Arrived arrived_in(const std::string& json) {
  const auto id = json.find(R"("id":")") + 6;
  const auto subject = json.find(R"("subject":")") + 11;
  return {std::stoul(json.substr(id)), json.substr(subject, json.find('"', subject) - subject)};
}

}  // namespace trellis::testing
