/// Backups of the broker's store.
#pragma once

#include "context.hpp"
#include "tokens.hpp"

namespace management {

/// POST /backup with {"name": …}: 202 and what answer_backup() says.
void begin_backup(const Context& context, const trellis::Request& request, trellis::Reply& reply, const Caller& caller);
/// GET /backup: {"state", "number", "name", "doneBytes", "totalBytes", "reason"} of the one begun last.
void answer_backup(const Context& context, trellis::Reply& reply, std::uint32_t status = 200);

}  // namespace management
