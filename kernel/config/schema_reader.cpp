// Reads a schema from its text and refuses what it would otherwise silently ignore.
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <utility>

#include "config/json_text.hpp"
#include "config/near_match.hpp"
#include "config/pointer.hpp"
#include "config/schema.hpp"
#include "config/units.hpp"
#include "config/validate.hpp"

namespace trellis::kernel::config {

namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 7> kTypes = {{{"null", kNull},
                                                                          {"boolean", kBoolean},
                                                                          {"integer", kInteger},
                                                                          {"number", kNumber},
                                                                          {"string", kString},
                                                                          {"array", kArray},
                                                                          {"object", kObject}}};

constexpr std::array<Format, 7> kFormats = {Format::bytes,        Format::duration, Format::address, Format::topic,
                                            Format::topic_filter, Format::secret,   Format::path};

// Defaults live on in documents of their own; their place in the schema's text would be mistaken for one there.
void forget_places(Json::Value& value) {
  value.setOffsetStart(0);
  value.setOffsetLimit(0);
  if (value.isObject() || value.isArray()) {
    for (Json::Value& child : value) forget_places(child);
  }
}

class SchemaReader {
 public:
  SchemaReader(Document& document, Diagnostics& diagnostics) : document_(document), diagnostics_(diagnostics) {}

  std::shared_ptr<const SchemaNode> read(const Json::Value& text, const std::string& pointer);

 private:
  using Read = void (SchemaReader::*)(SchemaNode&, const Json::Value&, const std::string&);
  static const std::map<std::string, Read>& keywords();

