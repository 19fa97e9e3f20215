#include <trellis/runtime/address_rules.hpp>
#include <trellis/special_addresses.hpp>

namespace trellis::runtime {

std::string AddressRules::refusal(const Address& address) const {
  const auto socket = ip_address(reinterpret_cast<const sockaddr&>(address.storage));
  if (!socket) return "it is no address of the internet";
  if (deny.contains(*socket)) return R"(it is in "outbound"."deny")";
  if (allow.contains(*socket)) return {};
  const IpAddress meant = behind_translator(*socket);
  const std::string_view use = special_use(meant);
  if (use.empty() && !deny.contains(meant)) return {};
  return "it is " + std::string(use.empty() ? "denied" : use) + R"(, and "outbound"."allow" does not have it)";
}

}  // namespace trellis::runtime
