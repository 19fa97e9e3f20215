/// Why a client may do something, or what it lacks.
#pragma once

#include "context.hpp"
#include "route.hpp"

namespace management {

/// Of ?client=C and publish=T or subscribe=F: {"allowed": …, "steps": [{"what", "found"}]}. The answer comes later.
void explain(Context& context, const trellis::Request& request, trellis::Reply reply, const Route& route);

}  // namespace management
