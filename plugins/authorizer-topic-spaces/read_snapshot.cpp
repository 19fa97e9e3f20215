// From resources to a snapshot. What they say was judged when they were put.
#include <algorithm>

#include "snapshot.hpp"
#include "types.hpp"

namespace topic_spaces {

using trellis::Config;
using trellis::Resource;

std::shared_ptr<const Snapshot> Snapshot::read(const trellis::Host& host, std::string_view name_space,
                                               const SessionDefaults& defaults) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->read_groups(host, name_space);
  snapshot->read_spaces(host, name_space);
  snapshot->read_bindings(host, name_space);
  snapshot->read_settings(host, name_space, defaults);
  return snapshot;
}

void Snapshot::read_groups(const trellis::Host& host, std::string_view name_space) {
  groups_.push_back({std::string(kEverybody), nullptr});
  trellis::for_each_resource(host, name_space, "clientGroups", [&](const Resource& resource) {
    const Config properties = resource.properties();
    const Config quotas = properties.object("quotas");
    Group group{std::string(resource.name()),
                std::make_shared<const GroupQuery>(GroupQuery::parse(properties.text("query")).value())};
    group.limits.sessions = static_cast<std::uint32_t>(quotas.integer("sessions", 0));
    group.limits.subscriptions = static_cast<std::uint32_t>(quotas.integer("subscriptions", 0));
    group.limits.publishes_per_s = static_cast<std::uint64_t>(quotas.integer("publishesPerSecond", 0));
    group.limits.bytes_per_s = static_cast<std::uint64_t>(quotas.integer("publishedBytesPerSecond", 0));
    groups_.push_back(std::move(group));
  });
}

void Snapshot::read_spaces(const trellis::Host& host, std::string_view name_space) {
  trellis::for_each_resource(host, name_space, "topicSpaces", [&](const Resource& resource) {
    Space space{std::string(resource.name()), {}};
    for (const std::string& text : resource.properties().texts("topicTemplates")) {
      const auto number = static_cast<std::uint32_t>(templates_.size());
      templates_.push_back(TopicTemplate::parse(text, variables_).value());
      space_of_.push_back(static_cast<std::uint32_t>(spaces_.size()));
      trie_.add(templates_.back(), number);
      space.templates.push_back(number);
    }
    spaces_.push_back(std::move(space));
  });
}

void Snapshot::read_bindings(const trellis::Host& host, std::string_view name_space) {
  trellis::for_each_resource(host, name_space, "permissionBindings", [&](const Resource& resource) {
    const Config properties = resource.properties();
    const auto group = std::ranges::find(groups_, properties.text("clientGroupName"), &Group::name);
    const auto space = std::ranges::find(spaces_, properties.text("topicSpaceName"), &Space::name);
    // Within a change of several types, what it names may come a moment later: the snapshot is read again then.
    if (group == groups_.end() || space == spaces_.end()) return;
    bindings_.push_back({std::string(resource.name()), static_cast<std::uint32_t>(group - groups_.begin()),
                         static_cast<std::uint32_t>(space - spaces_.begin()),
                         properties.text("permission") == "Publisher", properties.text("effect") == "Deny"});
  });
}

void Snapshot::read_settings(const trellis::Host& host, std::string_view name_space, const SessionDefaults& defaults) {
  // They hold as well where nothing is said about the namespace at all.
  limits_.sessions = static_cast<std::uint32_t>(defaults.sessions_of_name);
  limits_.session_expiry_s = static_cast<std::uint32_t>(defaults.expiry_hours) * 3600;
  trellis::with_resource(host, name_space, "namespaces", name_space, [&](const Resource& resource) {
    const Config settings = resource.properties().object("topicSpacesConfiguration");
    const auto number = [&](std::string_view name, std::int64_t fallback) {
      return static_cast<std::uint32_t>(settings.integer(name, fallback));
    };
    limits_.sessions = number("maximumClientSessionsPerAuthenticationName", defaults.sessions_of_name);
    limits_.session_expiry_s = number("maximumSessionExpiryInHours", defaults.expiry_hours) * 3600;
    const auto entra = settings.object("clientAuthentication").find("entraAuthentication");
    if (!entra) return;
    roles_and_groups_ = entra->boolean("applyClientGroups");
    for (const Config& assignment : entra->list("roleAssignments")) {
      const std::string scope = assignment.text("scope");
      const auto space = std::ranges::find(spaces_, scope, &Space::name);
      if (!scope.empty() && space == spaces_.end()) continue;
      roles_.push_back({assignment.text("principal"),
                        scope.empty() ? -1 : static_cast<std::int32_t>(space - spaces_.begin()),
                        assignment.text("role") == "Publisher"});
    }
  });
}

}  // namespace topic_spaces
