// Everything that belongs to one shard, in one place.
#pragma once

#include <memory>
#include <trellis/connections/listener.hpp>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/keeping/kept_records.hpp>
#include <trellis/runtime/inbound_rules.hpp>
#include <vector>

#include "app/dials.hpp"
#include "app/expected_delivery.hpp"
#include "app/recheck.hpp"
#include "app/service_requests.hpp"
#include "identity/authentication.hpp"
#include "names.hpp"
#include "route/router.hpp"

namespace trellis::kernel {

struct KernelMetrics {
  explicit KernelMetrics(Metrics& metrics);
  ConnectionMetrics connections;
  OutboundMetrics outbound;
  AuthenticationMetrics authentication;
  KeeperMetrics keeper;
  MetricId takeovers, revoked_clients, revoked_subscribers, requests, requests_late, requests_misdirected,
      requests_forbidden, deliveries_late, log_lines_dropped, memory, reloads, reloads_refused;
};

/// Whether publishers must wait; decided by one shard, read by all.
struct MemoryWatch {
  std::atomic<std::uint64_t> limit{0};
  std::atomic<bool> short_of_memory{false};
};

class ShardContext;

/// A listener on one shard with what dispatching requests needs.
class ListenerEndpoint final : public Endpoint {
 public:
  struct Mount {
    std::string path;
    const trellis_service* table;
    void* shard_state;
    MetricId timeouts;  // counts its own
  };
  ListenerEndpoint(ShardContext& home, std::shared_ptr<const std::vector<std::weak_ptr<Endpoint>>> family);
  void forget(Connection& connection) override;
  std::shared_ptr<Endpoint> sibling(std::uint32_t shard_index) override;
  bool admits(Connection& connection) override;
  bool short_of_memory() noexcept override;
  void reidentified(Connection& connection) override;
  ShardContext& home() const noexcept { return home_; }

  const Instance& keep(std::shared_ptr<Instance> instance) { return *keeps_.emplace_back(std::move(instance)); }

  std::vector<Mount> services;
  bool answers_requests = false;      // or may come to: it is drained after the others
  const Instance* dialler = nullptr;  // who made the connection

 private:
  ShardContext& home_;
  std::shared_ptr<const std::vector<std::weak_ptr<Endpoint>>> family_;  // by shard
  std::vector<std::shared_ptr<Instance>> keeps_;                        // it speaks through
};

/// Made and destroyed on the control thread while the shard does not run; everything else on the shard's thread.
class ShardContext {
 public:
  ShardContext(std::uint32_t index, Metrics& metrics, Epochs& epochs, Routers& routers, const KernelMetrics& ids,
               MemoryWatch& memory, runtime::Resolver& resolver, std::shared_ptr<ListenerState> outbound);
  ~ShardContext();

  static ShardContext& of(Shard& shard) noexcept;

  void start_housekeeping();
  void watch_memory();
  /// Whether clients of a namespace may come from where this one does; who may not is seen in the log.
  bool admits(const Connection& connection, std::uint32_t name_space);
  /// Clients that would not be let in any more are cut off.
  void set_inbound(std::uint32_t name_space, const InboundRules& rules);
  /// Clients of these names are cut off; by: whoever allowed them, anybody where it is empty.
  void revoke(const Names& names, std::string_view by);

  Shard shard;
  const KernelMetrics& metrics;
  MemoryWatch& memory;
  Epochs& epochs;
  PluginTimers timers;
  Keeper keeper;
  Router router;
  Recheck recheck{shard, router, metrics.revoked_subscribers};
  Authentication authentication;
  ServiceRequests requests;
  HandshakeBudget handshakes{shard};
  Awaited<ExpectedDelivery> expected_deliveries{shard, &ExpectedDelivery::late};
  Dials dials;
  std::vector<std::shared_ptr<const AuthenticationChain>> chains;  // by namespace
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::shared_ptr<ListenerEndpoint>> endpoints;  // those with listeners, and older ones with connections

 private:
  struct Housekeeping;
  static void on_housekeeping(Timer& timer);
  std::unique_ptr<Housekeeping> housekeeping_;
  std::vector<InboundRules> inbound_;  // by namespace
  std::int64_t told_memory_ = 0;       // as the metric has it
  MetricId connections_;               // of this shard
  std::int64_t told_connections_ = 0;
};

/// Finds the service a request is for and asks it; who asks the wrong host is told so. As dispatch() of the contract.
void dispatch_request(trellis_connection* handle, const trellis_request* request, void* request_user);

// As the contract's, of what authenticators and authorizers may ask.
void revoke_clients(trellis_host* host, trellis_view name_space, const trellis_view* names, std::uint32_t count);
trellis_status admit_client(trellis_connection* handle, trellis_view client_id, trellis_client_limits* limits,
                            trellis_error* error);
const trellis_host_authorizer& authorizer_table();
const trellis_host_queue& queue_table();
const trellis_host_store& store_table();

/// Adds to services.tables those that need more than the plugin room: publish, subscribers, identities, services,
/// handlers, stages.
void add_broker_tables(HostServices& services);

}  // namespace trellis::kernel
