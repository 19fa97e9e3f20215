// Resources in a registry like the broker's, changed when the test wants.
#include <trellis/resources/crossing.hpp>

#include "connection_tables.hpp"

namespace trellis::testing {

/// Declared types stay until the plugin's instance goes.
struct FakeResources {
  explicit FakeResources(World& world) : registry([&world] { return world.wall_ms; }) {}

  resources::Registry registry;
  std::vector<std::pair<const Instance*, std::unique_ptr<resources::Observer>>> observers;
};

namespace {

using Sink = void (*)(void* user, const trellis_resource* resource);

FakeResources& resources_of(World& world) {
  std::vector<std::string> names;
  for (const auto& [name, block] : world.namespaces) names.push_back(name);
  world.resources->registry.set_namespaces(std::move(names));
  return *world.resources;
}
resources::Registry& registry_of(trellis_host* host) { return resources_of(*handle_of(host).world).registry; }
std::string concealed(std::string_view text) { return std::string(text); }

trellis_status declare(trellis_host* host, const trellis_resource_type* type, trellis_error* error) {
  World& world = *handle_of(host).world;
  Instance& instance = *handle_of(host).instance;
  auto observer = std::make_unique<resources::PluginObserver>(instance.get(), *type, concealed);
  FakeResources& all = resources_of(world);
  const std::string wrong = all.registry.declare(resources::declaration_of(*type), *observer);
  if (!wrong.empty()) {
    write_error(error, wrong);
    return TRELLIS_INVALID;
  }
  all.registry.listen(*observer);
  all.observers.emplace_back(&instance, std::move(observer));
  return TRELLIS_OK;
}

bool find(trellis_host* host, trellis_view name_space, trellis_view type, trellis_view name, void* user, Sink sink) {
  return resources::find(registry_of(host), name_space, type, name, user, sink);
}

bool find_key(trellis_host* host, trellis_view name_space, trellis_view type, trellis_view key, void* user, Sink sink) {
  return resources::find_key(registry_of(host), name_space, type, key, user, sink);
}

void list(trellis_host* host, trellis_view name_space, trellis_view type, trellis_view after, void* user,
          bool (*sink)(void*, const trellis_resource*)) {
  resources::list(registry_of(host), name_space, type, after, user, sink);
}

void types(trellis_host* host, void* user, void (*sink)(void*, trellis_view)) {
  resources::types(registry_of(host), user, sink);
}

bool describe(trellis_host* host, trellis_view type, void* user, void (*sink)(void*, const trellis_resource_type*)) {
  return resources::describe(registry_of(host), type, user, sink);
}

void observe(trellis_host* host, void (*changed)(void*, const trellis_resource_change*, std::uint32_t)) {
  Instance& instance = *handle_of(host).instance;
  FakeResources& all = resources_of(*handle_of(host).world);
  auto observer = std::make_unique<resources::PluginObserver>(instance.get(), changed);
  all.registry.observe(*observer);
  all.registry.listen(*observer);
  all.observers.emplace_back(&instance, std::move(observer));
}

void apply(trellis_host* host, trellis_shard* shard, const trellis_resource_operation* operations, std::uint32_t count,
           bool dry, void* user, trellis_resources_fn done) {
  World& world = *handle_of(host).world;
  const auto request = std::make_shared<resources::Request>(operations, count);
  auto* const later = new std::function<void()>(
      [&world, request, dry, user, done] { request->run(resources_of(world).registry, dry, user, done); });
  const std::lock_guard lock(world.mutex);
  shard_of(shard).mailbox.push_back({[](void* function) {
                                       const std::unique_ptr<std::function<void()>> owned(
                                           static_cast<std::function<void()>*>(function));
                                       (*owned)();
                                     },
                                     later});
}

// As a caller would; what is wrong, in one line each.
std::string changed(World& world, const std::vector<trellis_resource_operation>& operations) {
  std::string wrong;
  const resources::Request request(operations.data(), static_cast<std::uint32_t>(operations.size()));
  request.run(resources_of(world).registry, false, &wrong,
              [](void* user, const trellis_resource_result* results, std::uint32_t count) {
                auto& lines = *static_cast<std::string*>(user);
                for (std::uint32_t i = 0; i < count; ++i) {
                  if (results[i].outcome == TRELLIS_RESOURCE_DONE) continue;
                  if (!lines.empty()) lines += '\n';
                  if (results[i].pointer.size > 0) lines += std::string(text(results[i].pointer)) + ": ";
                  lines += text(results[i].message);
                }
              });
  return wrong;
}

trellis_resource_operation operation(std::uint32_t kind, std::string_view name_space, std::string_view type,
                                     std::string_view name, std::string_view properties) {
  return {sizeof(trellis_resource_operation), kind, view(name_space), view(type), view(name), view(properties), -1};
}

constexpr trellis_host_resources kResources{
    sizeof(trellis_host_resources), &declare, &find, &find_key, &list, &types, &apply, &describe, &observe};

}  // namespace

const trellis_host_resources* resource_table() { return &kResources; }

void World::make_resources() { resources = std::make_shared<FakeResources>(*this); }

void World::forget_resources(const Instance& instance) {
  std::erase_if(resources->observers, [&](const auto& one) {
    if (one.first != &instance) return false;
    resources->registry.withdraw(*one.second);
    return true;
  });
}

std::string TestHost::put_resource(std::string_view type, std::string_view name, std::string_view properties,
                                   std::string_view name_space) {
  return changed(*world_, {operation(TRELLIS_RESOURCE_PUT, name_space, type, name, properties)});
}

std::string TestHost::put_resources(const std::vector<std::pair<std::string, std::string>>& resources,
                                    std::string_view name_space) {
  std::vector<trellis_resource_operation> operations;
  for (const auto& [path, properties] : resources) {
    const std::string_view whole = path;
    const std::size_t slash = whole.find('/');
    operations.push_back(
        operation(TRELLIS_RESOURCE_PUT, name_space, whole.substr(0, slash), whole.substr(slash + 1), properties));
  }
  return changed(*world_, operations);
}

std::string TestHost::remove_resource(std::string_view type, std::string_view name, std::string_view name_space) {
  return changed(*world_, {operation(TRELLIS_RESOURCE_REMOVE, name_space, type, name, "")});
}

}  // namespace trellis::testing
