// What plugins ask about clients and their rights: admitted, revoked, judged anew, explained.

#include <trellis/abi/identity.h>

#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

std::shared_ptr<const Names> names_of(trellis_view name_space, const trellis_view* names, std::uint32_t count) {
  auto kept = std::make_shared<Names>();
  kept->name_space = text_of(name_space);
  for (std::uint32_t i = 0; i < count; ++i) kept->names.emplace(text_of(names[i]));
  return kept;
}

// What was judged about deliveries is forgotten; subscriptions are asked about.
void judge_anew(trellis_host* host, const std::shared_ptr<const Names>& only) {
  for (Shard* shard : Instance::of(host).services().shards) {
    if (only == nullptr) ShardContext::of(*shard).router.forget_decisions();
    shard->post([shard, only] {
      ShardContext& context = ShardContext::of(*shard);
      if (only != nullptr && context.router.judges_receive(only->name_space)) context.router.forget_decisions();
      context.recheck.start(only);
    });
  }
}

// ---- explaining

struct Explanation {
  std::string name_space, client, topic;
  std::uint32_t action;
  bool allowed = false;
  std::vector<std::string> steps = {};
};

// On the shard where a session of that name would be.
void explain_here(ShardContext& context, Explanation& about) {
  const std::int32_t index = context.router.namespace_index(about.name_space);
  const auto step = [&](std::string what, std::string found) {
    about.steps.push_back(std::move(what));
    about.steps.push_back(std::move(found));
  };
  if (index < 0) return step("namespace", "there is none of that name");
  const auto space = static_cast<std::uint32_t>(index);
  const Subscriber* const session = context.router.subscribers().find(space, about.client);
  IdentityPtr identity = session == nullptr ? nullptr : session->identity();
  if (identity) {
    const std::string name = identity->name().empty() ? "anonymous" : "\"" + std::string(identity->name()) + "\"";
    step("session", std::string(session->attached() ? "connected" : "away") + ", authenticated as " + name + " by " +
                        std::string(identity->authenticator()));
  } else {
    identity.reset(new Identity(about.client, {}, nullptr, 0, 0));
    step("session", "none of that client id: judged is whoever authenticates under that name");
  }
  about.allowed = context.router.policies(space).authorization.explain(about.action, *identity, about.client,
                                                                       about.topic, about.steps);
}

void explain(trellis_host* host, trellis_shard* asker, trellis_view name_space, trellis_view client,
             std::uint32_t action, trellis_view topic, void* user, trellis_explained_fn done) {
  Shard& back = *static_cast<Shard*>(asker);
  auto about = std::make_shared<Explanation>(
      Explanation{std::string(text_of(name_space)), std::string(text_of(client)), std::string(text_of(topic)), action});
  Router& router = ShardContext::of(back).router;
  const auto key =
      Homes::key(static_cast<std::uint32_t>(std::max(0, router.namespace_index(about->name_space))), about->client);
  Shard& home = *Instance::of(host).services().shards[router.homes().hold(key, back.index())];
  home.post([about, &home, &back, key, user, done] {
    explain_here(ShardContext::of(home), *about);
    ShardContext::of(home).router.homes().release(key);
    back.post([about, user, done] {
      std::vector<trellis_pair> steps;
      for (std::size_t i = 0; i + 1 < about->steps.size(); i += 2) {
        steps.push_back({view_of(about->steps[i]), view_of(about->steps[i + 1])});
      }
      done(user, about->allowed, steps.data(), static_cast<std::uint32_t>(steps.size()));
    });
  });
}

}  // namespace

void revoke_clients(trellis_host* host, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
  const Instance& from = Instance::of(host);
  const bool own = from.table<trellis_authenticator>(TRELLIS_AUTHENTICATOR) != nullptr;
  const auto kept = names_of(name_space, names, count);
  for (Shard* shard : from.services().shards) {
    shard->post([shard, kept, by = own ? from.name() : std::string()] { ShardContext::of(*shard).revoke(*kept, by); });
  }
}

trellis_status admit_client(trellis_connection* handle, trellis_view client_id, trellis_client_limits* limits,
                            trellis_error* error) {
  const Connection& connection = Connection::of(handle);
  const auto& endpoint = static_cast<const ListenerEndpoint&>(connection.endpoint());
  if (!connection.identity()) return TRELLIS_NOT_AUTHORIZED;
  return endpoint.home()
      .router.policies(endpoint.name_space)
      .authorization.admit(*connection.identity(), text_of(client_id), *limits, *error);
}

const trellis_host_authorizer& authorizer_table() {
  static constexpr trellis_host_authorizer kTable{
      sizeof(trellis_host_authorizer), [](trellis_host* host) { judge_anew(host, nullptr); },
      [](trellis_host* host, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
        judge_anew(host, names_of(name_space, names, count));
      },
      &explain};
  return kTable;
}

}  // namespace trellis::kernel
