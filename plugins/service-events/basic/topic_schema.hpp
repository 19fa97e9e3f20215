/// In which schema events of Event Grid's basic tier come to a topic: its properties inputSchema and
/// inputSchemaMapping.
#pragma once

#include <memory>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>

#include "basic/conversion.hpp"

namespace events_service {

/// Adds the properties to those of topics.
trellis::Schema with_input_schema(trellis::Schema topic);

/// Null: CloudEvents alone. Refusals name the place.
trellis::Result<std::shared_ptr<const SchemaMapping>> read_input_schema(const trellis::Config& properties);

}  // namespace events_service
