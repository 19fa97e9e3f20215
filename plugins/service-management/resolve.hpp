/// What a path means here: its namespace and its types as the broker calls them.
#pragma once

#include <optional>

#include "context.hpp"
#include "problem.hpp"
#include "route.hpp"

namespace management {

/// A problem where there is no such path, namespace or type. What is left of a path that could mean two things means
/// one.
std::optional<Problem> resolve(const Context& context, Route& route);

/// That what a resource belongs to is not there.
Problem no_parent(std::string_view parent_type, std::string_view parent);

}  // namespace management
