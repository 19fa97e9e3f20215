#include "config/json_schema_export.hpp"

#include <array>
#include <utility>

#include "config/pointer.hpp"

namespace trellis::kernel::config {

namespace {

constexpr std::array<std::pair<unsigned, const char*>, 7> kTypeNames = {{{kNull, "null"},
                                                                         {kBoolean, "boolean"},
                                                                         {kInteger, "integer"},
                                                                         {kNumber, "number"},
                                                                         {kString, "string"},
                                                                         {kArray, "array"},
                                                                         {kObject, "object"}}};

// Any text may hold ${…}; an editor cannot know what it stands for.
constexpr const char* kReference = R"(^.*\$\{.*$)";
constexpr const char* kBytesPattern = "^[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";
constexpr const char* kDurationPattern = "^[0-9]+(ms|s|m|h|d)$";
constexpr const char* kAddressPattern = R"(^(unix:/.+|\[[0-9A-Fa-f:.%]+\]:[0-9]{1,5}|[A-Za-z0-9._-]+:[0-9]{1,5})$)";
constexpr const char* kTopicPattern = "^[^+#]+$";

std::string either(const char* pattern) { return "(" + std::string(pattern) + ")|(" + kReference + ")"; }

Json::Value text_with(const char* pattern) {
  Json::Value out(Json::objectValue);
  out["type"] = "string";
  out["pattern"] = either(pattern);
  return out;
}

class Export {
 public:
  explicit Export(const std::vector<SchemaChoice>& choices) : choices_(choices) {}

  // `pattern` is the place with * for items and free keys.
  Json::Value node(const SchemaNode& schema, const std::string& pattern) const;

 private:
  void add_type(const SchemaNode& schema, Json::Value& out) const;
  void add_quantity(const SchemaNode& schema, Json::Value& out) const;
  void add_texts(const SchemaNode& schema, Json::Value& out) const;
  void add_scalars(const SchemaNode& schema, Json::Value& out) const;
  void add_lists(const SchemaNode& schema, Json::Value& out, const std::string& pattern) const;
  void add_objects(const SchemaNode& schema, Json::Value& out, const std::string& pattern) const;
  void add_choices(Json::Value& out, const std::string& pattern) const;

  const std::vector<SchemaChoice>& choices_;
};

Json::Value Export::node(const SchemaNode& schema, const std::string& pattern) const {
  Json::Value out(Json::objectValue);
  add_texts(schema, out);
  if (schema.format == Format::bytes || schema.format == Format::duration) {
    add_quantity(schema, out);
  } else {
    add_type(schema, out);
    add_scalars(schema, out);
  }
  add_lists(schema, out, pattern);
  add_objects(schema, out, pattern);
  add_choices(out, pattern);
  return out;
}

void Export::add_type(const SchemaNode& schema, Json::Value& out) const {
  Json::Value types(Json::arrayValue);
  for (const auto& [type, name] : kTypeNames) {
    if ((schema.types & type) != 0) types.append(name);
  }
  if (types.size() == 1) out["type"] = types[0];
  if (types.size() > 1) out["type"] = types;
}

// A size or duration is an integer within the limits, or a text in the grammar; limits cannot be put on texts.
void Export::add_quantity(const SchemaNode& schema, Json::Value& out) const {
  Json::Value integer(Json::objectValue);
  integer["type"] = "integer";
  integer["minimum"] = schema.minimum ? *schema.minimum : Json::Value(0);
  if (schema.maximum) integer["maximum"] = *schema.maximum;
  out["oneOf"] = Json::Value(Json::arrayValue);
  out["oneOf"].append(std::move(integer));
  out["oneOf"].append(text_with(schema.format == Format::bytes ? kBytesPattern : kDurationPattern));
  if ((schema.types & kNull) != 0) {
    Json::Value none(Json::objectValue);
    none["type"] = "null";
    out["oneOf"].append(std::move(none));
  }
}

void Export::add_texts(const SchemaNode& schema, Json::Value& out) const {
  if (!schema.title.empty()) out["title"] = schema.title;
  if (!schema.description.empty()) out["description"] = schema.description;
  if (schema.deprecated) out["deprecated"] = true;
  if (schema.format == Format::secret) out["writeOnly"] = true;
  if (schema.default_value) out["default"] = *schema.default_value;
  for (const Json::Value& example : schema.examples) out["examples"].append(example);
}

void Export::add_scalars(const SchemaNode& schema, Json::Value& out) const {
  for (const Json::Value& choice : schema.choices) out["enum"].append(choice);
  if (schema.constant) out["const"] = *schema.constant;
  if (schema.minimum) out["minimum"] = *schema.minimum;
  if (schema.maximum) out["maximum"] = *schema.maximum;
  if (schema.min_length) out["minLength"] = Json::UInt64(*schema.min_length);
  if (schema.max_length) out["maxLength"] = Json::UInt64(*schema.max_length);
  if (!schema.pattern.empty()) out["pattern"] = either(schema.pattern.c_str());
  if (!schema.pattern.empty()) return;
  if (schema.format == Format::address) out["pattern"] = either(kAddressPattern);
  if (schema.format == Format::topic) out["pattern"] = either(kTopicPattern);
  if (schema.format == Format::path || schema.format == Format::topic_filter) out["minLength"] = 1;
}

void Export::add_lists(const SchemaNode& schema, Json::Value& out, const std::string& pattern) const {
  if (schema.min_items) out["minItems"] = Json::UInt64(*schema.min_items);
  if (schema.max_items) out["maxItems"] = Json::UInt64(*schema.max_items);
  if (schema.unique_items) out["uniqueItems"] = true;
  if (schema.items) out["items"] = node(*schema.items, pattern + "/*");
}

void Export::add_objects(const SchemaNode& schema, Json::Value& out, const std::string& pattern) const {
  for (const Property& property : schema.properties) {
    out["properties"][property.name] = node(*property.schema, pointer_to(pattern, property.name));
    if (property.required) out["required"].append(property.name);
  }
  if (schema.additional) {
    out["additionalProperties"] = node(*schema.additional, pattern + "/*");
  } else if ((schema.types & kObject) != 0) {
    out["additionalProperties"] = false;
  }
}

void Export::add_choices(Json::Value& out, const std::string& pattern) const {
  for (const SchemaChoice& choice : choices_) {
    if (choice.at != pattern) continue;
    Json::Value rule(Json::objectValue);
    rule["if"]["properties"][choice.key]["const"] = choice.is;
    rule["if"]["required"].append(choice.key);
    rule["then"]["properties"][choice.block] = node(choice.schema.root(), pointer_to(pattern, choice.block));
    out["allOf"].append(std::move(rule));
  }
}

}  // namespace

Json::Value export_json_schema(const Schema& schema, const std::vector<SchemaChoice>& choices) {
  Json::Value out = Export(choices).node(schema.root(), "");
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  if (!out.isMember("title")) out["title"] = schema.name();
  return out;
}

}  // namespace trellis::kernel::config
