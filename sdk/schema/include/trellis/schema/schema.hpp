// What a block of configuration may look like: our subset of JSON Schema, read from text as plugins carry it.
#pragma once

#include <json/value.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <trellis/schema/diagnostic.hpp>
#include <vector>

namespace trellis::schema {

/// Strings with a meaning. Values of bytes and duration become integers when validated.
enum class Format { none, bytes, duration, address, topic, topic_filter, secret, path, network };

/// A set of JSON types; 0 means any.
enum Type : unsigned {
  kAny = 0,
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
};

struct SchemaNode;

struct Property {
  std::string name;
  bool required = false;
  std::shared_ptr<const SchemaNode> schema;
};

/// One value's rules. Read-only once the schema is read.
struct SchemaNode {
  unsigned types = kAny;
  Format format = Format::none;
  bool seconds = false;  // x-unit: "s": durations and their plain integers are seconds, not milliseconds
  bool deprecated = false;
  bool shown = false;  // x-shown: in logs and metrics, so no secret
  std::string title;
  std::string description;
  std::optional<Json::Value> default_value;  // as written in the schema
  std::vector<Json::Value> examples;         // as written

  std::vector<Json::Value> choices;  // enum; empty: no restriction
  std::optional<Json::Value> constant;
  std::optional<Json::Value> minimum;  // numbers; of bytes and duration already normalised
  std::optional<Json::Value> maximum;
  std::optional<std::uint64_t> min_length;  // in code points
  std::optional<std::uint64_t> max_length;
  std::string pattern;  // ECMAScript, searched for anywhere in the text
  std::shared_ptr<const std::regex> expression;

  std::optional<std::uint64_t> min_items;
  std::optional<std::uint64_t> max_items;
  bool unique_items = false;
  std::string unique_by;  // x-unique-by: the items' values under this key must differ
  std::shared_ptr<const SchemaNode> items;

  std::shared_ptr<const SchemaNode> names;       // propertyNames: its pattern holds for every key
  std::vector<Property> properties;              // in the order of the text, which is the manual's order
  std::shared_ptr<const SchemaNode> additional;  // other keys' values; null: other keys are errors
  bool extensions = false;                       // except keys that begin with x-

  const Property* property(std::string_view name) const;
};

/// Keywords: type (one or a list), properties, required, additionalProperties (default false), items, minItems,
/// maxItems, uniqueItems, enum, const, minimum, maximum, minLength, maxLength, pattern, format, default, title,
/// description, examples, deprecated, propertyNames (a pattern, and a description that says what is expected); x-unit
/// ("ms" or "s"), x-unique-by, x-shown; any other x-… is ignored, any other word is an error. Defaults and examples
/// must satisfy their own schema.
///
/// Copies are cheap and share the rules.
class Schema {
 public:
  /// name: whose schema it is, as diagnostics about the schema itself should call it: "schema of plugin 'acl'".
  static std::optional<Schema> parse(std::string_view text, const std::string& name, Diagnostics& diagnostics);

  const SchemaNode& root() const { return *root_; }
  const std::string& name() const { return name_; }
  /// As it was written.
  const Json::Value& text() const { return *text_; }

  /// The rules for the value at `pointer`, through properties, additionalProperties and items; null if there are none.
  const SchemaNode* find(std::string_view pointer) const;

 private:
  Schema(std::shared_ptr<const SchemaNode> root, std::shared_ptr<const Json::Value> text, std::string name)
      : root_(std::move(root)), text_(std::move(text)), name_(std::move(name)) {}

  std::shared_ptr<const SchemaNode> root_;
  std::shared_ptr<const Json::Value> text_;
  std::string name_;
};

/// "bytes", "topic-filter" …; "" for none.
std::string_view format_name(Format format);

/// For messages: "a whole number from 1 to 65535", "text or null", "a size: a whole number of bytes, …".
std::string describe_type(const SchemaNode& node);

/// A value of this node as text for people: limits and defaults of sizes and durations with their unit.
std::string show(const SchemaNode& node, const Json::Value& value);

}  // namespace trellis::schema
