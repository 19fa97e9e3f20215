// One listener on one shard as its connections see it: who speaks on them and within which limits.
#pragma once

#include <trellis/abi/connection.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <trellis/host_names.hpp>
#include <trellis/runtime/domains.hpp>
#include <trellis/runtime/handshake_budget.hpp>
#include <trellis/runtime/homes.hpp>
#include <trellis/runtime/places.hpp>
#include <trellis/runtime/shard.hpp>
#include <trellis/runtime/shard_load.hpp>
#include <vector>

namespace trellis::connections {

using namespace trellis::runtime;

class Connection;

struct LayerBinding {
  const trellis_layer* table;
  void* shard_state;
};

struct ConnectionLimits {
  std::size_t output_bytes = 256 * 1024;  // above it nothing is delivered; at twice that reading stops
  std::uint64_t close_ms = 5000;          // how long closing may wait for the peer to take its output
  std::uint64_t handshake_ms = 10000;     // until layers and protocol are known and done with each other
};

/// What all shards' endpoints of one listener share. [any]
struct ListenerState {
  explicit ListenerState(std::uint32_t shards = 1) : load(shards) {}
  std::string name;
  Places own;  // a connection keeps its place while it moves between shards
  std::shared_ptr<Places> all = std::make_shared<Places>();  // of every listener
  ShardLoad load;                                            // its connections; those under way count where they go
  void leave(std::uint32_t shard) noexcept {
    load.remove(shard);
    own.leave();
    all->leave();
  }
};

struct ConnectionMetrics {
  MetricId open, opened, refused_by_listener, refused_by_process, refused_descriptors, refused_memory, refused_address,
      bytes_received, bytes_sent, reads_paused, reads_held, unrecognised, handshake_timeouts;
};

/// A name clients ask for.
struct Host {
  std::uint32_t name_space;
  std::shared_ptr<const Domains::Domain> domain;  // which it counts as; null: it needs no proof
  bool counts() const noexcept { return domain == nullptr || domain->approved; }
};

class Endpoint;

/// What a connection may turn out to speak.
struct Choice {
  std::uint32_t (*recognise)(void* shard, const std::uint8_t* data, std::size_t size);  // null: everything
  void* shard_state;
  std::shared_ptr<Endpoint> endpoint;  // where it goes on
};

/// Kept alive by its connections. Belongs to one shard.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// The protocol was told that the connection is gone: upper rooms forget what they knew about it. May come twice.
  virtual void forget(Connection& connection) = 0;
  /// The same listener on another shard, or null when it is gone there. [any]
  virtual std::shared_ptr<Endpoint> sibling(std::uint32_t shard_index) = 0;
  /// Whether the client may come from where it does; asked when it is known whose client it is.
  virtual bool admits(Connection& connection) = 0;
  /// Whether publishers must wait until memory is free again.
  virtual bool short_of_memory() noexcept = 0;
  /// The client authenticated anew, as somebody else or with other attributes.
  virtual void reidentified(Connection& connection) = 0;

  Shard& shard() noexcept { return *shard_; }

  /// Calls function for every connection; it may close them.
  void for_each(const std::function<void(Connection&)>& function);
  std::size_t size() const noexcept { return count_; }
  /// Whether nothing happens before the client's first bytes: they tell what it speaks, or could.
  bool client_begins() const noexcept {
    return !choices.empty() || (protocol != nullptr && protocol->recognise != nullptr);
  }
  /// The namespace that a host means to its clients; nothing where it means none.
  std::optional<std::uint32_t> namespace_of(std::string_view host) const {
    const Host* known = hosts == nullptr ? nullptr : hosts->find_exact(host);
    if (hosts != nullptr && (known == nullptr || !known->counts())) known = hosts->find_wildcard(host);
    if (known == nullptr || !known->counts()) return std::nullopt;
    return known->name_space;
  }
  /// Whether somebody claims that host without proof, and it means nothing else.
  bool unproved(std::string_view host) const {
    return hosts != nullptr && hosts->find_exact(host) != nullptr && !namespace_of(host);
  }

  std::shared_ptr<ListenerState> listener;
  std::uint32_t name_space = 0;
  const trellis_protocol* protocol = nullptr;
  void* protocol_shard = nullptr;
  std::vector<LayerBinding> layers;  // all from the socket up
  /// Not empty: what is spoken shows in the first bytes, and `protocol` is front_protocol().
  std::vector<Choice> choices;
  std::weak_ptr<Endpoint> before;  // among whose choices this is one
  /// The same for clients of other namespaces, by namespace; null where it is not served.
  std::vector<std::shared_ptr<Endpoint>> for_namespace;
  std::shared_ptr<const HostNames<Host>> hosts;  // which namespace they mean
  Homes* homes = nullptr;                        // of the subscribers
  HandshakeBudget* handshakes = nullptr;         // of the shard, where clients have choices
  std::string dialled_host;                      // where its connection was made to, if it was made from here
  std::string dialled_alpn;                      // and what is to be offered there
  std::uint32_t dialled_port = 0;
  ConnectionLimits limits;
  const ConnectionMetrics* metrics = nullptr;
  /// Connections that may not read before memory is free again; the owner lets them go on.
  DeferredList waiting_publishers;

 protected:
  explicit Endpoint(Shard& shard) : shard_(&shard) {}

 private:
  friend class Connection;
  Shard* shard_;
  Connection* first_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace trellis::connections
