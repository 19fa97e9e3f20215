// Reads a schema from its text and refuses what it would otherwise silently ignore.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <trellis/schema/document.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/validate.hpp>
#include <utility>

namespace trellis::schema {

namespace {

// What a schema may look like, as a schema. Where schemas stand inside schemas, own_rules() ties the knot.
constexpr std::string_view kRules = R"({
  "type": ["object", "boolean"],
  "properties": {
    "$comment": {}, "$id": {}, "$schema": {},
    "title": {"type": "string"}, "description": {"type": "string"}, "deprecated": {"type": "boolean"},
    "type": {"type": ["string", "array"], "items": {"type": "string"}},
    "format": {"enum": ["bytes", "duration", "address", "topic", "topic-filter", "secret", "path", "network"]},
    "x-unit": {"enum": ["ms", "s"]},
    "default": {}, "examples": {"type": "array", "items": {}},
    "const": {}, "enum": {"type": "array", "minItems": 1, "items": {}},
    "minimum": {"type": ["number", "string"]}, "maximum": {"type": ["number", "string"]},
    "minLength": {"type": "integer", "minimum": 0}, "maxLength": {"type": "integer", "minimum": 0},
    "pattern": {"type": "string"},
    "items": {}, "minItems": {"type": "integer", "minimum": 0}, "maxItems": {"type": "integer", "minimum": 0},
    "uniqueItems": {"type": "boolean"}, "x-unique-by": {"type": "string"}, "x-shown": {"type": "boolean"},
    "propertyNames": {"type": "object", "required": ["pattern", "description"], "properties": {
      "pattern": {"type": "string"}, "description": {"type": "string"}}},
    "properties": {"type": "object", "additionalProperties": true},
    "required": {"type": "array", "items": {"type": "string"}},
    "additionalProperties": {}
  }
})";

constexpr std::array<std::pair<std::string_view, unsigned>, 7> kTypes = {{{"null", kNull},
                                                                          {"boolean", kBoolean},
                                                                          {"integer", kInteger},
                                                                          {"number", kNumber},
                                                                          {"string", kString},
                                                                          {"array", kArray},
                                                                          {"object", kObject}}};

constexpr std::array<Format, 8> kFormats = {Format::bytes,        Format::duration, Format::address, Format::topic,
                                            Format::topic_filter, Format::secret,   Format::path,    Format::network};

// Defaults live on in documents of their own; their place in the schema's text would be mistaken for one there.
void forget_places(Json::Value& value) {
  value.setOffsetStart(0);
  value.setOffsetLimit(0);
  if (value.isObject() || value.isArray()) {
    for (Json::Value& child : value) forget_places(child);
  }
}

// Reads what kRules has found to be in order, and checks what a schema cannot say.
class SchemaReader {
 public:
  SchemaReader(Document& document, Diagnostics& diagnostics) : document_(document), diagnostics_(diagnostics) {}

  std::shared_ptr<SchemaNode> read(const Json::Value& text, const std::string& pointer);

