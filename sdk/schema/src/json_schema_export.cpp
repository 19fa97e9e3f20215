#include <trellis/schema/json_schema_export.hpp>
#include <trellis/schema/pointer.hpp>
#include <utility>

namespace trellis::schema {

namespace {

constexpr const char* kBytesPattern = "^[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";
constexpr const char* kDurationPattern = "^[0-9]+(ms|s|m|h|d)$";
constexpr const char* kAddressPattern = R"(^(unix:/.+|\[[0-9A-Fa-f:.%]+\]:[0-9]{1,5}|[A-Za-z0-9._-]+:[0-9]{1,5})$)";
constexpr const char* kTopicPattern = "^[^+#]+$";

// Any text may hold a ${…} instead, and an editor cannot know what that stands for.
std::string or_reference(const std::string& pattern) { return "(" + pattern + R"()|(^.*\$\{.*$))"; }

Json::Value of_type(const char* type) {
  Json::Value out(Json::objectValue);
  out["type"] = type;
  return out;
}

class Export {
 public:
  explicit Export(const std::vector<SchemaChoice>& choices) : choices_(choices) {}

  // `text` is what `node` was read from; `place` names the value, with * for items and free keys.
  Json::Value convert(const Json::Value& text, const SchemaNode& node, const std::string& place) const;

 private:
  void convert_quantity(const SchemaNode& node, Json::Value& out) const;
  void convert_text(const SchemaNode& node, Json::Value& out) const;
  void convert_children(const Json::Value& text, const SchemaNode& node, const std::string& place,
                        Json::Value& out) const;
  void add_choices(const std::string& place, Json::Value& out) const;

  const std::vector<SchemaChoice>& choices_;
};

Json::Value Export::convert(const Json::Value& text, const SchemaNode& node, const std::string& place) const {
  if (!text.isObject()) return text;
  Json::Value out = text;
  for (const std::string& keyword : text.getMemberNames()) {
    if (keyword.starts_with("x-") || keyword == "format") out.removeMember(keyword);
  }
  if (node.format == Format::bytes || node.format == Format::duration) {
    convert_quantity(node, out);
  } else {
    convert_text(node, out);
  }
  convert_children(text, node, place, out);
  add_choices(place, out);
  return out;
}

// A size or duration is an integer within the limits, or a text in the grammar; limits cannot be put on texts.
void Export::convert_quantity(const SchemaNode& node, Json::Value& out) const {
  for (const char* keyword : {"type", "minimum", "maximum"}) out.removeMember(keyword);
  Json::Value integer = of_type("integer");
  integer["minimum"] = node.minimum ? *node.minimum : Json::Value(0);
  if (node.maximum) integer["maximum"] = *node.maximum;
  Json::Value text = of_type("string");
  text["pattern"] = or_reference(node.format == Format::bytes ? kBytesPattern : kDurationPattern);
  out["oneOf"].append(std::move(integer));
  out["oneOf"].append(std::move(text));
  if ((node.types & kNull) != 0) out["oneOf"].append(of_type("null"));
}

void Export::convert_text(const SchemaNode& node, Json::Value& out) const {
  if (node.format != Format::none) out["type"] = out.get("type", "string");
  if (node.format == Format::secret) out["writeOnly"] = true;
  if (node.format == Format::path || node.format == Format::topic_filter) out["minLength"] = 1;
  std::string pattern = node.pattern;
  if (pattern.empty() && node.format == Format::address) pattern = kAddressPattern;
  if (pattern.empty() && node.format == Format::topic) pattern = kTopicPattern;
  if (!pattern.empty()) out["pattern"] = or_reference(pattern);
}

void Export::convert_children(const Json::Value& text, const SchemaNode& node, const std::string& place,
                              Json::Value& out) const {
  for (const Property& property : node.properties) {
    const std::string inner = pointer_to(place, property.name);
    out["properties"][property.name] = convert(text["properties"][property.name], *property.schema, inner);
  }
  if (node.items) out["items"] = convert(text["items"], *node.items, place + "/*");
  if (node.additional) {
    out["additionalProperties"] = convert(text["additionalProperties"], *node.additional, place + "/*");
  } else if ((node.types & kObject) != 0) {
    out["additionalProperties"] = false;
  }
}

void Export::add_choices(const std::string& place, Json::Value& out) const {
  for (const SchemaChoice& choice : choices_) {
    if (choice.at != place) continue;
    Json::Value rule(Json::objectValue);
    rule["if"]["properties"][choice.key]["const"] = choice.is;
    rule["if"]["required"].append(choice.key);
    rule["then"]["properties"][choice.block] =
        convert(choice.schema.text(), choice.schema.root(), pointer_to(place, choice.block));
    out["allOf"].append(std::move(rule));
  }
}

}  // namespace

Json::Value export_json_schema(const Schema& schema, const std::vector<SchemaChoice>& choices) {
  Json::Value out = Export(choices).convert(schema.text(), schema.root(), "");
  if (!out.isObject()) out = Json::Value(Json::objectValue);
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  if (!out.isMember("title")) out["title"] = schema.name();
  return out;
}

}  // namespace trellis::schema
