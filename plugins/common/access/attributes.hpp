// What is known of a client beside its name: a whole number, a text or a list of texts each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <utility>
#include <variant>
#include <vector>

namespace rights {

using Value = std::variant<std::int64_t, std::string, std::vector<std::string>>;

struct Attribute {
  std::string name;
  Value value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

/// As identities carry them.
std::string to_json(const Value& value);
/// Nothing where the JSON is something else. true and false are the texts "true" and "false".
std::optional<Value> from_json(const trellis::json::Value& json);
std::optional<Value> from_json(std::string_view json);

/// What tokens and answers of webhooks may say: as from_json(), but no booleans, and whole numbers of 32 bits only.
std::optional<Value> from_claim(const trellis::json::Value& json);

/// Those of a registered client's `attributes`; what is none of the three kinds is left out.
Attributes attributes_of(const trellis::json::Value& object);

/// What is wrong with the attributes of a registered client, as "/attributes/…: sentence"; empty where nothing is.
std::string attributes_fault(const trellis::json::Value& object);
/// All names and values of a client's attributes together.
inline constexpr std::size_t kMostAttributeBytes = 4096;

/// Whether an attribute may be called that.
bool is_attribute_name(std::string_view name) noexcept;

}  // namespace rights
