/// Ranges of addresses: "10.0.0.0/8", "::1".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transport_proxy_protocol {

/// An address as 16 bytes; IPv4 ones as IPv6 writes them.
using Bytes = std::array<std::uint8_t, 16>;

class Network {
 public:
  /// Nothing when the text is none.
  static std::optional<Network> parse(const std::string& text);
  bool contains(const Bytes& address) const noexcept;

 private:
  Bytes first_{};
  unsigned bits_ = 0;
};

/// Of "1.2.3.4:5" or "[::1]:5"; nothing when it is neither.
std::optional<Bytes> address_of(std::string_view peer);

}  // namespace transport_proxy_protocol
