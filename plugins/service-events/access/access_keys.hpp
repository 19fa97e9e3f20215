/// The type of resources that are the keys of namespaces.
#pragma once

#include <string>
#include <string_view>
#include <trellis/resources.hpp>

namespace events_service {

inline constexpr std::string_view kAccessKeys = "accessKeys";

/// Two at most in a namespace, key1 and key2. The key itself is no secret to the management API: that is where it is
/// looked up.
trellis::ResourceTypeRules access_keys();

/// Judges a key that is put, beyond its schema. What it says never holds the key.
trellis::Result<void> check_access_key(const trellis::Resource& put);

}  // namespace events_service