  void read_type(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_format(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_unit(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_properties(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_additional(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_items(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_enum(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_const(SchemaNode& node, const Json::Value& value, const std::string&) { node.constant = value; }
  void read_pattern(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void read_default(SchemaNode& node, const Json::Value& value, const std::string&) { node.default_value = value; }
  void read_examples(SchemaNode& node, const Json::Value& value, const std::string& pointer);
  void ignore(SchemaNode&, const Json::Value&, const std::string&) {}
  // Needs what other keywords say, so it is read when they all are.
  void later(SchemaNode&, const Json::Value&, const std::string&) {}

  template <std::string SchemaNode::*member>
  void read_text(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
    if (expect(value.isString(), value, pointer, "text")) node.*member = value.asString();
  }
  template <bool SchemaNode::*member>
  void read_flag(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
    if (expect(value.isBool(), value, pointer, "true or false")) node.*member = value.asBool();
  }
  template <std::optional<std::uint64_t> SchemaNode::*member>
  void read_count(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
    if (expect(value.isUInt64(), value, pointer, "a whole number of at least 0")) node.*member = value.asUInt64();
  }

  void read_required(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  void read_limit(SchemaNode& node, const Json::Value& text, const std::string& pointer, const char* keyword,
                  std::optional<Json::Value> SchemaNode::*member);
  void infer_types(SchemaNode& node);
  void check_samples(SchemaNode& node, const Json::Value& text, const std::string& pointer);
  bool expect(bool condition, const Json::Value& value, const std::string& pointer, std::string_view what);

  Document& document_;
  Diagnostics& diagnostics_;
};

const std::map<std::string, SchemaReader::Read>& SchemaReader::keywords() {
  using R = SchemaReader;
  static const std::map<std::string, Read> table = {
      {"$comment", &R::ignore},
      {"$id", &R::ignore},
      {"$schema", &R::ignore},
      {"additionalProperties", &R::read_additional},
      {"const", &R::read_const},
      {"default", &R::read_default},
      {"deprecated", &R::read_flag<&SchemaNode::deprecated>},
      {"description", &R::read_text<&SchemaNode::description>},
      {"enum", &R::read_enum},
      {"examples", &R::read_examples},
      {"format", &R::read_format},
      {"items", &R::read_items},
      {"maxItems", &R::read_count<&SchemaNode::max_items>},
      {"maxLength", &R::read_count<&SchemaNode::max_length>},
      {"maximum", &R::later},
      {"minItems", &R::read_count<&SchemaNode::min_items>},
      {"minLength", &R::read_count<&SchemaNode::min_length>},
      {"minimum", &R::later},
      {"pattern", &R::read_pattern},
      {"properties", &R::read_properties},
      {"required", &R::later},
      {"title", &R::read_text<&SchemaNode::title>},
      {"type", &R::read_type},
      {"uniqueItems", &R::read_flag<&SchemaNode::unique_items>},
      {"x-unique-by", &R::read_text<&SchemaNode::unique_by>},
      {"x-unit", &R::read_unit},
  };
  return table;
}

std::shared_ptr<const SchemaNode> SchemaReader::read(const Json::Value& text, const std::string& pointer) {
  auto node = std::make_shared<SchemaNode>();
  if (text.isBool() && text.asBool()) return node;
  if (!expect(text.isObject(), text, pointer, "a schema: an object, or true for any value")) return node;
  for (auto member = text.begin(); member != text.end(); ++member) {
    const std::string keyword = member.name();
    const std::string place = pointer_to(pointer, keyword);
    const auto known = keywords().find(keyword);
    if (known != keywords().end()) {
      (this->*known->second)(*node, *member, place);
    } else if (!keyword.starts_with("x-")) {
      std::vector<std::string> names;
      for (const auto& entry : keywords()) names.push_back(entry.first);
      Diagnostic diagnostic =
          document_.at_key(*member, place, fmt::format("the schema keyword \"{}\" is not supported", keyword));
      diagnostic.suggestion = near_match(keyword, names);
      diagnostics_.add(std::move(diagnostic));
    }
  }
  infer_types(*node);
  read_required(*node, text, pointer);
  read_limit(*node, text, pointer, "minimum", &SchemaNode::minimum);
  read_limit(*node, text, pointer, "maximum", &SchemaNode::maximum);
  check_samples(*node, text, pointer);
  return node;
}

void SchemaReader::read_type(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  Json::Value list(Json::arrayValue);
  if (value.isArray()) {
    list = value;
  } else {
    list.append(value);
  }
  for (const Json::Value& name : list) {
    unsigned type = 0;
    for (const auto& [word, bit] : kTypes) {
      if (name.isString() && name.asString() == word) type = bit;
    }
    expect(type != 0, name, pointer, "null, boolean, integer, number, string, array or object");
    node.types |= type;
  }
}

void SchemaReader::read_format(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  for (const Format format : kFormats) {
    if (value.isString() && value.asString() == format_name(format)) node.format = format;
  }
  expect(node.format != Format::none, value, pointer, "bytes, duration, address, topic, topic-filter, secret or path");
}

void SchemaReader::read_unit(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  const std::string unit = value.isString() ? value.asString() : "";
  if (expect(unit == "ms" || unit == "s", value, pointer, "\"ms\" or \"s\"")) node.seconds = unit == "s";
}

void SchemaReader::read_properties(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  if (!expect(value.isObject(), value, pointer, "an object of schemas")) return;
  std::map<std::size_t, Property> in_text_order;
  for (auto member = value.begin(); member != value.end(); ++member) {
    Property property{member.name(), false, read(*member, pointer_to(pointer, member.name()))};
    in_text_order.emplace(document_.place(*member).begin, std::move(property));
  }
  for (auto& entry : in_text_order) node.properties.push_back(std::move(entry.second));
}

void SchemaReader::read_additional(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  if (value.isBool() && !value.asBool()) return;
  node.additional = read(value, pointer);
}

void SchemaReader::read_items(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  node.items = read(value, pointer);
}

void SchemaReader::read_enum(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  if (!expect(value.isArray() && !value.empty(), value, pointer, "a list with at least one value")) return;
  for (const Json::Value& choice : value) node.choices.push_back(choice);
}

void SchemaReader::read_pattern(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  if (!expect(value.isString(), value, pointer, "text")) return;
  node.pattern = value.asString();
  try {
    node.expression = std::make_shared<const std::regex>(node.pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    diagnostics_.add(document_.at_value(value, pointer, fmt::format("not a regular expression: {}", error.what())));
  }
}

void SchemaReader::read_examples(SchemaNode& node, const Json::Value& value, const std::string& pointer) {
  if (!expect(value.isArray(), value, pointer, "a list")) return;
  for (const Json::Value& example : value) node.examples.push_back(example);
}

void SchemaReader::read_required(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  const Json::Value* list = text.find("required", "required" + 8);
  if (list == nullptr || !expect(list->isArray(), *list, pointer + "/required", "a list of keys")) return;
  for (const Json::Value& name : *list) {
    bool known = false;
    for (Property& property : node.properties) {
      if (name.isString() && property.name == name.asString()) known = property.required = true;
    }
    expect(known, name, pointer + "/required", "a key listed in \"properties\"");
  }
}

void SchemaReader::read_limit(SchemaNode& node, const Json::Value& text, const std::string& pointer,
                              const char* keyword, std::optional<Json::Value> SchemaNode::*member) {
  if (!text.isMember(keyword)) return;
  const Json::Value& value = text[keyword];
  const std::string place = pointer_to(pointer, keyword);
  const bool typed = node.format == Format::bytes || node.format == Format::duration;
  if (typed) {
    SchemaNode plain;  // the limit is written like a value
    plain.types = node.types;
    plain.format = node.format;
    plain.seconds = node.seconds;
    Json::Value limit = validate(document_, value, place, plain, diagnostics_);
    forget_places(limit);
    if (limit.isInt64()) node.*member = std::move(limit);
  } else if (expect(value.isNumeric(), value, place, "a number")) {
    node.*member = value;
  }
}

void SchemaReader::infer_types(SchemaNode& node) {
  if (node.format == Format::bytes || node.format == Format::duration) {
    node.types = kString | kInteger | (node.types & kNull);
  } else if (node.types == kAny) {
    if (node.format != Format::none || node.expression || node.min_length || node.max_length) node.types |= kString;
    if (!node.properties.empty() || node.additional) node.types |= kObject;
    if (node.items || node.min_items || node.max_items) node.types |= kArray;
  }
}

void SchemaReader::check_samples(SchemaNode& node, const Json::Value& text, const std::string& pointer) {
  if (text.isMember("default")) validate(document_, text["default"], pointer + "/default", node, diagnostics_);
  for (const Json::Value& example : text.get("examples", Json::Value(Json::arrayValue))) {
    validate(document_, example, pointer + "/examples", node, diagnostics_);
  }
  if (node.default_value) forget_places(*node.default_value);
  for (Json::Value& example : node.examples) forget_places(example);
}

bool SchemaReader::expect(bool condition, const Json::Value& value, const std::string& pointer, std::string_view what) {
  if (condition) return true;
  Diagnostic diagnostic = document_.at_value(value, pointer, fmt::format("{} is not {}", to_line(value, 60), what));
  diagnostic.expected = what;
  diagnostic.found = to_line(value, 60);
  diagnostics_.add(std::move(diagnostic));
  return false;
}

}  // namespace

std::optional<Schema> Schema::parse(std::string_view text, const std::string& name, Diagnostics& diagnostics) {
  Diagnostics found;
  auto document = Document::parse(std::string(text), name, found);
  std::shared_ptr<const SchemaNode> root;
  if (document && found.ok()) root = SchemaReader(*document, found).read(document->root(), "");
  const bool ok = found.ok() && root != nullptr;
  found.sort();
  for (const Diagnostic& diagnostic : found) diagnostics.add(diagnostic);
  if (!ok) return std::nullopt;
  return Schema(std::move(root), name);
}

}  // namespace trellis::kernel::config
