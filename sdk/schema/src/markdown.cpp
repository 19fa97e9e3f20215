#include <fmt/format.h>

#include <algorithm>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/markdown.hpp>

namespace trellis::schema {

namespace {

// A table cell is one line, and a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(const std::string& text) { return "`" + cell(text) + "`"; }

std::string range_text(const SchemaNode& node) {
  if (node.minimum && node.maximum) {
    return fmt::format(", {} to {}", show(node, *node.minimum), show(node, *node.maximum));
  }
  if (node.minimum) return fmt::format(", at least {}", show(node, *node.minimum));
  if (node.maximum) return fmt::format(", at most {}", show(node, *node.maximum));
  return {};
}

std::string type_text(const SchemaNode& node) {
  if (node.constant) return code(to_line(*node.constant));
  if (!node.choices.empty()) {
    std::string out;
    for (const Json::Value& choice : node.choices) out += (out.empty() ? "" : ", ") + code(to_line(choice));
    return "one of " + out;
  }
  const std::string range = range_text(node);
  switch (node.format) {
    case Format::bytes:
      return "size" + range;
    case Format::duration:
      return fmt::format("duration{}; plain numbers are {}", range, node.seconds ? "s" : "ms");
    case Format::none:
      break;
    default:
      return node.format == Format::topic_filter ? "topic filter" : std::string(format_name(node.format));
  }
  if (node.types == kAny) return "any";
  std::string out;
  const auto add = [&](unsigned type, const std::string& word) {
    if ((node.types & type) != 0) out += (out.empty() ? "" : " or ") + word;
  };
  add(kString, "text");
  if ((node.types & kNumber) == 0) add(kInteger, "whole number" + range);
  add(kNumber, "number" + range);
  add(kBoolean, "true/false");
  add(kArray, node.items ? "list of " + type_text(*node.items) : "list");
  add(kObject, node.additional && node.properties.empty() ? "map of " + type_text(*node.additional) : "object");
  add(kNull, "null");
  return out;
}

std::string default_text(const Property& property) {
  if (property.required) return "**required**";
  const SchemaNode& node = *property.schema;
  if (!node.default_value) return "";
  const bool block = node.default_value->isObject() && node.default_value->empty();
  return block ? "see below" : code(to_line(*node.default_value, 60));
}

std::string help_text(const SchemaNode& node) {
  std::string out = cell(node.description);
  if (node.deprecated) out = "Deprecated. " + out;
  const bool shown_below = (node.types & (kObject | kArray)) != 0;
  if (!node.examples.empty() && !shown_below) {
    out += out.empty() ? "" : " ";
    out += node.examples.size() == 1 ? "Example: " : "Examples: ";
    for (std::size_t i = 0; i < node.examples.size(); ++i)
      out += (i == 0 ? "" : ", ") + code(to_line(node.examples[i]));
  }
  return out;
}

class Manual {
 public:
  explicit Manual(unsigned level) : level_(std::clamp(level, 1u, 6u)) {}

  // `path` names the block for people: "listeners[].tls", "" for the whole.
  void block(const SchemaNode& node, const std::string& path) {
    if (node.properties.empty()) {
      examples(node);
      return nested(node, path);
    }
    out_ += path.empty() ? fmt::format("{} Options\n\n", std::string(level_, '#'))
                         : fmt::format("{} `{}`\n\n", std::string(std::min(level_ + 1, 6u), '#'), path);
    if (!node.description.empty()) out_ += node.description + "\n\n";
    out_ += "| Option | Type | Default | Meaning |\n|---|---|---|---|\n";
    for (const Property& property : node.properties) {
      out_ += fmt::format("| `{}` | {} | {} | {} |\n", cell(property.name), type_text(*property.schema),
                          default_text(property), help_text(*property.schema));
    }
    out_ += '\n';
    examples(node);
    for (const Property& property : node.properties) {
      nested(*property.schema, path.empty() ? property.name : path + "." + property.name, true);
    }
    nested(node, path);
  }

  std::string take() {
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  // The blocks inside a value: its own keys (if it is not the one being written), its items, its free keys.
  void nested(const SchemaNode& node, const std::string& path, bool own = false) {
    if (own && !node.properties.empty()) return block(node, path);
    if (own) examples(node, path);
    if (node.items) nested(*node.items, path + "[]", true);
    if (node.additional) nested(*node.additional, path.empty() ? "<name>" : path + ".<name>", true);
  }

  void examples(const SchemaNode& node, const std::string& path = {}) {
    if (node.examples.empty() || (node.types & (kObject | kArray)) == 0) return;
    out_ += path.empty() ? "Example:\n\n" : fmt::format("Example of `{}`:\n\n", path);
    for (const Json::Value& example : node.examples) out_ += fmt::format("```json\n{}```\n\n", to_pretty(example));
  }

  unsigned level_;
  std::string out_;
};

}  // namespace

std::string render_markdown(const Schema& schema, unsigned heading_level) {
  Manual manual(heading_level);
  const SchemaNode& root = schema.root();
  manual.block(root, "");
  std::string text = manual.take();
  return text.empty() ? "There is nothing to set.\n" : text;
}

}  // namespace trellis::schema
