#include "app/shard_context.hpp"

#include <algorithm>
#include <trellis/runtime/kept_bytes.hpp>
#include <trellis/runtime/log.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

std::vector<ShardContext*> contexts;  // by shard; written before the shards run
constexpr std::uint64_t kHousekeepingMs = 50;
constexpr std::uint64_t kLookTurns = 40;   // every so many of them layers are asked about their connections
constexpr std::uint64_t kSlowTurns = 100;  // every so many of them the rare things are done

ConnectionMetrics accepted_metrics(Metrics& m) {
  ConnectionMetrics connections{};
  const auto counter = [&m](std::string_view name, std::string_view help) {
    return m.declare(MetricType::counter, name, "", help);
  };
  const auto gauge = [&m](std::string_view name, std::string_view help) {
    return m.declare(MetricType::gauge, name, "", help);
  };
  connections.open = gauge("trellis_connections", "Open connections.");
  connections.opened = counter("trellis_connections_opened_total", "Connections accepted.");
  const auto refused = [&m](std::string_view reason) {
    return m.declare(MetricType::counter, "trellis_connections_refused_total", reason,
                     "Connections closed before they were served.");
  };
  connections.refused_by_listener = refused("reason=\"listener_limit\"");
  connections.refused_by_process = refused("reason=\"process_limit\"");
  connections.refused_descriptors = refused("reason=\"descriptors\"");
  connections.refused_memory = refused("reason=\"memory\"");
  connections.refused_address = refused("reason=\"address\"");
  connections.unrecognised = refused("reason=\"unrecognised\"");
  connections.handshake_timeouts = refused("reason=\"handshake_timeout\"");
  connections.bytes_received = counter("trellis_bytes_received_total", "Bytes read from connections.");
  connections.bytes_sent = counter("trellis_bytes_sent_total", "Bytes written to connections.");
  connections.reads_paused = counter("trellis_reads_paused_total", "Reads put off because memory was short.");
  connections.reads_held = counter("trellis_reads_held_total", "Reads put off because the store had not answered.");
  return connections;
}

}  // namespace

KernelMetrics::KernelMetrics(Metrics& m) : connections(accepted_metrics(m)), outbound(m, connections), keeper(m) {
  const auto counter = [&m](std::string_view name, std::string_view help) {
    return m.declare(MetricType::counter, name, "", help);
  };
  const auto gauge = [&m](std::string_view name, std::string_view help) {
    return m.declare(MetricType::gauge, name, "", help);
  };
  authentication.allowed = counter("trellis_authentications_allowed_total", "Clients let in.");
  authentication.denied = counter("trellis_authentications_denied_total", "Clients refused.");
  authentication.pending = counter("trellis_authentications_pending_total", "Questions answered later.");
  authentication.timeouts = counter("trellis_authentications_timeouts_total", "Questions not answered in time.");
  authentication.late = counter("trellis_authentications_late_total", "Answers nobody waited for any more.");
  takeovers = counter("trellis_subscriber_takeovers_total", "Subscribers taken over by a new owner.");
  revoked_clients = counter("trellis_clients_revoked_total", "Clients cut off because who let them in took it back.");
  revoked_subscribers = counter("trellis_subscribers_revoked_total",
                                "Subscribers that lost a subscription because it is not allowed any more.");
  requests = counter("trellis_requests_total", "Requests to services.");
  requests_late = counter("trellis_requests_late_total", "Answers of services nobody waited for any more.");
  const auto refused_request = [&m](std::string_view reason) {
    return m.declare(MetricType::counter, "trellis_requests_refused_total", reason,
                     "Requests refused before a service was asked.");
  };
  requests_misdirected = refused_request("reason=\"host\"");
  requests_forbidden = refused_request("reason=\"address\"");
  deliveries_late = counter("trellis_handler_late_total", "Answers of handlers nobody waited for any more.");
  memory = gauge("trellis_memory_bytes",
                 "Memory of kept messages, of mail between shards and of input that waits for its rest.");
  const auto reload = [&](std::string_view outcome) {
    return m.declare(MetricType::counter, "trellis_reloads_total", outcome, "Times the configuration was read again.");
  };
  reloads = reload("outcome=\"taken\"");
  reloads_refused = reload("outcome=\"refused\"");
  log_lines_dropped = counter("trellis_log_lines_dropped_total", "Lines of the log lost: written faster than taken.");
}

// ---- endpoint

ListenerEndpoint::ListenerEndpoint(ShardContext& home,
                                   std::shared_ptr<const std::vector<std::weak_ptr<Endpoint>>> family)
    : Endpoint(home.shard), home_(home), family_(std::move(family)) {}

void ListenerEndpoint::forget(Connection& connection) {
  if (connection.question != 0) home_.authentication.abandon(connection);
  home_.requests.abandon(connection);
}

std::shared_ptr<Endpoint> ListenerEndpoint::sibling(std::uint32_t shard_index) {
  return shard_index < family_->size() ? (*family_)[shard_index].lock() : nullptr;
}

// What answers requests tells each of them.
bool ListenerEndpoint::admits(Connection& connection) {
  if (dialler != nullptr || protocol->on_response != nullptr || home_.admits(connection, name_space)) return true;
  home_.shard.count(metrics->refused_address, 1);
  return false;
}

bool ListenerEndpoint::short_of_memory() noexcept {
  if (kept_much_more()) home_.watch_memory();
  return home_.memory.short_of_memory.load(std::memory_order_relaxed);
}

