// Accepting connections: one listening socket per address and shard.
#pragma once

#include <memory>
#include <string>
#include <trellis/runtime/address.hpp>
#include <vector>

#include "message/runtime.hpp"
#include "net/endpoint.hpp"

namespace trellis::kernel {

/// Opens sockets that listen on an address, one per shard (SO_REUSEPORT). With port 0 the first decides the port.
/// Empty with error set when that fails, as when somebody listens there already, unless that is `ours` and about to go.
/// The address is updated to what was bound.
std::vector<int> open_listening_sockets(Address& address, std::size_t shards, bool ours, std::string& error);

/// One listening socket on one shard. Members are for that shard's thread.
class Listener final : public Pollable {
 public:
  Listener(Shard& shard, int fd, std::shared_ptr<Endpoint> endpoint);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Further connections belong to another endpoint (after a reload).
  void replace_endpoint(std::shared_ptr<Endpoint> endpoint) { endpoint_ = std::move(endpoint); }
  Endpoint& endpoint() noexcept { return *endpoint_; }

  void on_ready(std::uint32_t events) override;

 private:
  bool accept_one();
  void rest();

  struct Retry final : Timer {
    explicit Retry(Listener& owner) : Timer(&Listener::on_retry), listener(owner) {}
    Listener& listener;
  };
  static void on_retry(Timer& timer);

  Shard& shard_;
  int fd_;
  std::shared_ptr<Endpoint> endpoint_;
  Retry retry_;
};

}  // namespace trellis::kernel
