#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/schema.hpp>
#include <trellis/schema/units.hpp>
#include <utility>

namespace trellis::schema {

namespace {

constexpr std::array<std::pair<unsigned, std::string_view>, 7> kTypeWords = {{{kString, "text"},
                                                                              {kInteger, "a whole number"},
                                                                              {kNumber, "a number"},
                                                                              {kBoolean, "true or false"},
                                                                              {kArray, "a list"},
                                                                              {kObject, "an object"},
                                                                              {kNull, "null"}}};

std::string describe_range(const SchemaNode& node) {
  if (node.minimum && node.maximum) {
    return fmt::format(" from {} to {}", show(node, *node.minimum), show(node, *node.maximum));
  }
  if (node.minimum) return fmt::format(" of at least {}", show(node, *node.minimum));
  if (node.maximum) return fmt::format(" of at most {}", show(node, *node.maximum));
  return {};
}

}  // namespace

const Property* SchemaNode::property(std::string_view name) const {
  const auto found =
      std::find_if(properties.begin(), properties.end(), [&](const Property& p) { return p.name == name; });
  return found != properties.end() ? &*found : nullptr;
}

const SchemaNode* Schema::find(std::string_view pointer) const {
  const auto steps = pointer_steps(pointer);
  if (!steps) return nullptr;
  const SchemaNode* node = root_.get();
  for (const std::string& step : *steps) {
    if (const Property* property = node->property(step)) {
      node = property->schema.get();
    } else {
      node = node->items ? node->items.get() : node->additional.get();
    }
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::none:
      return "";
    case Format::bytes:
      return "bytes";
    case Format::duration:
      return "duration";
    case Format::address:
      return "address";
    case Format::topic:
      return "topic";
    case Format::topic_filter:
      return "topic-filter";
    case Format::secret:
      return "secret";
    case Format::path:
      return "path";
    case Format::network:
      return "network";
  }
  return "";
}

std::string describe_type(const SchemaNode& node) {
  if (node.format == Format::bytes) return fmt::format("a size{}", describe_range(node));
  if (node.format == Format::duration) return fmt::format("a duration{}", describe_range(node));
  if (node.format == Format::address) return "an address as text";
  if (node.format == Format::path) return "a path as text";
  if (node.format == Format::network) return "an address or a range of addresses as text";
  if (node.types == kAny) return "any value";
  std::string out;
  for (const auto& [type, word] : kTypeWords) {
    if ((node.types & type) == 0 || (type == kInteger && (node.types & kNumber) != 0)) continue;
    if (!out.empty()) out += " or ";
    out += word;
    if (type == kInteger || type == kNumber) out += describe_range(node);
  }
  return out;
}

std::string show(const SchemaNode& node, const Json::Value& value) {
  if (node.format == Format::bytes && value.isInt64()) return format_bytes(value.asInt64());
  if (node.format == Format::duration && value.isInt64()) {
    return format_duration(std::chrono::milliseconds(value.asInt64() * (node.seconds ? 1000 : 1)));
  }
  return to_line(value);
}

}  // namespace trellis::schema
