// Types of resources that several plugins declare, in the same words.
#pragma once

#include <cstdint>
#include <trellis/resources.hpp>

namespace rights {

/// Clients: who may connect, with which certificate, and what is known of them. The key is `authenticationName`.
/// most: in a namespace; 0: any number, or as another plugin says.
trellis::ResourceTypeRules clients(std::uint32_t most = 0);
/// Settings of a namespace that concern its clients; the one resource of this type bears the namespace's name.
trellis::ResourceTypeRules namespaces();
/// Certificates of authorities that clients' certificates may come from.
trellis::ResourceTypeRules ca_certificates(std::uint32_t most = 0);

/// Judges changes of clients and namespaces beyond their schemas; every plugin that declares them asks this. Others
/// are all right.
trellis::Result<void> check(const trellis::ResourceChange& change);

}  // namespace rights
