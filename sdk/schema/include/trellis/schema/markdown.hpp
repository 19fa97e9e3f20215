// Renders a schema as a manual: what can be set, with type, default, meaning and examples.
#pragma once

#include <string>
#include <trellis/schema/schema.hpp>

namespace trellis::schema {

/// Markdown, readable as plain text too. heading_level: of the first heading (2: "## Options").
std::string render_markdown(const Schema& schema, unsigned heading_level = 2);

}  // namespace trellis::schema
