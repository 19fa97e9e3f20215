// The layers of one connection: bytes pass through them between socket and protocol.
#pragma once

#include <memory>
#include <trellis/connections/endpoint.hpp>
#include <trellis/runtime/outbox.hpp>

namespace trellis::connections {

/// Index 0 is next to the socket. Belongs to its connection.
class LayerStack {
 public:
  explicit LayerStack(Connection& connection) noexcept : connection_(&connection) {}
  ~LayerStack();
  /// Continues on another shard, which has the same layers under other shard states.
  void rebind(Connection& connection, const std::vector<LayerBinding>& bindings) noexcept;

  /// Further layers above those that are there; false when one refuses.
  bool extend(const std::vector<LayerBinding>& bindings);
  std::size_t size() const noexcept { return entries_.size(); }

  /// From the layer `first` upwards, 0 being next to the socket; false when a layer gave up.
  bool input(std::size_t first, const void* data, std::size_t size);
  /// From the protocol downwards: the first bytes of what was written.
  bool output(std::size_t most);
  void shutdown();
  bool secure() const noexcept;
  /// Whether all of them let the connection go on.
  bool look();
  std::string_view fact(std::string_view name) const;
  /// The client's certificates (TRELLIS_FACT_CLIENT_CHAIN) and whether the layer that knows them verified them.
  std::string_view client_chain(bool& verified) const;
  /// The host the client asked for, as the lowest layer knows it: where connections are encrypted, its certificate was
  /// judged by the rules of that host, so no name given later counts.
  std::string_view host() const;

  // What a layer hands on goes to its neighbour.
  void up(const void* data, std::size_t size);
  void down(const void* data, std::size_t size);
  void ready();

  Outbox plain;  // written by the protocol, not yet encoded

 private:
  struct Entry {
    LayerBinding binding;
    void* user;
  };
  static std::string_view fact_of(const Entry& entry, std::string_view name);
  Connection* connection_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;  // the layer that is being called
  bool failed_ = false;
};

}  // namespace trellis::connections
