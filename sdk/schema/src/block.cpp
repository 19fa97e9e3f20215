#include <fmt/format.h>

#include <algorithm>
#include <trellis/schema/block.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/validate.hpp>

namespace trellis::schema {

namespace {

bool has_setting(std::string_view schema_text, const std::string& name) {
  if (schema_text.empty() || name.empty()) return false;
  Diagnostics of_no_interest;  // a broken schema is told where it is used
  const auto schema = Schema::parse(schema_text, "", of_no_interest);
  return schema && std::ranges::any_of(schema->root().properties,
                                       [&](const Property& property) { return property.name == name; });
}

}  // namespace

std::optional<std::string> check_block(Document& document, const Json::Value& value, const std::string& pointer,
                                       std::string_view schema_text, std::string_view plugin, Diagnostics& diagnostics,
                                       const OtherBlock& other) {
  Diagnostics problems;
  const auto schema = Schema::parse(schema_text.empty() ? R"({"type": "object"})" : schema_text,
                                    fmt::format("schema of plugin '{}'", plugin), problems);
  if (!schema) {
    diagnostics.add(document.at_pointer(
        pointer, fmt::format("plugin '{}' carries a broken schema: {}", plugin, problems[0].message)));
    return std::nullopt;
  }
  const Json::Value made = validate(document, value, pointer, *schema, problems);
  for (Diagnostic diagnostic : problems) {
    // A block that is not in the file is shown where the plugin is named.
    if (diagnostic.line == 0) {
      diagnostic = document.at_pointer(pointer, fmt::format("settings of '{}': {}", plugin, diagnostic.message));
    }
    if (has_setting(other.schema, diagnostic.found)) {
      diagnostic.notes.push_back({fmt::format("\"{}\" is a setting of {}", diagnostic.found, other.place)});
    }
    diagnostics.add(std::move(diagnostic));
  }
  if (!problems.ok()) return std::nullopt;
  return to_exact(made);
}

}  // namespace trellis::schema
