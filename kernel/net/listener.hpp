// Accepting connections: one listening socket per address and shard.
#pragma once

#include <memory>
#include <trellis/runtime/address.hpp>

#include "message/runtime.hpp"
#include "net/endpoint.hpp"

namespace trellis::kernel {

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
