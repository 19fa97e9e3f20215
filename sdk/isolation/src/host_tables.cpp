// What a plugin in a process of its own is offered: calls that become frames for the broker.
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>
#include <trellis/abi/host.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>

#include <algorithm>
#include <trellis/isolation/contract.hpp>
#include <trellis/runtime/shard.hpp>
#include <trellis/runtime/views.hpp>

#include "host_stage.hpp"
#include "messages.hpp"
#include "plugin_host.hpp"

namespace trellis::isolation {
namespace {

PluginHost& here() noexcept { return PluginHost::here(); }
// Whose shard waits for a token.
std::uint32_t shard_of(trellis_token token) noexcept { return static_cast<std::uint32_t>(token >> 56); }

template <typename Answer>
bool answer(Frame type, trellis_token token, const Answer& given) {
  Encoder out;
  out(token);
  fields(out, given);
  // Whether it is still waited for is known in the broker only.
  here().tell_shard(shard_of(token), type, out.bytes());
  return true;
}

void tell_names(Frame type, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
  Encoder out;
  out(name_space);
  out(names, count);
  here().tell(type, out.bytes());
}

// ---- log and metrics

constexpr trellis_host_log kLog{sizeof(trellis_host_log),
                                [](trellis_host*, std::uint32_t level) { return here().logs(level); },
                                [](trellis_host*, std::uint32_t level, trellis_view text, const trellis_pair* fields,
                                   std::uint32_t count) { here().log(level, text, fields, count); }};

// Counting is that of the basic tables, which know no other process.
trellis_host_metrics metrics_table(const void* basic) {
  trellis_host_metrics table = *static_cast<const trellis_host_metrics*>(basic);
  table.declare = [](trellis_host*, std::uint32_t type, trellis_view name, trellis_view labels, trellis_view help) {
    return here().declare(type, name, labels, help);
  };
  return table;
}

// ---- identities

constexpr trellis_host_identity kIdentity{
    sizeof(trellis_host_identity),
    [](trellis_host*, trellis_token token, const trellis_auth_answer* given) {
      return answer(Frame::answer, token, *given);
    },
    [](trellis_connection*, const trellis_credentials*) {},  // for protocols
    [](const trellis_connection*) -> const trellis_identity* { return nullptr; },
    [](trellis_host*, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
      tell_names(Frame::revoke, name_space, names, count);
    },
    [](trellis_connection*, trellis_view, trellis_client_limits*, trellis_error*) {
      return trellis_status{TRELLIS_UNSUPPORTED};
    }};

constexpr trellis_host_authorizer kAuthorizer{
    sizeof(trellis_host_authorizer), [](trellis_host*) { here().tell(Frame::forget, {}); },
    [](trellis_host*, trellis_view name_space, const trellis_view* names, std::uint32_t count) {
      tell_names(Frame::forget_of, name_space, names, count);
    },
    // Whoever answers for all authorizers is in the broker, and asks for services that cannot be here.
    [](trellis_host*, trellis_shard* shard, trellis_view, trellis_view, std::uint32_t, trellis_view, void* user,
       trellis_explained_fn done) {
      static_cast<runtime::Shard*>(shard)->post([user, done] { done(user, false, nullptr, 0); });
    }};

// ---- services, handlers, publishing

constexpr trellis_host_service kService{sizeof(trellis_host_service),
                                        [](trellis_host*, trellis_token token, const trellis_response* given) {
                                          return answer(Frame::respond, token, *given);
                                        },
                                        [](trellis_connection*, const trellis_request*, void*) {},  // for protocols
                                        [](trellis_host*, trellis_token token, std::uint64_t deadline_ms) {
                                          Encoder out;
                                          out(token);
                                          out(deadline_ms);
                                          here().tell_shard(shard_of(token), Frame::extend, out.bytes());
                                          return true;
                                        }};

constexpr trellis_host_handler kHandler{
    sizeof(trellis_host_handler),
    [](trellis_host*, trellis_token token, const trellis_delivery_result* given) {
      return answer(Frame::settle, token, *given);
    },
    // For whoever has messages delivered, which is in the broker.
    [](trellis_shard*, std::uint64_t, trellis_settled_fn, void*, std::uint64_t) { return trellis_token{0}; },
    [](trellis_shard*, void*) {}};

void refuse(trellis_status* results, std::uint32_t count) {
  std::fill(results, results + count, trellis_status{TRELLIS_UNSUPPORTED});
}

// What becomes of them is known in the broker, and not waited for: they are taken.
void publish_as(trellis_shard* shard, trellis_view name_space, trellis_view name, trellis_view identity_name,
                const trellis_publication* messages, trellis_status* results, std::uint32_t count) {
  Encoder out;
  out(name_space);
  out(name);
  out(identity_name);
  out(count);
  for (std::uint32_t i = 0; i < count; ++i) fields(out, messages[i]);
  here().tell_shard(static_cast<runtime::Shard*>(shard)->index(), Frame::publish, out.bytes());
  std::fill(results, results + count, trellis_status{TRELLIS_OK});
}

constexpr trellis_host_publish kPublish{
    sizeof(trellis_host_publish),
    [](trellis_connection*, const trellis_publication*, trellis_status* results, std::uint32_t count) {
      refuse(results, count);
    },
    &publish_as, [](trellis_connection*, trellis_view, trellis_view) { return trellis_status{TRELLIS_UNSUPPORTED}; }};

constexpr std::string_view kOffered[] = {TRELLIS_HOST_AUTHORIZER, TRELLIS_HOST_HANDLER,   TRELLIS_HOST_IDENTITY,
                                         TRELLIS_HOST_LOG,        TRELLIS_HOST_LOOP,      TRELLIS_HOST_MESSAGE,
                                         TRELLIS_HOST_METRICS,    TRELLIS_HOST_NAMESPACE, TRELLIS_HOST_PUBLISH,
                                         TRELLIS_HOST_SERVICE,    TRELLIS_HOST_STAGE};

}  // namespace

bool offers(std::string_view id) { return std::ranges::find(kOffered, id) != std::end(kOffered); }

void add_host_tables(hosting::HostServices& services) {
  static const trellis_host_metrics metrics = metrics_table(services.tables.find(TRELLIS_HOST_METRICS)->second);
  services.tables[TRELLIS_HOST_LOG] = &kLog;
  services.tables[TRELLIS_HOST_METRICS] = &metrics;
  services.tables[TRELLIS_HOST_MESSAGE] = &message_table();
  services.tables[TRELLIS_HOST_IDENTITY] = &kIdentity;
  services.tables[TRELLIS_HOST_AUTHORIZER] = &kAuthorizer;
  services.tables[TRELLIS_HOST_SERVICE] = &kService;
  services.tables[TRELLIS_HOST_HANDLER] = &kHandler;
  services.tables[TRELLIS_HOST_PUBLISH] = &kPublish;
  services.tables[TRELLIS_HOST_STAGE] = &host_stage_table();
  std::erase_if(services.tables, [](const auto& table) { return !offers(table.first); });
}

}  // namespace trellis::isolation
