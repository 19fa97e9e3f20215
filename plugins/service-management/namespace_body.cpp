#include "namespace_body.hpp"

#include <algorithm>

namespace management {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

void add(std::string& object, std::string_view key, std::string_view json) {
  if (object.size() > 1) object += ',';
  object += quote(key) + ':' + std::string(json);
}

std::string without(const Value& object, std::string_view left_out) {
  std::string out = "{";
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    if (object.keys[i] != left_out) add(out, object.keys[i], object.items[i].source);
  }
  return out + '}';
}

}  // namespace

bool stands_beside(std::string_view key) noexcept {
  static constexpr std::string_view kBeside[] = {"location", "tags", "sku", "identity"};
  return std::ranges::find(kBeside, key) != std::end(kBeside);
}

std::string gather_namespace(const Value& body) {
  std::string out = "{";
  for (std::size_t i = 0; i < body.keys.size(); ++i) {
    if (stands_beside(body.keys[i])) add(out, body.keys[i], body.items[i].source);
  }
  const Value* const properties = body.find("properties");
  for (std::size_t i = 0; properties != nullptr && i < properties->keys.size(); ++i) {
    const std::string& key = properties->keys[i];
    const Value& item = properties->items[i];
    if (key == "provisioningState") continue;  // every answer has it
    const bool has_host =
        item.type == Type::object && (key == "topicsConfiguration" || key == "topicSpacesConfiguration");
    add(out, key, has_host ? without(item, "hostname") : std::string(item.source));
  }
  return out + '}';
}

std::string take_beside(std::string& properties) {
  const auto read = trellis::json::parse(properties);
  if (!read) return {};
  std::string beside;
  std::string rest = "{";
  for (std::size_t i = 0; i < read->keys.size(); ++i) {
    if (stands_beside(read->keys[i])) {
      beside += ',' + quote(read->keys[i]) + ':' + std::string(read->items[i].source);
    } else {
      add(rest, read->keys[i], read->items[i].source);
    }
  }
  properties = rest + '}';
  return beside;
}

}  // namespace management
