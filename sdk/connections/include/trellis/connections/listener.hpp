// Where connections arrive: one listening socket per address and shard.
#pragma once

#include <memory>
#include <trellis/connections/endpoint.hpp>
#include <trellis/runtime/acceptor.hpp>

namespace trellis::connections {

/// One listening socket on one shard: opens the connections there is room for. Members are for that shard's thread.
class Listener {
 public:
  Listener(Shard& shard, int fd, std::shared_ptr<Endpoint> endpoint);

  /// Further connections belong to another endpoint (after a reload).
  void replace_endpoint(std::shared_ptr<Endpoint> endpoint);
  Endpoint& endpoint() noexcept { return *endpoint_; }

 private:
  void accepted(int fd, const Address& peer);
  void rests(std::string_view why);

  std::shared_ptr<Endpoint> endpoint_;
  Acceptor acceptor_;
};

}  // namespace trellis::connections
