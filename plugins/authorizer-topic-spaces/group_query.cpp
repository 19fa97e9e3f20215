#include "group_query.hpp"

#include <algorithm>

namespace topic_spaces {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool equals(const std::string& text, const std::variant<std::int64_t, std::string>& literal) noexcept {
  const auto* other = std::get_if<std::string>(&literal);
  return other != nullptr && *other == text;
}

}  // namespace

const rights::Value* Person::find(std::string_view attribute) const noexcept {
  for (const rights::Attribute& one : *attributes) {
    if (one.name == attribute) return &one.value;
  }
  return nullptr;
}

bool GroupQuery::matches(std::size_t node, const Person& person) const noexcept {
  const Node& asked = nodes_[node];
  if (asked.kind == Kind::both) return matches(asked.left, person) && matches(asked.right, person);
  if (asked.kind == Kind::either) return matches(asked.left, person) || matches(asked.right, person);
  if (asked.attribute.empty()) return compare_name(asked, person.name);
  const rights::Value* const value = person.find(asked.attribute);
  return value != nullptr && compare(asked, *value);
}

bool GroupQuery::compare(const Node& node, const rights::Value& value) noexcept {
  const auto equals_any = [&](const Literal& literal) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      const auto* other = std::get_if<std::int64_t>(&literal);
      return other != nullptr && *other == *number;
    }
    if (const auto* text = std::get_if<std::string>(&value)) return equals(*text, literal);
    return std::ranges::any_of(std::get<std::vector<std::string>>(value),
                               [&](const std::string& item) { return equals(item, literal); });
  };
  if (node.kind == Kind::equal || node.kind == Kind::among) return std::ranges::any_of(node.literals, equals_any);
  if (node.kind == Kind::unequal) return !equals_any(node.literals.front());
  const auto* const number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return false;
  const std::int64_t bound = std::get<std::int64_t>(node.literals.front());
  switch (node.kind) {
    case Kind::less:
      return *number < bound;
    case Kind::greater:
      return *number > bound;
    case Kind::at_most:
      return *number <= bound;
    default:
      return *number >= bound;
  }
}

bool GroupQuery::compare_name(const Node& node, std::string_view name) noexcept {
  const auto equals_name = [&](const Literal& literal) {
    const auto* text = std::get_if<std::string>(&literal);
    return text != nullptr && same_name(*text, name);
  };
  if (node.kind == Kind::unequal) return !equals_name(node.literals.front());
  if (node.kind != Kind::equal && node.kind != Kind::among) return false;
  return std::ranges::any_of(node.literals, equals_name);
}

}  // namespace topic_spaces
