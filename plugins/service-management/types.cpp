#include "types.hpp"

#include <algorithm>
#include <set>
#include <trellis/resources.hpp>

#include "route.hpp"

namespace management {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

/// What is told of one type, and which others it names.
struct Described {
  std::string json;
  std::set<std::string> named;
};

std::string join(const std::vector<std::string_view>& texts) {
  std::string out;
  for (const std::string_view text : texts) out += (out.empty() ? "" : ",") + quote(text);
  return out;
}

Described described(const trellis::ResourceTypeRules& rules) {
  Described made;
  std::string references;
  for (const trellis::ResourceReference& one : rules.references) {
    made.named.emplace(one.type);
    references += (references.empty() ? "" : ",") + std::string(R"({"property":)") + quote(one.property) +
                  R"(,"type":)" + quote(one.type) + R"(,"builtIn":[)" + join(one.built_in) + "]}";
  }
  made.json = R"({"name":)" + quote(rules.name) + R"(,"shortestName":)" + std::to_string(rules.shortest_name) +
              R"(,"longestName":)" + std::to_string(rules.longest_name) + R"(,"furtherCharacters":)" +
              quote(rules.further_characters) + R"(,"most":)" + std::to_string(rules.most);
  if (!rules.parent.empty()) {
    made.named.emplace(rules.parent);
    made.json += R"(,"parent":)" + quote(rules.parent);
  }
  if (!rules.key.empty()) made.json += R"(,"key":)" + quote(rules.key);
  made.json += R"(,"references":[)" + references + R"(],"schema":)" + rules.schema + '}';
  return made;
}

}  // namespace

std::optional<std::string> find_type(const trellis::Host& host, std::string_view asked) {
  for (std::string& name : trellis::resource_types(host)) {
    if (same_word(name, asked)) return std::move(name);
  }
  return std::nullopt;
}

std::string parent_of(const trellis::Host& host, std::string_view type) {
  std::string parent;
  trellis::with_resource_type(host, type, [&](const trellis::ResourceTypeRules& rules) { parent = rules.parent; });
  return parent;
}

std::vector<std::string> child_types(const trellis::Host& host, std::string_view type) {
  std::vector<std::string> found;
  for (std::string& one : trellis::resource_types(host)) {
    if (parent_of(host, one) == type) found.push_back(std::move(one));
  }
  return found;
}

std::vector<std::string> built_in_names(const trellis::Host& host, std::string_view type) {
  std::set<std::string> names;
  for (const std::string& one : trellis::resource_types(host)) {
    trellis::with_resource_type(host, one, [&](const trellis::ResourceTypeRules& rules) {
      for (const trellis::ResourceReference& reference : rules.references) {
        if (reference.type == type) names.insert(reference.built_in.begin(), reference.built_in.end());
      }
    });
  }
  return {names.begin(), names.end()};
}

std::string describe_types(const trellis::Host& host, std::string_view extra) {
  std::map<std::string, Described> left;
  for (const std::string& name : trellis::resource_types(host)) {
    trellis::with_resource_type(host, name,
                                [&](const trellis::ResourceTypeRules& rules) { left.emplace(name, described(rules)); });
  }
  std::string out = "{" + std::string(extra) + R"("value":[)";
  while (!left.empty()) {
    const auto waits = [&](const auto& one) {
      return std::ranges::any_of(one.second.named,
                                 [&](const std::string& type) { return type != one.first && left.contains(type); });
    };
    auto next = std::ranges::find_if_not(left, waits);
    if (next == left.end()) next = left.begin();  // they name each other
    if (out.back() != '[') out += ',';
    out += next->second.json;
    left.erase(next);
  }
  return out + "]}";
}

SecretPlaces SecretPlaces::of(const trellis::Host& host, std::string_view type) {
  SecretPlaces places;
  trellis::with_resource_type(host, type, [&](const trellis::ResourceTypeRules& rules) {
    if (rules.schema.find("\"secret\"") == std::string::npos) return;
    if (const auto schema = trellis::json::parse(rules.schema)) places.root_ = read(*schema);
  });
  return places;
}

SecretPlaces::Place SecretPlaces::read(const Value& schema) {
  Place place;
  if (const Value* format = schema.find("format")) place.secret = format->text == "secret";
  if (const Value* properties = schema.find("properties")) {
    for (std::size_t i = 0; i < properties->keys.size(); ++i) {
      Place member = read(properties->items[i]);
      if (member.any()) place.members.emplace(properties->keys[i], std::move(member));
    }
  }
  for (const std::string_view keyword : {"items", "additionalProperties"}) {
    const Value* const inner = schema.find(keyword);
    if (inner == nullptr || inner->type != Type::object) continue;
    if (Place each = read(*inner); each.any()) place.each = std::make_unique<Place>(std::move(each));
  }
  return place;
}

const SecretPlaces::Place* SecretPlaces::below(const Place& place, std::string_view key) {
  const auto member = place.members.find(std::string(key));
  return member != place.members.end() ? &member->second : place.each.get();
}

std::string SecretPlaces::hide(std::string_view properties) const {
  if (!root_.any()) return std::string(properties);
  const auto value = trellis::json::parse(properties);
  return value ? write(root_, *value) : "{}";
}

std::string SecretPlaces::write(const Place& place, const Value& value) {
  if (place.secret && value.type != Type::null) return quote(kHidden);
  if (!place.any() || (value.type != Type::object && value.type != Type::list)) return std::string(value.source);
  const bool is_object = value.type == Type::object;
  std::string out = is_object ? "{" : "[";
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) out += ',';
    if (is_object) out += quote(value.keys[i]) + ':';
    const Place* const inner = is_object ? below(place, value.keys[i]) : place.each.get();
    out += inner != nullptr ? write(*inner, value.items[i]) : std::string(value.items[i].source);
  }
  return out + (is_object ? '}' : ']');
}

std::string SecretPlaces::hidden_in(std::string_view properties) const {
  if (!root_.any()) return {};
  const auto value = trellis::json::parse(properties);
  return value ? find_hidden(root_, *value) : "";
}

std::string SecretPlaces::find_hidden(const Place& place, const Value& value) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool is_object = value.type == Type::object;
    const Place* const inner = is_object ? below(place, value.keys[i]) : place.each.get();
    if (inner == nullptr) continue;
    const std::string at = '/' + (is_object ? value.keys[i] : std::to_string(i));
    if (inner->secret && value.items[i].text == kHidden) return at;
    if (const std::string found = find_hidden(*inner, value.items[i]); !found.empty()) return at + found;
  }
  return {};
}

}  // namespace management
