#include <fmt/format.h>

#include <trellis/schema/block.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/validate.hpp>

namespace trellis::schema {

std::optional<std::string> check_block(Document& document, const Json::Value& value, const std::string& pointer,
                                       std::string_view schema_text, std::string_view plugin,
                                       Diagnostics& diagnostics) {
  Diagnostics problems;
  const auto schema = Schema::parse(schema_text.empty() ? R"({"type": "object"})" : schema_text,
                                    fmt::format("schema of plugin '{}'", plugin), problems);
  if (!schema) {
    diagnostics.add(document.at_pointer(
        pointer, fmt::format("plugin '{}' carries a broken schema: {}", plugin, problems[0].message)));
    return std::nullopt;
  }
  const std::size_t before = diagnostics.errors();
  const Json::Value made = validate(document, value, pointer, *schema, diagnostics);
  if (diagnostics.errors() != before) return std::nullopt;
  return to_exact(made);
}

}  // namespace trellis::schema