 private:
  void read_scalars(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  void read_types(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  void read_children(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  void read_pattern(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  void check_samples(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  std::optional<Json::Value> limit(const SchemaNode& node, const Json::Value& text, const std::string& pointer,
                                   const char* keyword);
  void refuse(const Json::Value& value, std::string pointer, std::string message);

  Document& document_;
  Diagnostics& diagnostics_;
};

std::shared_ptr<SchemaNode> SchemaReader::read(const Json::Value& text, const std::string& pointer) {
  auto node = std::make_shared<SchemaNode>();
  if (!text.isObject()) return node;
  read_children(*node, text, pointer);
  read_scalars(*node, text, pointer);
  read_types(*node, text, pointer);
  node->minimum = limit(*node, text, pointer, "minimum");
  node->maximum = limit(*node, text, pointer, "maximum");
  check_samples(*node, text, pointer);
  return node;
}

void SchemaReader::read_scalars(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  const auto count = [&](const char* keyword) {
    return text.isMember(keyword) ? std::optional<std::uint64_t>(text[keyword].asUInt64()) : std::nullopt;
  };
  node.title = text.get("title", "").asString();
  node.description = text.get("description", "").asString();
  node.deprecated = text.get("deprecated", false).asBool();
  node.seconds = text.get("x-unit", "").asString() == "s";
  for (const Format format : kFormats) {
    if (text.get("format", "").asString() == format_name(format)) node.format = format;
  }
  for (const Json::Value& choice : text["enum"]) node.choices.push_back(choice);
  if (text.isMember("const")) node.constant = text["const"];
  node.min_length = count("minLength");
  node.max_length = count("maxLength");
  node.min_items = count("minItems");
  node.max_items = count("maxItems");
  node.unique_items = text.get("uniqueItems", false).asBool();
  node.unique_by = text.get("x-unique-by", "").asString();
  node.shown = text.get("x-shown", false).asBool();
  if (text.isMember("pattern")) read_pattern(node, text["pattern"], pointer + "/pattern");
}

void SchemaReader::read_types(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  const Json::Value& given = text["type"];
  Json::Value names(Json::arrayValue);
  if (given.isString()) names.append(given);
  for (const Json::Value& name : given.isArray() ? given : names) {
    unsigned type = 0;
    for (const auto& [word, bit] : kTypes) type |= name.asString() == word ? bit : 0;
    if (type == 0)
      refuse(name, pointer + "/type", "this is not null, boolean, integer, number, string, array or object");
    node.types |= type;
  }
  if (node.format == Format::bytes || node.format == Format::duration) {
    node.types = kString | kInteger | (node.types & kNull);
  } else if (node.types == kAny) {
    if (node.format != Format::none || node.expression || node.min_length || node.max_length) node.types |= kString;
    if (!node.properties.empty() || node.additional) node.types |= kObject;
    if (node.items || node.min_items || node.max_items) node.types |= kArray;
  }
}

void SchemaReader::read_children(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  if (text.isMember("propertyNames")) node.names = read(text["propertyNames"], pointer + "/propertyNames");
  const Json::Value& properties = text["properties"];
  std::map<std::size_t, Property> in_text_order;
  for (auto member = properties.begin(); member != properties.end(); ++member) {
    Property property{member.name(), false, read(*member, pointer_to(pointer + "/properties", member.name()))};
    in_text_order.emplace(document_.place(*member).begin, std::move(property));
  }
  for (auto& entry : in_text_order) node.properties.push_back(std::move(entry.second));
  for (const Json::Value& name : text["required"]) {
    const auto property = std::find_if(node.properties.begin(), node.properties.end(),
                                       [&](const Property& candidate) { return candidate.name == name.asString(); });
    if (property == node.properties.end()) {
      refuse(name, pointer + "/required", fmt::format("\"{}\" is not a key listed in \"properties\"", name.asString()));
    } else {
      property->required = true;
    }
  }
  const Json::Value& additional = text["additionalProperties"];
  if (additional.isObject() || (additional.isBool() && additional.asBool())) {
    node.additional = read(additional, pointer + "/additionalProperties");
  }
  if (text.isMember("items")) node.items = read(text["items"], pointer + "/items");
}

void SchemaReader::read_pattern(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  node.pattern = text.asString();
  try {
    node.expression = std::make_shared<const std::regex>(node.pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    refuse(text, pointer, fmt::format("not a regular expression: {}", error.what()));
  }
}

// A limit is written like a value: of sizes and durations with its unit.
std::optional<Json::Value> SchemaReader::limit(const SchemaNode& node, const Json::Value& text,
                                               const std::string& pointer, const char* keyword) {
  if (!text.isMember(keyword)) return std::nullopt;
  SchemaNode plain;
  plain.format = node.format;
  plain.seconds = node.seconds;
  plain.types = node.format == Format::none ? unsigned{kNumber} : node.types;
  Json::Value value = validate(document_, text[keyword], pointer_to(pointer, keyword), plain, diagnostics_);
  forget_places(value);
  return value.isNumeric() ? std::optional(std::move(value)) : std::nullopt;
}

void SchemaReader::check_samples(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  if (text.isMember("default")) {
    validate(document_, text["default"], pointer + "/default", node, diagnostics_);
    node.default_value = text["default"];
    forget_places(*node.default_value);
  }
  for (const Json::Value& example : text["examples"]) {
    validate(document_, example, pointer + "/examples", node, diagnostics_);
    node.examples.push_back(example);
    forget_places(node.examples.back());
  }
}

void SchemaReader::refuse(const Json::Value& value, std::string pointer, std::string message) {
  diagnostics_.add(document_.at_value(value, std::move(pointer), std::move(message)));
}

// Made once and kept: the rules refer to themselves.
const SchemaNode& own_rules() {
  static const std::shared_ptr<SchemaNode> rules = [] {
    Diagnostics none;
    auto document = Document::parse(std::string(kRules), "rules of schemas", none);
    auto root = SchemaReader(*document, none).read(document->root(), "");
    root->extensions = true;
    for (Property& property : root->properties) {
      if (property.name == "items" || property.name == "additionalProperties") property.schema = root;
      if (property.name != "properties") continue;
      auto map = std::make_shared<SchemaNode>(*property.schema);
      map->additional = root;
      property.schema = map;
    }
    return root;
  }();
  return *rules;
}

}  // namespace

std::optional<Schema> Schema::parse(std::string_view text, const std::string& name, Diagnostics& diagnostics) {
  Diagnostics found;
  auto document = Document::parse(std::string(text), name, found);
  if (document && found.ok()) validate(*document, document->root(), "", own_rules(), found);
  std::shared_ptr<const SchemaNode> root;
  if (found.ok()) root = SchemaReader(*document, found).read(document->root(), "");
  const bool ok = found.ok();
  found.sort();
  for (const Diagnostic& diagnostic : found) diagnostics.add(diagnostic);
  if (!ok) return std::nullopt;
  return Schema(std::move(root), std::make_shared<const Json::Value>(document->root()), name);
}

}  // namespace trellis::schema
