#include <trellis/abi/resource.h>

#include <trellis/hosting/basic_tables.hpp>
#include <trellis/resources/crossing.hpp>
#include <trellis/runtime/views.hpp>

namespace trellis::hosting {
namespace {

using runtime::text_of;
using Sink = void (*)(void* user, const trellis_resource* resource);

trellis_status declare(trellis_host* host, const trellis_resource_type* type, trellis_error* error) {
  Instance& instance = Instance::of(host);
  std::string reason;
  if (!resources::Type::make(resources::declaration_of(*type), reason)) {
    set_error(error, "resources of the type \"" + std::string(text_of(type->name)) + "\": " + reason);
    return TRELLIS_INVALID;
  }
  const auto conceal = [&instance](std::string_view text) { return instance.concealed(text); };
  instance.declare({resources::declaration_of(*type),
                    std::make_unique<resources::PluginObserver>(instance.handle(), *type, conceal)});
  return TRELLIS_OK;
}

resources::Registry& registry_of(trellis_host* host) { return *Instance::of(host).services().resources; }

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

// Asked on a shard, done on the control thread, told on the shard again.
void apply(trellis_host* host, trellis_shard* handle, const trellis_resource_operation* operations, std::uint32_t count,
           bool dry, void* user, trellis_resources_fn done) {
  const HostServices& services = Instance::of(host).services();
  const auto request = std::make_shared<resources::Request>(operations, count);
  Shard& shard = *static_cast<Shard*>(handle);
  services.on_control([&services, &shard, request, dry, user, done] {
    const auto answer = std::make_shared<resources::Answer>();
    const auto keep = [](void* kept, const trellis_resource_result* results, std::uint32_t number) {
      static_cast<resources::Answer*>(kept)->keep(results, number);
    };
    if (dry || !services.can_keep || services.can_keep()) {
      request->run(*services.resources, dry, answer.get(), keep);
    } else {
      trellis_resource_result unkept{};
      unkept.struct_size = sizeof unkept;
      unkept.outcome = TRELLIS_RESOURCE_UNKEPT;
      unkept.message =
          runtime::view_of("the store takes nothing at the time, so nothing was changed; the log says why");
      keep(answer.get(), &unkept, 1);
    }
    auto told = [answer, user, done, &shard] { shard.post([answer, user, done] { answer->tell(user, done); }); };
    if (dry || !services.keep_resources) return told();
    services.keep_resources(std::move(told));
  });
}

bool describe(trellis_host* host, trellis_view type, void* user, void (*sink)(void*, const trellis_resource_type*)) {
  return resources::describe(registry_of(host), type, user, sink);
}

void observe(trellis_host* host, void (*changed)(void*, const trellis_resource_change*, std::uint32_t)) {
  Instance& instance = Instance::of(host);
  instance.observe(std::make_unique<resources::PluginObserver>(instance.handle(), changed));
}

constexpr trellis_host_resources kTable{
    sizeof(trellis_host_resources), &declare, &find, &find_key, &list, &types, &apply, &describe, &observe};

}  // namespace

const void* resource_table() noexcept { return &kTable; }

}  // namespace trellis::hosting
