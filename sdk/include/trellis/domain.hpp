// What namespaces are called: their hosts, and domains that they claim and have to prove to own.
#pragma once

#include <trellis/abi/domain.h>

#include <string>
#include <string_view>
#include <trellis/host.hpp>
#include <utility>
#include <vector>

namespace trellis {

enum class DomainState : std::uint32_t {
  pending = TRELLIS_DOMAIN_PENDING,
  approved = TRELLIS_DOMAIN_APPROVED,
  unchecked = TRELLIS_DOMAIN_UNCHECKED,  ///< counts without proof; set_approved() changes nothing
  host = TRELLIS_DOMAIN_HOST,            ///< one of "hosts", which nobody has to prove; the same
};

/// One of them.
struct Domain {
  std::string name;  ///< lower case, without a final dot; a host may begin with "*."
  std::string name_space;
  DomainState state = DomainState::pending;
};

/// Those of one namespace, in the order of the configuration. [any]
inline std::vector<Domain> domains(const Host& host, std::string_view name_space) {
  struct Wanted {
    std::string_view name_space;
    std::vector<Domain> found;
  } wanted{name_space, {}};
  const auto* table = host.table<trellis_host_domain>();
  if (table == nullptr) return {};
  table->list(host.handle(), &wanted, [](void* user, const trellis_domain* domain) {
    auto& those = *static_cast<Wanted*>(user);
    if (text(domain->name_space) != those.name_space) return;
    those.found.push_back(
        {std::string(text(domain->name)), std::string(those.name_space), static_cast<DomainState>(domain->state)});
  });
  return std::move(wanted.found);
}

/// All of them, in the order of the configuration; none where this kernel knows none. [any]
inline std::vector<Domain> domains(const Host& host) {
  std::vector<Domain> found;
  const auto* table = host.table<trellis_host_domain>();
  if (table == nullptr) return found;
  table->list(host.handle(), &found, [](void* user, const trellis_domain* domain) {
    static_cast<std::vector<Domain>*>(user)->push_back({std::string(text(domain->name)),
                                                        std::string(text(domain->name_space)),
                                                        static_cast<DomainState>(domain->state)});
  });
  return found;
}

/// From now on a domain counts, or no longer does. False where no namespace claims it any more. [any, running]
inline bool set_approved(const Host& host, std::string_view name, bool approved) {
  const auto* table = host.table<trellis_host_domain>();
  return table != nullptr && table->set_approved(host.handle(), view(name), approved);
}

}  // namespace trellis
