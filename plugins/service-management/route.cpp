#include "route.hpp"

#include <vector>

namespace management {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    // Nothing before the first slash and after the last one; anywhere else it is a segment that is never right.
    if (!segment.empty() || (!segments.empty() && !path.empty())) segments.push_back(segment);
  }
  return segments;
}

constexpr std::size_t kBaseSegments = 6;
constexpr std::size_t kMostSegments = 6;  // behind the base

// subscriptions/S/resourceGroups/G/providers/Microsoft.EventGrid
bool has_base(const std::vector<std::string_view>& segments) {
  return segments.size() > kBaseSegments && same_word(segments[0], "subscriptions") && !segments[1].empty() &&
         same_word(segments[2], "resourceGroups") && !segments[3].empty() && same_word(segments[4], "providers") &&
         same_word(segments[5], "Microsoft.EventGrid");
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) noexcept {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (small(a[i]) != small(b[i])) return false;
  }
  return true;
}

std::string_view own_name(std::string_view name) noexcept { return name.substr(name.find('/') + 1); }

std::string Route::collection_id() const {
  return space_id() + (parent.empty() ? "" : '/' + parent_type + '/' + parent) + '/' + type;
}

std::string Route::id_of(std::string_view item) const {
  if (type == kNamespaces) return space_id();
  const std::size_t slash = parent_type.empty() ? std::string_view::npos : item.find('/');
  if (slash == std::string_view::npos) return space_id() + '/' + type + '/' + std::string(item);
  return space_id() + '/' + parent_type + '/' + std::string(item.substr(0, slash)) + '/' + type +
         std::string(item.substr(slash));
}

Route read_route(std::string_view path) {
  Route route;
  std::vector<std::string_view> segments = segments_of(path);
  if (segments.size() == 1 && segments[0] == "types") {
    route.kind = Route::Kind::types;
    return route;
  }
  if (segments.size() == 1 && segments[0] == "backup") {
    route.kind = Route::Kind::backup;
    return route;
  }
  if (has_base(segments)) {
    for (std::size_t i = 0; i < kBaseSegments; ++i) route.base += '/' + std::string(segments[i]);
    segments.erase(segments.begin(), segments.begin() + kBaseSegments);
  }
  if (segments.empty() || segments.size() > kMostSegments || !same_word(segments[0], kNamespaces)) return route;
  for (const std::string_view segment : segments) {
    if (segment.empty()) return route;
  }
  static constexpr Route::Kind kByLength[] = {Route::Kind::namespaces, Route::Kind::name_space, Route::Kind::collection,
                                              Route::Kind::item,       Route::Kind::nested,     Route::Kind::item};
  route.kind = kByLength[segments.size() - 1];
  route.type = kNamespaces;
  if (segments.size() > 1) route.name_space = route.name = segments[1];
  if (segments.size() > 2) route.type = segments[2];
  if (segments.size() > 3) route.name = segments[3];
  if (segments.size() > 4) {
    route.parent_type = segments[2];
    route.parent = segments[3];
    route.type = segments[4];
  }
  if (segments.size() > 5) {
    route.name = std::string(segments[3]) + '/' + std::string(segments[5]);
    route.parent.clear();
  }
  if (route.kind == Route::Kind::collection && route.type == "apply") route.kind = Route::Kind::apply;
  if (route.kind == Route::Kind::collection && route.type == "explain") route.kind = Route::Kind::explain;
  if (route.kind == Route::Kind::collection && same_word(route.type, "listKeys")) route.kind = Route::Kind::list_keys;
  if (route.kind == Route::Kind::collection && same_word(route.type, "regenerateKey"))
    route.kind = Route::Kind::regenerate_key;
  return route;
}

}  // namespace management
