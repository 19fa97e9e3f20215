// Addresses to listen on and their text: "127.0.0.1:1883", "[::1]:1883", "*:1883".
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

namespace trellis::kernel {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  bool loopback() const noexcept;
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  std::string text() const;
};

/// Resolves "host:port"; "*" is every address. Empty with error set when that fails. Blocks on name look-ups.
std::vector<Address> resolve(std::string_view text, std::string& error);

/// Address of the other end of a connected socket; size 0 when there is none any more.
Address peer_address(int fd) noexcept;
/// Address a socket is bound to.
Address local_address(int fd) noexcept;

}  // namespace trellis::kernel
