/// GET: one resource, a page of a collection.
#pragma once

#include "context.hpp"
#include "route.hpp"

namespace management {

/// A namespace itself, or what is in it.
void answer_item(const Context& context, const trellis::Request& request, trellis::Reply& reply, const Route& route);
/// The namespaces there are.
void answer_namespaces(const Context& context, const trellis::Request& request, trellis::Reply& reply,
                       const Route& route);
/// A page of resources by their names. Never looks through more of them in one go than others can wait for, so that a
/// page may have fewer than asked for, and even none, with a link to the next.
void answer_page(const Context& context, const trellis::Request& request, trellis::Reply& reply, const Route& route);

}  // namespace management
