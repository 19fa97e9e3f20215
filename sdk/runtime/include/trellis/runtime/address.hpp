// Addresses to listen on and their text: "127.0.0.1:1883", "[::1]:1883", "*:1883", "unix:/run/trellis.sock".
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <trellis/networks.hpp>
#include <vector>

namespace trellis::runtime {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  /// Of this machine; Unix sockets are, too.
  bool loopback() const noexcept;
  bool is_unix() const noexcept { return storage.ss_family == AF_UNIX; }
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  std::string text() const;
};

/// Who is at the other end, in as few bytes as every connection can afford.
class PeerAddress {
 public:
  static constexpr std::size_t kTextBytes = 64;
  PeerAddress() noexcept = default;
  explicit PeerAddress(const Address& address) noexcept;
  /// "127.0.0.1:50123", "[::1]:50123", "unix", "unknown"; written to buffer.
  std::string_view text(char (&buffer)[kTextBytes]) const noexcept;
  bool is_unix() const noexcept { return family_ == AF_UNIX; }
  /// Nothing where it is of no internet family.
  std::optional<IpAddress> ip() const noexcept;

 private:
  std::uint8_t bytes_[16] = {};
  std::uint16_t port_ = 0;
  std::uint16_t family_ = AF_UNSPEC;
};

/// Resolves "host:port" or "unix:/path"; "*" is every address. Empty with error set when that fails. Blocks on name
/// look-ups.
std::vector<Address> resolve(std::string_view text, std::string& error);

/// Address a socket is bound to.
Address local_address(int fd) noexcept;

}  // namespace trellis::runtime
