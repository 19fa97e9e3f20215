#include "address_rules.hpp"

#include <trellis/special_addresses.hpp>

namespace common {

trellis::Result<AddressRules> AddressRules::parse(const std::vector<std::string>& ranges) {
  AddressRules rules;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (auto added = rules.allow_.add(ranges[i]); !added) {
      return trellis::fail("/" + std::to_string(i) + ": " + added.error().text);
    }
  }
  return rules;
}

std::string AddressRules::refusal(const sockaddr& address) const {
  const auto socket = trellis::ip_address(address);
  if (!socket) return "it is no address of the internet";
  if (allow_.contains(*socket)) return {};
  const std::string_view use = trellis::special_use(trellis::behind_translator(*socket));
  if (use.empty()) return {};
  return "it is " + std::string(use) + ", and the plugin's setting allow does not have it";
}

}  // namespace common