// What was decided about the client's deliveries was decided about who it was.
void ListenerEndpoint::reidentified(Connection& connection) {
  auto* subscriber = static_cast<Subscriber*>(connection.output_listener());
  if (subscriber == nullptr) return;
  subscriber->follow_identity();
  home_.router.identity_changed(*subscriber);
  home_.recheck.start(*subscriber);
}

// ---- context

struct ShardContext::Housekeeping final : Timer {
  explicit Housekeeping(ShardContext& owner) : Timer(&ShardContext::on_housekeeping), context(owner) {}
  ShardContext& context;
  std::uint64_t turns = 0;
};

ShardContext::ShardContext(std::uint32_t index, Metrics& all_metrics, Epochs& all_epochs, Routers& routers,
                           const KernelMetrics& ids, MemoryWatch& watch, runtime::Resolver& resolver,
                           std::shared_ptr<ListenerState> outbound)
    : shard(index, all_metrics.cells(index), all_epochs),
      metrics(ids),
      memory(watch),
      epochs(all_epochs),
      timers(shard, &PluginTimer::fire),
      keeper(shard, ids.keeper),
      router(shard, all_epochs, routers, keeper),
      authentication(shard, ids.authentication),
      requests(shard, ids.requests_late),
      dials(*this, resolver, std::move(outbound), ids.outbound),
      chains(routers.namespaces.size()),
      inbound_(routers.namespaces.size()),
      connections_(all_metrics.declare(MetricType::gauge, "trellis_shard_connections",
                                       metric_label("shard", std::to_string(index)), "Open connections by shard.")) {
  if (contexts.size() <= index) contexts.resize(index + 1);
  contexts[index] = this;
}

ShardContext::~ShardContext() = default;

ShardContext& ShardContext::of(Shard& shard) noexcept { return *contexts[shard.index()]; }

void ShardContext::start_housekeeping() {
  housekeeping_ = std::make_unique<Housekeeping>(*this);
  shard.arm(*housekeeping_, kHousekeepingMs);
}

void ShardContext::watch_memory() {
  const auto limit = static_cast<std::int64_t>(memory.limit.load(std::memory_order_relaxed));
  const std::int64_t used = kept_bytes();
  const bool was_short = memory.short_of_memory.load(std::memory_order_relaxed);
  const bool is_short = was_short ? used > limit / 10 * 9 : used > limit;
  if (is_short != was_short) memory.short_of_memory.store(is_short, std::memory_order_relaxed);
  if (shard.index() == 0) shard.count(metrics.memory, used - std::exchange(told_memory_, used));
}

bool ShardContext::admits(const Connection& connection, std::uint32_t name_space) {
  if (inbound_[name_space].admit(connection.peer(), connection.fact(TRELLIS_FACT_PEER))) return true;
  char peer[PeerAddress::kTextBytes];
  log::seldom("net", log::Level::warn, "refused a client that comes from where nobody may",
              {{"namespace", router.name_space(name_space).name},
               {"peer", connection.client(peer)},
               {"listener", connection.endpoint().listener->name}});
  return false;
}

void ShardContext::set_inbound(std::uint32_t name_space, const InboundRules& rules) {
  if (inbound_[name_space] == rules) return;
  inbound_[name_space] = rules;
  for (const auto& endpoint : endpoints) {
    if (endpoint->name_space != name_space || !endpoint->choices.empty()) continue;
    endpoint->for_each([&](Connection& connection) {
      if (!endpoint->admits(connection)) connection.close_now(TRELLIS_CLOSE_ADDRESS);
    });
  }
}

void ShardContext::revoke(const Names& names, std::string_view by) {
  const std::int32_t index = router.namespace_index(names.name_space);
  for (const auto& endpoint : endpoints) {
    if (static_cast<std::int32_t>(endpoint->name_space) != index) continue;
    endpoint->for_each([&](Connection& connection) {
      const IdentityPtr& identity = connection.identity();
      if (!identity || (!by.empty() && identity->authenticator() != by) || !names.names.contains(identity->name()))
        return;
      shard.count(metrics.revoked_clients, 1);
      connection.revoke(TRELLIS_CLOSE_EXPIRED);
    });
  }
}

void ShardContext::on_housekeeping(Timer& timer) {
  auto& self = static_cast<Housekeeping&>(timer);
  ShardContext& context = self.context;
  context.watch_memory();
  std::int64_t connections = 0;
  for (const auto& endpoint : context.endpoints) {
    connections += static_cast<std::int64_t>(endpoint->size());
    // While memory is short everybody may read once in a while, so that acknowledgements still get through.
    DeferredList due;
    due.swap(endpoint->waiting_publishers);
    while (Deferred* item = due.pop()) item->run_deferred();
  }
  context.shard.count(context.connections_, connections - std::exchange(context.told_connections_, connections));
  const bool more_to_free = context.epochs.collect();
  if (context.shard.index() == 0) context.router.sweep_retained();
  if (++self.turns % kLookTurns == 0) {
    for (const auto& endpoint : context.endpoints) {
      if (!endpoint->layers.empty()) endpoint->for_each([](Connection& connection) { connection.look(); });
    }
  }
  if (self.turns % kSlowTurns == 0) {
    context.router.subscribers().shrink_queues();
    if (context.shard.index() == 0) {
      context.shard.count(context.metrics.log_lines_dropped, static_cast<std::int64_t>(log::take_dropped_lines()));
    }
    std::erase_if(context.endpoints, [](const auto& endpoint) { return endpoint.use_count() == 1; });
  }
  context.shard.arm(timer, more_to_free ? 1 : kHousekeepingMs);
}

}  // namespace trellis::kernel
