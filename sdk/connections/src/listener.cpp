#include <unistd.h>

#include <trellis/connections/connection.hpp>
#include <trellis/connections/listener.hpp>
#include <trellis/runtime/log.hpp>

namespace trellis::connections {

Listener::Listener(Shard& shard, int fd, std::shared_ptr<Endpoint> endpoint)
    : endpoint_(std::move(endpoint)),
      acceptor_(shard, fd,
                {[this](int accepted_fd, const Address& peer) { accepted(accepted_fd, peer); },
                 [this](std::string_view why) { rests(why); }}) {
  acceptor_.await_first_bytes(endpoint_->client_begins());
}

void Listener::replace_endpoint(std::shared_ptr<Endpoint> endpoint) {
  endpoint_ = std::move(endpoint);
  acceptor_.await_first_bytes(endpoint_->client_begins());
}

void Listener::accepted(int fd, const Address& peer) {
  ListenerState& state = *endpoint_->listener;
  const bool room = state.own.enter();
  if (!room || !state.all->enter()) {
    if (room) state.own.leave();
    const ConnectionMetrics& metrics = *endpoint_->metrics;
    endpoint_->shard().count(room ? metrics.refused_by_process : metrics.refused_by_listener, 1);
    ::close(fd);
    return;
  }
  // The system's choice of a socket is by chance: few clients could all be on one shard.
  const std::uint32_t here = endpoint_->shard().index();
  const std::uint32_t shard = state.load.place(here);
  auto target = shard == here ? endpoint_ : endpoint_->sibling(shard);
  if (target == nullptr) {  // it is gone there
    state.load.move(shard, here);
    target = endpoint_;
  }
  Connection::arrive(std::move(target), fd, peer.loopback() ? TRELLIS_CONNECTION_LOOPBACK : 0, PeerAddress(peer));
}

void Listener::rests(std::string_view why) {
  log::warn("net", "cannot accept a connection: " + std::string(why) + "; trying again in 100 ms",
            {{"listener", endpoint_->listener->name}});
  endpoint_->shard().count(endpoint_->metrics->refused_descriptors, 1);
}

}  // namespace trellis::connections
