#include "access/attributes.hpp"

#include <algorithm>
#include <limits>

namespace rights {

using trellis::json::Type;
using Json = trellis::json::Value;

std::string to_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return trellis::json::quote(*text);
  std::string list;
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    list += (list.empty() ? '[' : ',') + trellis::json::quote(item);
  }
  return list.empty() ? "[]" : list + ']';
}

std::optional<Value> from_json(const Json& json) {
  switch (json.type) {
    case Type::integer:
      return json.integer;
    case Type::text:
      return json.text;
    case Type::boolean:
      return json.boolean ? "true" : "false";
    case Type::list: {
      std::vector<std::string> texts;
      for (const Json& item : json.items) {
        if (item.type != Type::text) return std::nullopt;
        texts.push_back(item.text);
      }
      return texts;
    }
    default:
      return std::nullopt;
  }
}

std::optional<Value> from_json(std::string_view json) {
  const auto read = trellis::json::parse(json);
  return read ? from_json(read.value()) : std::nullopt;
}

std::optional<Value> from_claim(const Json& json) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (json.type == Type::boolean) return std::nullopt;
  if (json.type == Type::integer && (json.integer < Limits::min() || json.integer > Limits::max())) return std::nullopt;
  return from_json(json);
}

Attributes attributes_of(const Json& object) {
  Attributes attributes;
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    if (auto value = from_json(object.items[i])) attributes.push_back({object.keys[i], std::move(*value)});
  }
  return attributes;
}

bool is_attribute_name(std::string_view name) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

std::string attributes_fault(const Json& object) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    const std::string& name = object.keys[i];
    if (!is_attribute_name(name)) {
      return "/attributes: the name " + trellis::json::quote(name) +
             " has other characters than letters, digits and '_'";
    }
    if (!from_json(object.items[i])) {
      return "/attributes/" + name + ": expected text, a whole number or a list of texts, found " +
             std::string(trellis::json::name(object.items[i].type));
    }
    bytes += name.size() + object.items[i].source.size();
  }
  if (bytes < kMostAttributeBytes) return {};
  return "/attributes: together they have " + std::to_string(bytes) + " bytes, fewer than " +
         std::to_string(kMostAttributeBytes) + " are allowed";
}

}  // namespace rights
