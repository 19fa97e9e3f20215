/// A resource as answers show it: {"id", "name", "type", "systemData", "properties"} and their like.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/resources.hpp>

#include "route.hpp"
#include "types.hpp"

namespace management {

/// "2026-03-01T08:00:00.250Z"
std::string to_time(std::int64_t unix_ms);

/// state: "Succeeded", what Provisioning says, or "Deleted" of what is no more.
std::string envelope(const Route& route, const trellis::Resource& resource, const SecretPlaces& secrets,
                     std::string_view state = "Succeeded");
/// Of what is there without a resource: built in, or a namespace nobody has set anything for. managed_by may be empty.
std::string bare_envelope(const Route& route, std::string_view name, std::string_view managed_by);

}  // namespace management
