// The broker's own way from settings to a plugin, with a text instead of a file.
#include <trellis/schema/block.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/testing/normalise.hpp>

namespace trellis::testing {
namespace {

Error refusal(schema::Diagnostics& problems) {
  problems.sort();
  std::string text = problems.text();
  while (text.ends_with('\n')) text.pop_back();
  return {std::move(text), Status::invalid};
}

}  // namespace

Result<void> check_schema(std::string_view text) {
  schema::Diagnostics problems;
  if (text.empty() || schema::Schema::parse(text, "schema", problems)) return ok();
  return refusal(problems);
}

Result<std::string> normalise(std::string_view schema_text, std::string_view settings) {
  schema::Diagnostics problems;
  auto document = schema::Document::parse(std::string(settings.empty() ? "{}" : settings), "settings", problems);
  if (!document) return refusal(problems);
  schema::substitute_secrets(*document, {}, problems);
  auto block = schema::check_block(*document, document->root(), "", schema_text, "under test", problems);
  if (!block || !problems.ok()) return refusal(problems);
  return std::move(*block);
}

}  // namespace trellis::testing
