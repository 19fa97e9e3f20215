// Prints a schema as standard JSON Schema (draft 2020-12), for editors.
#pragma once

#include <json/value.h>

#include <string>
#include <trellis/schema/schema.hpp>
#include <vector>

namespace trellis::schema {

/// "Where `key` of the value at `at` equals `is`, its `block` follows `schema`": how plugins' schemas are joined to
/// the program's. `at` is a pointer into the schema's values with `*` for any item or key: "/plugins/*".
struct SchemaChoice {
  std::string at;
  std::string key;
  std::string is;
  std::string block;
  Schema schema;
};

Json::Value export_json_schema(const Schema& schema, const std::vector<SchemaChoice>& choices = {});

}  // namespace trellis::schema
