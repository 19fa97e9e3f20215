#include "resource_changes.hpp"

#include <algorithm>

#include "common/stamp/utc_time.hpp"

namespace system_events {
namespace {

constexpr std::string_view kClients = "clients";

std::string property(const trellis::Config& properties, std::string_view name, std::string_view fallback) {
  const auto found = properties.find(name);
  if (!found || found->type() != trellis::json::Type::text) return std::string(fallback);
  return found->as_text();
}

// As Event Grid tells of its clients.
Event event_of_client(const ResourceState& state) {
  const trellis::Config properties = trellis::Config::parse(state.properties).value();
  Members data;
  if (state.exists) {
    data.text("createdOn", common::write_utc(state.created_ms)).text("updatedOn", common::write_utc(state.modified_ms));
  }
  data.text("namespaceName", state.name_space)
      .text("clientName", state.name)
      .text("clientAuthenticationName", property(properties, "authenticationName", state.name));
  if (state.exists) {
    data.text("state", property(properties, "state", "Enabled"));
    const auto attributes = properties.find("attributes");
    data.raw("attributes", attributes ? attributes->json() : std::string_view("{}"));
  }
  return {
      .name_space = state.name_space,
      .type = state.exists ? "Microsoft.EventGrid.MQTTClientCreatedOrUpdated" : "Microsoft.EventGrid.MQTTClientDeleted",
      .subject = "clients/" + part(state.name),
      .data = data.object()};
}

// Of others only that they changed: they may hold secrets.
Event event_of_other(const ResourceState& state) {
  return {.name_space = state.name_space,
          .type = state.exists ? "Trellis.ResourceWritten" : "Trellis.ResourceDeleted",
          .subject = state.type + "/" + state.name,
          .data = Members{}
                      .text("namespaceName", state.name_space)
                      .text("resourceType", state.type)
                      .text("name", state.name)
                      .number("revision", static_cast<std::int64_t>(state.revision))
                      .object()};
}

}  // namespace

ResourceState state_of(const trellis::ResourceChange& change) {
  const trellis::Resource& one = change.either();
  return {.name_space = std::string(one.name_space()),
          .type = std::string(one.type()),
          .name = std::string(one.name()),
          .existed = change.before.has_value(),
          .exists = change.after.has_value(),
          .properties = std::string(one.json()),
          .created_ms = one.created_ms(),
          .modified_ms = one.modified_ms(),
          .revision = one.revision()};
}

void ResourceChanges::take(std::vector<ResourceState> changes) {
  for (ResourceState& one : changes) {
    const std::string key = one.name_space + '\n' + one.type + '\n' + one.name;
    const auto [at, made] = waiting_.try_emplace(key);
    if (made) {
      at->second.due = shard_.now() + delay_;
    } else {
      one.existed = at->second.state.existed;
    }
    at->second.state = std::move(one);
  }
  tell_due();
}

void ResourceChanges::tell_due() {
  auto next = std::chrono::milliseconds::max();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second.due > shard_.now()) {
      next = std::min(next, at->second.due);
      ++at;
      continue;
    }
    tell(at->second.state);
    at = waiting_.erase(at);
  }
  if (waiting_.empty()) return;
  timer_ = shard_.after(next - shard_.now(), [this] { tell_due(); });
}

void ResourceChanges::flush() {
  for (const auto& [key, one] : std::exchange(waiting_, {})) tell(one.state);
  outlet_.flush();
}

void ResourceChanges::tell(const ResourceState& state) {
  Event event = state.type == kClients ? event_of_client(state) : event_of_other(state);
  event.unix_ms = shard_.wall().count();
  outlet_.tell(std::move(event));
}

}  // namespace system_events
