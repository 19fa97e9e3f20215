// The types of resources that only this plugin knows.
#pragma once

#include <cstdint>
#include <trellis/resources.hpp>

namespace topic_spaces {

/// How many there may be in a namespace.
struct TypeLimits {
  std::uint32_t clients = 0;  // 0: any number
  std::uint32_t groups = 0;
  std::uint32_t spaces = 0;
  std::uint32_t templates = 0;  // of one space
  std::uint32_t bindings = 0;
};

/// The group that every client is in.
inline constexpr std::string_view kEverybody = "$all";

trellis::ResourceTypeRules client_groups(const TypeLimits& limits);
trellis::ResourceTypeRules topic_spaces(const TypeLimits& limits);
trellis::ResourceTypeRules permission_bindings(const TypeLimits& limits);

/// Judges changes of these beyond their schemas. event_grid: of settings of namespaces too, by what they may be there.
trellis::Result<void> check(const trellis::ResourceChange& change, const TypeLimits& limits, bool event_grid);

}  // namespace topic_spaces
