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

std::string Route::id_of(std::string_view item) const {
  if (type == kNamespaces) return space_id();
  return space_id() + '/' + type + '/' + std::string(item);
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
  if (segments.empty() || segments.size() > 4 || !same_word(segments[0], kNamespaces)) return route;
  for (const std::string_view segment : segments) {
    if (segment.empty()) return route;
  }
  static constexpr Route::Kind kByLength[] = {Route::Kind::namespaces, Route::Kind::name_space, Route::Kind::collection,
                                              Route::Kind::item};
  route.kind = kByLength[segments.size() - 1];
  route.type = kNamespaces;
  if (segments.size() > 1) route.name_space = route.name = segments[1];
  if (segments.size() > 2) route.type = segments[2];
  if (segments.size() > 3) route.name = segments[3];
  if (route.kind == Route::Kind::collection && route.type == "apply") route.kind = Route::Kind::apply;
  if (route.kind == Route::Kind::collection && route.type == "explain") route.kind = Route::Kind::explain;
  return route;
}

}  // namespace management
