// Configuration files: any text is either read or explained, and what was read survives validation.
//
// Input: a schema, a NUL, a document. Without a NUL the whole is a document for a schema that has everything.
#include <string>
#include <string_view>
#include <trellis/schema/document.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/schema/units.hpp>
#include <trellis/schema/validate.hpp>

#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis::schema;

constexpr std::string_view kSchema = R"({
  "type": "object", "required": ["listeners"],
  "properties": {
    "shards": {"type": "integer", "minimum": 0, "maximum": 64, "default": 0},
    "ratio": {"type": "number", "minimum": 0.5},
    "buffer": {"format": "bytes", "minimum": "1KiB", "default": "8MiB"},
    "timeout": {"format": "duration", "default": "30s"},
    "level": {"enum": ["debug", "info"], "default": "info"},
    "name": {"type": ["string", "null"], "minLength": 1, "maxLength": 8, "pattern": "^[a-z]+$"},
    "password": {"type": "string", "format": "secret"},
    "file": {"type": "string", "format": "path"},
    "topic": {"type": "string", "format": "topic"},
    "listeners": {"type": "array", "minItems": 1, "x-unique-by": "name", "items": {
      "type": "object", "required": ["address"], "properties": {
        "name": {"type": "string"}, "address": {"type": "string", "format": "address"}}}},
    "extra": {"type": "object", "additionalProperties": {"type": "boolean"}}
  }})";

SecretSources no_sources() {
  SecretSources sources;
  sources.environment = [](std::string_view) { return std::nullopt; };
  return sources;
}

// Files of the machine are none of the fuzzer's business.
bool reads_files(std::string_view text) { return text.find("${file") != std::string_view::npos; }

void validate_text(std::string_view text, const Schema& schema) {
  Diagnostics diagnostics;
  auto document = Document::parse(std::string(text), "fuzz.json", diagnostics);
  if (!document) return require(!diagnostics.ok(), "a refused document has a diagnostic");
  substitute_secrets(*document, no_sources(), diagnostics);
  const Json::Value value = validate(*document, schema, diagnostics);
  (void)to_line(document->redact(value), 200);
  if (!diagnostics.ok()) return;
  // What was accepted can be written down and read again.
  Diagnostics again;
  require(Document::parse(to_line(value), "again.json", again).has_value(), "an accepted value is JSON again");
}

void round_trip_units(std::string_view text) {
  if (const auto bytes = parse_bytes(text)) {
    require(*parse_bytes(format_bytes(*bytes)) == *bytes, "sizes read back as written");
  }
  if (const auto duration = parse_duration(text)) {
    require(*parse_duration(format_duration(*duration)) == *duration, "durations read back as written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 64 * 1024 || reads_files(text)) return 0;
  round_trip_units(text.substr(0, 32));
  const std::size_t nul = text.find('\0');
  Diagnostics of_schema;
  const std::string_view schema_text = nul == std::string_view::npos ? kSchema : text.substr(0, nul);
  const auto schema = Schema::parse(schema_text, "fuzz", of_schema);
  if (nul == std::string_view::npos) require(schema.has_value(), "the schema of this target is right");
  if (schema) validate_text(nul == std::string_view::npos ? text : text.substr(nul + 1), *schema);
  return 0;
}
