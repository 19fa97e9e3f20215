#include "config/doubts.hpp"

#include <algorithm>
#include <array>
#include <trellis/schema/pointer.hpp>

namespace trellis::kernel {
namespace {

// Keys of the file below which instances are named.
constexpr std::array<std::string_view, 10> kNaming = {"listeners",      "protocol",    "layers", "services",
                                                      "authenticators", "authorizers", "stages", "subscriptions",
                                                      "handler",        "predicate"};

std::string_view last_step(std::string_view place) { return place.substr(place.rfind('/') + 1); }

}  // namespace

Doubts::Doubts(const schema::Diagnostics& diagnostics) {
  for (const schema::Diagnostic& one : diagnostics) {
    if (one.severity != schema::Severity::error) continue;
    places_.insert(one.pointer);
    const std::string& meant = one.suggestion;
    const std::size_t slash = one.pointer.rfind('/');
    if (slash == std::string::npos || meant.size() < 3 || meant.front() != '"') continue;
    places_.insert(schema::pointer_to(one.pointer.substr(0, slash), meant.substr(1, meant.size() - 2)));
  }
}

bool Doubts::below(std::string_view place, std::string_view but) const {
  return std::any_of(places_.begin(), places_.end(), [&](const std::string& one) {
    return one.starts_with(place) && one.rfind('/') == place.size() && last_step(one) != but;
  });
}

bool Doubts::about_uses() const {
  return std::any_of(places_.begin(), places_.end(), [](const std::string& one) {
    const bool lists_uses = one.starts_with("/listeners") || one.starts_with("/namespaces");
    return lists_uses && std::find(kNaming.begin(), kNaming.end(), last_step(one)) != kNaming.end();
  });
}

}  // namespace trellis::kernel
