// From where clients may come.
#pragma once

#include <string_view>
#include <trellis/networks.hpp>
#include <trellis/runtime/address.hpp>

namespace trellis::runtime {

/// Not changed once they hold; then for any thread.
struct InboundRules {
  bool public_access = true;  // else from this machine only, and `allowed` is not asked
  Networks allowed = {};      // none: from everywhere

  /// told: the client's address and port as a proxy that is believed told them, which then count; empty where none did.
  /// Whoever comes by a Unix socket has no address and was let in by the file's permissions.
  bool admit(const PeerAddress& peer, std::string_view told) const {
    if (public_access && allowed.empty()) return true;
    if (told.empty() && peer.is_unix()) return true;
    const auto address = told.empty() ? peer.ip() : ip_address_of_peer(told);
    if (!address) return false;
    return public_access ? allowed.contains(*address) : is_loopback(*address);
  }
  bool operator==(const InboundRules&) const = default;
};

}  // namespace trellis::runtime
