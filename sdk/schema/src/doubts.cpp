#include <algorithm>
#include <trellis/schema/doubts.hpp>
#include <trellis/schema/pointer.hpp>

namespace trellis::schema {
namespace {

std::string_view last_step(std::string_view place) { return place.substr(place.rfind('/') + 1); }

}  // namespace

Doubts::Doubts(const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics) {
    if (one.severity != Severity::error) continue;
    places_.insert(one.pointer);
    const std::string& meant = one.suggestion;
    const std::size_t slash = one.pointer.rfind('/');
    if (slash == std::string::npos || meant.size() < 3 || meant.front() != '"') continue;
    places_.insert(pointer_to(one.pointer.substr(0, slash), meant.substr(1, meant.size() - 2)));
  }
}

bool Doubts::below(std::string_view place, std::string_view but) const {
  return std::any_of(places_.begin(), places_.end(), [&](const std::string& one) {
    return one.starts_with(place) && one.rfind('/') == place.size() && last_step(one) != but;
  });
}

bool Doubts::about_any(std::span<const std::string_view> keys) const {
  return std::any_of(places_.begin(), places_.end(), [&](const std::string& one) {
    return std::find(keys.begin(), keys.end(), last_step(one)) != keys.end();
  });
}

}  // namespace trellis::schema
