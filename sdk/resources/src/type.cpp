#include <algorithm>
#include <trellis/resources/type.hpp>

namespace trellis::resources {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Every property that is named must be one that holds text.
std::string property_fault(const schema::Schema& schema, const std::string& property) {
  const schema::SchemaNode* node = &schema.root();
  for (std::string_view left = property; !left.empty();) {
    const auto* const found = node->types == schema::kObject ? node->property(take_step(left)) : nullptr;
    if (found == nullptr) return "its schema has no property \"" + property + '"';
    node = found->schema.get();
  }
  if (node->types != schema::kString) return "its property \"" + property + "\" is not text";
  return {};
}

// Of the one '/' of such names each side has its own rules.
std::string parent_fault(const Declaration& declaration) {
  if (declaration.parent.empty()) return {};
  if (declaration.parent == declaration.name) return "it cannot be its own parent";
  if (declaration.further_characters.find('/') == std::string::npos) return {};
  return "its names have one '/', behind the parent's, so it cannot be among its further characters";
}

}  // namespace

std::string_view take_step(std::string_view& property) noexcept {
  const std::string_view step = property.substr(0, property.find('/'));
  property.remove_prefix(std::min(step.size() + 1, property.size()));
  return step;
}

std::string_view parent_name(std::string_view name) noexcept {
  const std::size_t slash = name.find('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

std::optional<Type> Type::make(Declaration declaration, std::string& error) {
  schema::Diagnostics diagnostics;
  auto schema = schema::Schema::parse(declaration.schema, "schema of \"" + declaration.name + '"', diagnostics);
  if (!schema || !diagnostics.ok()) {
    error = diagnostics.empty() ? "its schema cannot be read" : sentence(diagnostics[0]);
    return std::nullopt;
  }
  if (schema->root().types != schema::kObject) error = "its schema is not that of an object";
  if (declaration.key.find('/') != std::string::npos) error = "its key is within another property";
  if (!declaration.key.empty() && error.empty()) error = property_fault(*schema, declaration.key);
  for (const Reference& one : declaration.references) {
    if (error.empty()) error = property_fault(*schema, one.property);
  }
  if (error.empty()) error = parent_fault(declaration);
  if (!error.empty()) return std::nullopt;
  return Type(std::move(declaration), std::move(*schema));
}

bool Type::names_have_slashes() const noexcept {
  return !declaration_.parent.empty() || declaration_.further_characters.find('/') != std::string::npos;
}

std::string Type::name_fault(std::string_view name) const {
  const auto allowed = [this](char c) {
    return is_alphanumeric(c) || declaration_.further_characters.find(c) != std::string::npos;
  };
  const bool has_parent = !declaration_.parent.empty();
  std::string_view own = name;
  if (has_parent) own.remove_prefix(std::min(name.size(), parent_name(name).size() + 1));
  if (own.size() >= declaration_.shortest_name && own.size() <= declaration_.longest_name &&
      std::ranges::all_of(own, allowed) && (!has_parent || !parent_name(name).empty()))
    return {};
  std::string fault = "a name in " + declaration_.name + " has ";
  if (has_parent) fault += "the name of one of " + declaration_.parent + ", a \"/\", and ";
  fault += std::to_string(declaration_.shortest_name) + " to " + std::to_string(declaration_.longest_name) +
           " letters and digits";
  for (const char c : declaration_.further_characters) fault += std::string(", \"") + c + '"';
  return fault;
}

}  // namespace trellis::resources
