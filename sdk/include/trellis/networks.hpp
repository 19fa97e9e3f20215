/// Addresses of the internet and ranges of them: "10.0.0.0/8", "::1".
///
/// Any thread. Beside the standard library this needs arpa/inet.h.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace trellis {

/// As 16 bytes; IPv4 addresses as IPv6 writes them, so that ::ffff:10.0.0.1 and 10.0.0.1 are the same.
using IpAddress = std::array<std::uint8_t, 16>;

inline bool is_v4(const IpAddress& address) noexcept {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

/// 127.0.0.0/8 and ::1: of this machine.
inline bool is_loopback(const IpAddress& address) noexcept {
  if (is_v4(address)) return address[12] == 127;
  return address == IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

inline IpAddress v4_address(const void* four_bytes) noexcept {
  IpAddress address{};
  address[10] = address[11] = 0xff;
  std::memcpy(address.data() + 12, four_bytes, 4);
  return address;
}

/// Of "10.0.0.1" or "::1"; nothing when it is neither.
inline std::optional<IpAddress> ip_address(std::string_view text) {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof copy) return std::nullopt;
  text.copy(copy, text.size());
  if (std::strlen(copy) != text.size()) return std::nullopt;  // a null character within
  in_addr v4;
  if (inet_pton(AF_INET, copy, &v4) == 1) return v4_address(&v4);
  IpAddress address{};
  if (inet_pton(AF_INET6, copy, address.data()) == 1) return address;
  return std::nullopt;
}

/// Whether a host is this machine: "localhost", or a loopback address without brackets.
inline bool is_this_machine(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = ip_address(host);
  return address && is_loopback(*address);
}

/// Of a socket; nothing when it is one of another family.
inline std::optional<IpAddress> ip_address(const sockaddr& socket) noexcept {
  if (socket.sa_family == AF_INET) return v4_address(&reinterpret_cast<const sockaddr_in&>(socket).sin_addr);
  if (socket.sa_family != AF_INET6) return std::nullopt;
  IpAddress address;
  std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(socket).sin6_addr, address.size());
  return address;
}

/// Of a peer as connections name it, "10.0.0.1:5" or "[::1]:5"; nothing when it has no address.
inline std::optional<IpAddress> ip_address_of_peer(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ip_address(host);
}

/// An address, or those that begin with the same bits. A range of IPv6 holds no IPv4 address: "::/0" is all of IPv6.
class Network {
 public:
  /// "10.0.0.0/8", "10.0.0.1", "2001:db8::/32", "::1".
  static Result<Network> parse(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const auto address = ip_address(text.substr(0, slash));
    const bool v4 = address && text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned most = v4 ? 32 : 128;
    unsigned bits = most;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = slash == text.size() ? std::from_chars_result{end, std::errc()}
                                                       : std::from_chars(text.data() + slash + 1, end, bits);
    if (!address || error != std::errc() || stopped != end || bits > most) {
      return fail('"' + std::string(text) +
                  R"(" is no address and no range; expected one like "10.1.0.0/16" or "::1")");
    }
    return Network(*address, v4 ? bits + 96 : bits);
  }

  bool contains(const IpAddress& address) const noexcept {
    if (is_v4(address) != (bits_ >= 96 && is_v4(first_))) return false;
    for (unsigned i = 0; i < 16 && i * 8 < bits_; ++i) {
      const unsigned here = std::min(bits_ - i * 8, 8U);
      const auto mask = static_cast<std::uint8_t>(0xff00U >> here);
      if ((first_[i] & mask) != (address[i] & mask)) return false;
    }
    return true;
  }
  bool operator==(const Network&) const = default;

 private:
  Network(const IpAddress& first, unsigned bits) noexcept : first_(first), bits_(bits) {}
  IpAddress first_;
  unsigned bits_;  // of 128
};

/// Some of them, as for a list of who may come or where nobody may go.
class Networks {
 public:
  /// text: as for Network::parse().
  Result<void> add(std::string_view text) {
    const auto network = Network::parse(text);
    if (!network) return network.error();
    networks_.push_back(*network);
    return ok();
  }
  bool empty() const noexcept { return networks_.empty(); }
  bool contains(const IpAddress& address) const noexcept {
    return std::any_of(networks_.begin(), networks_.end(), [&](const Network& one) { return one.contains(address); });
  }
  bool operator==(const Networks&) const = default;

 private:
  std::vector<Network> networks_;
};

}  // namespace trellis
