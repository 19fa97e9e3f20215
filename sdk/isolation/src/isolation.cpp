#include <trellis/abi/filter.h>
#include <trellis/abi/identity.h>

#include <algorithm>
#include <memory>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/isolation/isolation.hpp>
#include <trellis/runtime/views.hpp>

#include "plugin_host.hpp"
#include "remote.hpp"
#include "remote_shard.hpp"

namespace trellis::isolation {

using runtime::text_of;

namespace {

struct Choice {
  std::uint32_t kind;
  const char* name;
  std::uint32_t number;
};
constexpr Choice kChoices[] = {
    {TRELLIS_KIND_STAGE, "drop", TRELLIS_VERDICT_DROP},      {TRELLIS_KIND_STAGE, "pass", TRELLIS_VERDICT_PASS},
    {TRELLIS_KIND_PREDICATE, "drop", TRELLIS_VERDICT_DROP},  {TRELLIS_KIND_PREDICATE, "pass", TRELLIS_VERDICT_PASS},
    {TRELLIS_KIND_AUTHENTICATOR, "deny", TRELLIS_AUTH_DENY}, {TRELLIS_KIND_AUTHENTICATOR, "defer", TRELLIS_AUTH_DEFER},
    {TRELLIS_KIND_AUTHORIZER, "deny", TRELLIS_ACCESS_DENY},  {TRELLIS_KIND_AUTHORIZER, "defer", TRELLIS_ACCESS_DEFER}};

Remote& of(void* instance) noexcept { return *static_cast<Remote*>(instance); }

trellis_status create(trellis_host* host, const trellis_host_table* table, void** instance, trellis_error* error) {
  auto remote = std::make_unique<Remote>(host, table);
  if (!remote->create(error)) return TRELLIS_UNAVAILABLE;
  *instance = remote.release();
  return TRELLIS_OK;
}

trellis_status status_of(bool done) noexcept { return done ? TRELLIS_OK : TRELLIS_UNAVAILABLE; }

// In place of the plugin's own: each function speaks to its process. A shard's state is closed with its shard.
constexpr trellis_plugin kEntry{
    sizeof(trellis_plugin),
    TRELLIS_ABI_MAJOR,
    TRELLIS_ABI_MINOR,
    nullptr,
    &create,
    [](void* instance, trellis_view config, trellis_error* error) {
      return status_of(of(instance).configure(text_of(config), error));
    },
    [](void* instance, trellis_error* error) { return status_of(of(instance).start(error)); },
    [](void* instance, std::uint64_t deadline_ms) { of(instance).drain(deadline_ms); },
    [](void* instance) { of(instance).stop(); },
    [](void* instance) { delete &of(instance); },
    [](void* instance, trellis_view id) { return of(instance).table(text_of(id)); },
    [](void* instance, trellis_shard*, std::uint32_t index) -> void* { return of(instance).open_shard(index); },
    [](void* shard) { static_cast<RemoteShard*>(shard)->close(); }};

}  // namespace

hosting::Isolation process_of_its_own(std::uint32_t kind) {
  if (kind == TRELLIS_KIND_PROTOCOL || kind == TRELLIS_KIND_STORE) return {};
  hosting::Isolation isolation{&kEntry, &offers, 0, 100, 30000};
  const auto usual = std::ranges::find(kChoices, kind, &Choice::kind);
  if (usual != std::end(kChoices)) isolation.fallback = usual->number;
  return isolation;
}

std::vector<std::string> fallbacks(std::uint32_t kind) {
  std::vector<std::string> names;
  for (const Choice& choice : kChoices) {
    if (choice.kind == kind) names.emplace_back(choice.name);
  }
  return names;
}

std::uint32_t fallback(std::uint32_t kind, std::string_view name) {
  const auto found =
      std::ranges::find_if(kChoices, [&](const Choice& choice) { return choice.kind == kind && choice.name == name; });
  return found == std::end(kChoices) ? 0 : found->number;
}

}  // namespace trellis::isolation
