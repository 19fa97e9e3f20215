#include "resolve.hpp"

#include <algorithm>
#include <trellis/resources.hpp>

#include "types.hpp"

namespace management {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& one : words) out += (out.empty() ? "" : ", ") + one;
  return out;
}

std::optional<Problem> resolve_type(const Context& context, const Route& route, std::string& type) {
  auto found = find_type(context.host, type);
  if (found == kNamespaces)
    return Problem{.status = 404,
                   .code = "NotFound",
                   .message = "what is set for a namespace is at /namespaces/" + route.name_space};
  if (!found) {
    const std::string known = join(trellis::resource_types(context.host));
    return Problem{.status = 404,
                   .code = "ResourceTypeNotFound",
                   .message = "there are no resources of the type \"" + type + "\"; there are: " +
                              (known.empty() ? "none, as no plugin that is loaded declares any" : known)};
  }
  type = *std::move(found);
  return std::nullopt;
}

// Whether the last type of the path belongs to the one before it. parent: that one's name.
std::optional<Problem> resolve_below(const Context& context, Route& route, std::string_view parent) {
  const std::vector<std::string> children = child_types(context.host, route.parent_type);
  const auto found = std::ranges::find_if(children, [&](const std::string& one) { return same_word(one, route.type); });
  if (found != children.end()) {
    route.type = *found;
    return std::nullopt;
  }
  return Problem{
      .status = 404,
      .code = "ResourceTypeNotFound",
      .message = route.parent_type + '/' + std::string(parent) + " has no \"" + route.type + "\", only: " +
                 (children.empty() ? "nothing, as no type belongs to " + route.parent_type : join(children))};
}

// /A/B/C is a collection of what belongs to B, or an item "B/C" where A has a parent itself.
std::optional<Problem> resolve_nested(const Context& context, Route& route) {
  std::string above = parent_of(context.host, route.parent_type);
  if (above.empty()) {
    route.kind = Route::Kind::collection;
    return resolve_below(context, route, route.parent);
  }
  route.kind = Route::Kind::item;
  route.name = route.parent + '/' + route.type;
  route.type = std::exchange(route.parent_type, std::move(above));
  route.parent.clear();
  return std::nullopt;
}

}  // namespace

std::optional<Problem> resolve(const Context& context, Route& route) {
  using Kind = Route::Kind;
  if (route.kind == Kind::unknown)
    return Problem{.status = 404,
                   .code = "NotFound",
                   .message = "there is no such path; try /namespaces, /types or /namespaces/<namespace>/<type>"};
  if (route.kind == Kind::types || route.kind == Kind::namespaces || route.kind == Kind::backup) return std::nullopt;
  if (std::ranges::find(context.namespaces, route.name_space) == context.namespaces.end())
    return Problem{
        .status = 404, .code = "NamespaceNotFound", .message = "there is no namespace \"" + route.name_space + '"'};
  if (route.kind != Kind::collection && route.kind != Kind::item && route.kind != Kind::nested) return std::nullopt;
  if (route.parent_type.empty()) {
    if (auto problem = resolve_type(context, route, route.type)) return problem;
    route.parent_type = parent_of(context.host, route.type);
    return std::nullopt;
  }
  if (auto problem = resolve_type(context, route, route.parent_type)) return problem;
  if (route.kind == Kind::nested) return resolve_nested(context, route);
  return resolve_below(context, route, std::string_view(route.name).substr(0, route.name.find('/')));
}

Problem no_parent(std::string_view parent_type, std::string_view parent) {
  return {.status = 404,
          .code = "ParentResourceNotFound",
          .message = "the parent " + std::string(parent_type) + '/' + std::string(parent) + " is not there"};
}

}  // namespace management
