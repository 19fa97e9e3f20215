// Domains that namespaces claim and have to prove to own.
#pragma once

#include <trellis/abi/domain.h>

#include <string>
#include <string_view>
#include <trellis/host.hpp>
#include <vector>

namespace trellis {

enum class DomainState : std::uint32_t {
  pending = TRELLIS_DOMAIN_PENDING,
  approved = TRELLIS_DOMAIN_APPROVED,
  unchecked = TRELLIS_DOMAIN_UNCHECKED,  ///< counts without proof; approve() changes nothing
};

/// One of them.
struct Domain {
  std::string name;  ///< lower case, without a final dot
  std::string name_space;
  DomainState state = DomainState::pending;
};

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
