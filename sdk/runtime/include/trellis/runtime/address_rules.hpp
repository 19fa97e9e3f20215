// Where connections from here may lead. Who can name a URL must not reach what only this machine can reach.
#pragma once

#include <string>
#include <trellis/networks.hpp>
#include <trellis/runtime/address.hpp>

namespace trellis::runtime {

/// A denied address is refused, then an allowed one taken; of the rest all but the public ones are refused: this
/// machine, private and link-local networks (metadata services are there), multicast, and what is reserved.
struct AddressRules {
  Networks allow;
  Networks deny;

  /// Why nobody is dialled there, as in "it is refused: " + why; empty: it is fine. [any]
  std::string refusal(const Address& address) const;
};

}  // namespace trellis::runtime
