/// What a request's body asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <vector>

#include "problem.hpp"

namespace management {

/// Reads JSON whose size is bounded already; refuses nesting and numbers of members that nobody needs before it builds
/// anything. The values point into text.
std::optional<Problem> read_json(std::string_view text, trellis::json::Value& value);

/// The properties of a PUT's or PATCH's body, {"properties": {…}}, as one line of JSON. What an answer has besides and
/// nobody can change is taken and left out; `name` has to be the path's. Those of a namespace are gathered.
std::optional<Problem> read_properties(std::string_view body, std::string_view type, std::string_view name,
                                       std::string& properties);

/// One line of a batch.
struct BatchLine {
  std::string type;
  std::string name;                       ///< as the broker calls it: "orders/audit"
  std::string parent_type;                ///< where the line tells it
  std::optional<std::string> properties;  ///< none: it has to go
  std::int64_t expected = -1;             ///< as in trellis_resource_operation
};

/// A JSON array, or JSON lines, of {"type", "name", "properties"}.
std::optional<Problem> read_batch(std::string_view body, std::size_t most, std::vector<BatchLine>& lines);

/// A merge patch (RFC 7396) applied to nothing.
std::string without_nulls(const trellis::json::Value& patch);

}  // namespace management
