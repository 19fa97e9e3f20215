/// Addresses that are not public: this machine, private networks, what is reserved. Who lets others name an address
/// must not let them reach what only this machine can reach.
///
/// Any thread.
#pragma once

#include <algorithm>
#include <string_view>
#include <trellis/networks.hpp>
#include <utility>
#include <vector>

namespace trellis {

/// Where it really leads: of an address that a translator to IPv4 is asked for (64:ff9b::/96), the IPv4 address.
inline IpAddress behind_translator(const IpAddress& address) {
  static const Network translated = *Network::parse("64:ff9b::/96");
  return translated.contains(address) ? v4_address(address.data() + 12) : address;
}

/// What it is for, as in "it is " + …: "a private network"; empty: it is a public one. Ask behind_translator() first.
inline std::string_view special_use(const IpAddress& address) {
  // From the registries of special-purpose addresses (RFC 6890 and its updates).
  static constexpr std::pair<std::string_view, std::string_view> kSpecial[] = {
      {"0.0.0.0/8", "this network"},
      {"10.0.0.0/8", "a private network"},
      {"100.64.0.0/10", "a provider's network"},
      {"127.0.0.0/8", "this machine"},
      {"169.254.0.0/16", "link-local, where metadata services are"},
      {"172.16.0.0/12", "a private network"},
      {"192.0.0.0/24", "reserved"},
      {"192.0.2.0/24", "for documentation"},
      {"192.168.0.0/16", "a private network"},
      {"198.18.0.0/15", "for measurements"},
      {"198.51.100.0/24", "for documentation"},
      {"203.0.113.0/24", "for documentation"},
      {"224.0.0.0/4", "multicast"},
      {"240.0.0.0/4", "reserved"},
      {"::/96", "this machine or none"},
      {"::ffff:0:0:0/96", "an IPv4 address for translators"},
      {"64:ff9b:1::/48", "a private network"},
      {"100::/64", "for discarding"},
      {"2001::/23", "reserved"},
      {"2001:db8::/32", "for documentation"},
      {"2002::/16", "a tunnel to an IPv4 address"},
      {"3fff::/20", "for documentation"},
      {"fc00::/7", "a private network"},
      {"fe80::/10", "link-local"},
      {"ff00::/8", "multicast"},
      // Whatever else of IPv6 is not global unicast (2000::/3).
      {"::/3", "not a public address"},
      {"4000::/2", "not a public address"},
      {"8000::/1", "not a public address"},
  };
  static const auto ranges = [] {
    std::vector<std::pair<Network, std::string_view>> made;
    for (const auto& [text, use] : kSpecial) made.emplace_back(*Network::parse(text), use);
    return made;
  }();
  const auto found =
      std::find_if(ranges.begin(), ranges.end(), [&](const auto& one) { return one.first.contains(address); });
  return found == ranges.end() ? std::string_view{} : found->second;
}

}  // namespace trellis
