// Listeners of the running broker: bound first, then served, at last closed.

#include <algorithm>
#include <trellis/runtime/log.hpp>

#include "app/broker.hpp"
#include "app/endpoints.hpp"
#include "names.hpp"

namespace trellis::kernel {

// The port of a listener that is about to go is not taken: it goes on under another name, or on another address.
std::optional<ListeningSockets> Broker::bind_sockets(const ListenerSettings& settings,
                                                     const std::vector<std::uint16_t>& leaving,
                                                     std::string& error) const {
  auto sockets = ListeningSockets::open(settings.address, {shards_.size(), settings.backlog, leaving}, error);
  // A name that cannot be resolved is quoted; what was bound to is no secret.
  if (!sockets && settings.address_is_secret) error = schema::conceal(error, {'"' + settings.address + '"'});
  if (!sockets) error = "listener '" + settings.name + "': " + error;
  return sockets;
}

std::shared_ptr<Broker::RunningListener> Broker::serve(const ListenerSettings& settings, ListeningSockets sockets) {
  auto listener = std::make_shared<RunningListener>();
  listener->settings = settings;
  listener->bound = sockets.address();
  listener->port = sockets.port();
  listener->state = std::make_shared<ListenerState>(static_cast<std::uint32_t>(shards_.size()));
  listener->state->name = settings.name;
  listener->state->own.limit = settings.connections;
  listener->state->all = connections_;
  const auto bound = sockets.take();
  const auto by_shard = make_endpoints(settings_, settings, instances_, domains_, listener->state, shards_);
  on_each_shard([&](ShardContext& context) {
    const std::uint32_t shard = context.shard.index();
    const Endpoints& endpoints = by_shard[shard];
    for (const auto& of_address : bound) {
      context.listeners.push_back(std::make_unique<Listener>(context.shard, of_address[shard], endpoints[0]));
    }
    context.endpoints.insert(context.endpoints.end(), endpoints.begin(), endpoints.end());
  });
  log::info("app", "listening", {{"listener", settings.name}, {"address", listener->bound}});
  return listener;
}

// Accepts nobody any more and says goodbye to who is there.
void Broker::close_listener(RunningListener& listener, std::uint8_t reason) {
  forget_socket_file(std::exchange(listener.bound, ""));
  on_each_shard([&](ShardContext& context) {
    std::erase_if(context.listeners, [&](const auto& item) { return item->endpoint().listener == listener.state; });
    for (const auto& endpoint : context.endpoints) {
      if (endpoint->listener != listener.state) continue;
      endpoint->for_each([reason](Connection& connection) { connection.drain(reason); });
    }
  });
}

void Broker::replace_endpoints(RunningListener& listener, const ListenerSettings& settings) {
  listener.settings = settings;
  listener.state->own.limit = settings.connections;
  const auto by_shard = make_endpoints(settings_, settings, instances_, domains_, listener.state, shards_);
  on_each_shard([&](ShardContext& context) {
    const Endpoints& endpoints = by_shard[context.shard.index()];
    for (const auto& item : context.listeners) {
      if (item->endpoint().listener == listener.state) item->replace_endpoint(endpoints[0]);
    }
    for (const auto& old : context.endpoints) {  // no request is answered by services and rules of before for long
      if (old->listener != listener.state || old->protocol->on_response == nullptr) continue;
      old->for_each([](Connection& connection) { connection.drain(TRELLIS_CLOSE_REMOVED); });
    }
    context.endpoints.insert(context.endpoints.end(), endpoints.begin(), endpoints.end());
  });
}

}  // namespace trellis::kernel
