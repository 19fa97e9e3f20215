// What namespaces are called, as the test's configuration has them.
#include <algorithm>

#include "connection_tables.hpp"

namespace trellis::testing {
namespace {

auto find(World& world, std::string_view name) {
  return std::find_if(world.domains.begin(), world.domains.end(), [&](const auto& one) { return one.name == name; });
}

void list(trellis_host* host, void* user, void (*sink)(void*, const trellis_domain*)) {
  World& world = *handle_of(host).world;
  std::vector<FakeDomain> all;
  {
    const std::lock_guard lock(world.mutex);
    all = world.domains;
  }
  for (const FakeDomain& one : all) {
    const trellis_domain domain{sizeof(trellis_domain), one.state, view(one.name), view(one.name_space)};
    sink(user, &domain);
  }
}

bool set_approved(trellis_host* host, trellis_view name, bool approved) {
  World& world = *handle_of(host).world;
  const std::lock_guard lock(world.mutex);
  const auto found = find(world, text(name));
  if (found == world.domains.end()) return false;
  if (found->state == TRELLIS_DOMAIN_UNCHECKED || found->state == TRELLIS_DOMAIN_HOST) return true;
  found->state = approved ? TRELLIS_DOMAIN_APPROVED : TRELLIS_DOMAIN_PENDING;
  return true;
}

constexpr trellis_host_domain kDomain{sizeof(trellis_host_domain), &list, &set_approved};

}  // namespace

const trellis_host_domain* domain_table() { return &kDomain; }

void TestHost::custom_domain(std::string_view name, std::string_view name_space, std::uint32_t state) {
  remove_domain(name);
  const std::lock_guard lock(world_->mutex);
  world_->domains.push_back({std::string(name), std::string(name_space), state});
}

void TestHost::remove_domain(std::string_view name) {
  const std::lock_guard lock(world_->mutex);
  std::erase_if(world_->domains, [&](const FakeDomain& one) { return one.name == name; });
}

bool TestHost::domain_known(std::string_view name) const {
  const std::lock_guard lock(world_->mutex);
  const auto found = find(*world_, name);
  return found != world_->domains.end() && found->state != TRELLIS_DOMAIN_PENDING;
}

}  // namespace trellis::testing
