#include <algorithm>
#include <trellis/keeping/durability.hpp>
#include <trellis/topic.hpp>

namespace trellis::keeping {

std::uint32_t Durability::ruled(std::string_view topic) const noexcept {
  const auto found = std::ranges::find_if(topics, [&](const auto& rule) { return topic_matches(rule.fits, topic); });
  return found == topics.end() ? 0 : found->level;
}

std::uint32_t Durability::of_retained(std::string_view topic) const noexcept {
  const std::uint32_t level = ruled(topic);
  return level != 0 ? level : retained;
}

std::uint32_t Durability::of_session(std::string_view client) const noexcept {
  const auto found = std::ranges::find_if(clients, [&](const DurabilityRule& rule) {
    const std::string_view name = rule.fits;
    return name.ends_with('*') ? client.starts_with(name.substr(0, name.size() - 1)) : client == name;
  });
  return found == clients.end() ? sessions : found->level;
}

}  // namespace trellis::keeping
