// Where connections of a library that makes its own may lead: the rules of "outbound" for what the kernel does not
// dial.
#pragma once

#include <string>
#include <trellis/networks.hpp>
#include <vector>

namespace common {

/// An allowed address is taken; of the rest all but the public ones are refused: this machine, private and link-local
/// networks (metadata services are there), multicast, and what is reserved. Read-only once made. [any]
class AddressRules {
 public:
  /// ranges: of addresses that are allowed though they are not public.
  static trellis::Result<AddressRules> parse(const std::vector<std::string>& ranges);

  /// Why nobody may be reached there, as in "it is refused: " + why; empty: it is fine.
  std::string refusal(const sockaddr& address) const;

 private:
  trellis::Networks allow_;
};

}  // namespace common
