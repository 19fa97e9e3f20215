#include "networks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace transport_proxy_protocol {
namespace {

std::optional<Bytes> parse_address(const std::string& text, bool& v4) {
  Bytes bytes{};
  v4 = inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1;
  if (v4) {
    bytes[10] = bytes[11] = 0xff;
    return bytes;
  }
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

}  // namespace

std::optional<Network> Network::parse(const std::string& text) {
  const std::size_t slash = text.find('/');
  bool v4 = false;
  const auto address = parse_address(text.substr(0, slash), v4);
  if (!address) return std::nullopt;
  Network network;
  network.first_ = *address;
  unsigned most = v4 ? 32 : 128;
  network.bits_ = most;
  if (slash != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, network.bits_);
    if (error != std::errc() || stopped != end || network.bits_ > most) return std::nullopt;
  }
  if (v4) network.bits_ += 96;
  return network;
}

bool Network::contains(const Bytes& address) const noexcept {
  for (unsigned i = 0; i < 16 && i * 8 < bits_; ++i) {
    const unsigned here = std::min(bits_ - i * 8, 8u);
    const auto mask = static_cast<std::uint8_t>(0xff00 >> here);
    if ((first_[i] & mask) != (address[i] & mask)) return false;
  }
  return true;
}

std::optional<Bytes> address_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  bool v4 = false;
  return parse_address(std::string(host), v4);
}

}  // namespace transport_proxy_protocol
