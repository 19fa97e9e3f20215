#include "access/registered_client.hpp"

#include <algorithm>

namespace rights {
namespace {

using trellis::Config;
using trellis::Resource;
using trellis::ResourceChange;

// Everything but what is for people.
std::string what_counts(const Resource& resource) {
  std::string text;
  for (const auto& [name, value] : resource.properties().members()) {
    if (name != "description") text += name + std::string(value.json()) + '\n';
  }
  return text;
}

bool disabled(const Resource& resource) { return resource.properties().text("state") == "Disabled"; }

std::vector<ChangedClients> collect(const std::vector<ResourceChange>& changes,
                                    const std::function<bool(const ResourceChange&)>& wanted) {
  std::vector<ChangedClients> found;
  for (const ResourceChange& change : changes) {
    const Resource& one = change.either();
    if (one.type() != "clients" || !wanted(change)) continue;
    auto space = std::ranges::find(found, one.name_space(), &ChangedClients::name_space);
    if (space == found.end()) space = found.insert(found.end(), {std::string(one.name_space()), {}});
    space->names.emplace_back(one.key());
  }
  return found;
}

RegisteredClient client_of(const Resource& resource) {
  const Config properties = resource.properties();
  const Config certificate = properties.object("clientCertificateAuthentication");
  RegisteredClient client;
  client.name = resource.key();
  client.enabled = properties.text("state") != "Disabled";
  client.scheme = certificate.text("validationScheme");
  if (certificate.contains("allowedThumbprints")) client.thumbprints = certificate.texts("allowedThumbprints");
  return client;
}

}  // namespace

std::optional<RegisteredClient> find_client(const trellis::Host& host, std::string_view name_space,
                                            std::string_view authentication_name) {
  std::optional<RegisteredClient> client;
  trellis::with_resource_of_key(host, name_space, "clients", authentication_name,
                                [&](const Resource& resource) { client = client_of(resource); });
  return client;
}

std::vector<ChangedClients> changed_clients(const std::vector<ResourceChange>& changes) {
  return collect(changes, [](const ResourceChange& change) {
    return change.before && (!change.after || what_counts(*change.before) != what_counts(*change.after));
  });
}

std::vector<ChangedClients> removed_clients(const std::vector<ResourceChange>& changes) {
  return collect(changes, [](const ResourceChange& change) { return !change.after; });
}

std::vector<ChangedClients> disabled_clients(const std::vector<ResourceChange>& changes) {
  return collect(changes, [](const ResourceChange& change) { return change.after && disabled(*change.after); });
}

}  // namespace rights
