// Schemas as standard JSON Schema and as a manual.
#include <gtest/gtest.h>

#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/markdown.hpp>
#include <trellis/schema/pointer.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

TEST(Export, TurnsUnitsIntoIntegerOrText) {
  const Json::Value out = export_json_schema(make_schema(R"({"type": "object", "required": ["b"], "properties": {
      "b": {"format": "bytes", "maximum": "1KiB", "description": "Size.", "default": "1kB"}}})"));
  EXPECT_EQ(out["$schema"].asString(), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(out["required"][0].asString(), "b");
  EXPECT_FALSE(out["additionalProperties"].asBool());
  const Json::Value& b = out["properties"]["b"];
  EXPECT_EQ(b["oneOf"][0]["type"].asString(), "integer");
  EXPECT_EQ(b["oneOf"][0]["maximum"].asInt(), 1024);
  EXPECT_EQ(b["oneOf"][1]["type"].asString(), "string");
  EXPECT_EQ(b["default"].asString(), "1kB");
  EXPECT_EQ(b["description"].asString(), "Size.");
  EXPECT_FALSE(b.isMember("type"));
}

TEST(Export, LetsReferencesThroughEveryPattern) {
  const Json::Value out = export_json_schema(make_schema(R"({"pattern": "^[a-z]+$"})"));
  const std::regex pattern(out["pattern"].asString());
  EXPECT_TRUE(std::regex_search("abc", pattern));
  EXPECT_TRUE(std::regex_search("X${env:NAME}", pattern));
  EXPECT_FALSE(std::regex_search("ABC", pattern));
}

TEST(Export, JoinsPluginsByTheirId) {
  const Schema program =
      make_schema(R"({"type": "object", "properties": {"plugins": {"type": "array", "items": {"type": "object",
      "properties": {"id": {"type": "string"}, "config": {"type": "object", "additionalProperties": true}}}}}})");
  const Schema plugin = make_schema(R"({"type": "object", "properties": {"x": {"type": "integer"}}})");
  const Json::Value out = export_json_schema(program, {{"/plugins/*", "id", "org.example.x", "config", plugin}});
  const Json::Value* rule = find(out, "/properties/plugins/items/allOf/0");
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ((*rule)["if"]["properties"]["id"]["const"].asString(), "org.example.x");
  EXPECT_EQ((*rule)["then"]["properties"]["config"]["properties"]["x"]["type"].asString(), "integer");
}

TEST(Markdown, IsAManual) {
  const Schema schema =
      make_schema(R"({"type": "object", "description": "Does things.", "required": ["prefix"], "properties": {
      "prefix": {"type": "string", "description": "Topics must start with this.", "examples": ["sensors/"]},
      "queue": {"format": "bytes", "default": "8MiB", "maximum": "1GiB", "description": "How much | waits."},
      "mode": {"enum": ["a", "b"], "default": "a"},
      "rules": {"type": "array", "description": "In order.", "default": [], "items": {"type": "object", "properties": {
        "deadline": {"format": "duration", "x-unit": "s"}}}}},
      "examples": [{"prefix": "sensors/"}]})");
  EXPECT_EQ(render_markdown(schema), R"(## Options

Does things.

| Option | Type | Default | Meaning |
|---|---|---|---|
| `prefix` | text | **required** | Topics must start with this. Example: `"sensors/"` |
| `queue` | size, at most 1GiB | `"8MiB"` | How much \| waits. |
| `mode` | one of `"a"`, `"b"` | `"a"` |  |
| `rules` | list of object | `[]` | In order. |

Example:

```json
{
  "prefix": "sensors/"
}
```

### `rules[]`

| Option | Type | Default | Meaning |
|---|---|---|---|
| `deadline` | duration; plain numbers are s |  |  |
)");
}

TEST(Markdown, SaysSoWhenThereIsNothingToSet) {
  EXPECT_EQ(render_markdown(make_schema(R"({"type": "object"})")), "There is nothing to set.\n");
}

TEST(Markdown, RendersTheWholeSample) {
  const std::string text = render_markdown(make_schema(read_file(golden_folder() + "/samples/broker.schema.json")));
  for (const char* part :
       {"### `listeners[].tls`", "### `namespaces.<name>`", "| `passphrase` | secret |", "### `limits`"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

}  // namespace
}  // namespace trellis::schema::testing
