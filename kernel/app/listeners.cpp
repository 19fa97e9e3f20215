// Listeners of the running broker: bound first, then served, at last closed.

#include <unistd.h>

#include <algorithm>
#include <trellis/runtime/listening_sockets.hpp>
#include <trellis/runtime/log.hpp>

#include "app/broker.hpp"
#include "message/runtime.hpp"

namespace trellis::kernel {

std::vector<std::shared_ptr<ListenerEndpoint>> Broker::make_endpoints(const ListenerSettings& settings,
                                                                      std::shared_ptr<ListenerState> state) {
  const auto space = std::find_if(settings_.namespaces.begin(), settings_.namespaces.end(),
                                  [&](const NamespaceSettings& n) { return n.name == settings.name_space; });
  auto family = std::make_shared<std::vector<std::weak_ptr<Endpoint>>>();
  std::vector<std::shared_ptr<ListenerEndpoint>> endpoints;
  for (const auto& context : shards_) {
    const std::uint32_t shard = context->shard.index();
    auto endpoint = std::make_shared<ListenerEndpoint>(*context, family);
    const auto keep = [&](const std::string& name) -> Instance& {
      endpoint->keeps.push_back(instances_.at(name));
      return *instances_.at(name);
    };
    const Instance& protocol = keep(settings.protocol);
    endpoint->listener = state;
    endpoint->name_space = static_cast<std::uint32_t>(space - settings_.namespaces.begin());
    endpoint->protocol = protocol.table<trellis_protocol>(TRELLIS_PROTOCOL);
    endpoint->protocol_shard = protocol.shard_state(shard);
    for (const std::string& name : settings.layers) {
      const Instance& layer = keep(name);
      endpoint->layers.push_back({layer.table<trellis_layer>(TRELLIS_LAYER), layer.shard_state(shard)});
    }
    for (const auto& [path, name] : settings.services) {
      const Instance& service = keep(name);
      endpoint->services.push_back({path, service.table<trellis_service>(TRELLIS_SERVICE), service.shard_state(shard)});
    }
    endpoint->limits.output_bytes = settings.output_bytes;
    endpoint->limits.close_ms = settings.close_ms;
    endpoint->metrics = &ids_.connections;
    endpoints.push_back(std::move(endpoint));
  }
  family->assign(endpoints.begin(), endpoints.end());
  return endpoints;
}

BoundSockets::~BoundSockets() {
  for (const auto& of_address : sockets) {
    for (const int fd : of_address) ::close(fd);
  }
}

// The port of a listener that is about to go is not taken: it goes on under another name, or on another address.
std::optional<BoundSockets> Broker::bind_sockets(const ListenerSettings& settings,
                                                 const std::vector<std::uint16_t>& leaving, std::string& error) const {
  std::vector<Address> addresses = resolve(settings.address, error);
  if (addresses.empty() && settings.address_is_secret) error = "the host of its address cannot be resolved";
  BoundSockets bound;
  for (Address& address : addresses) {
    if (!bound.sockets.empty()) address.set_port(addresses.front().port());
    const bool ours = std::ranges::find(leaving, address.port()) != leaving.end();
    bound.sockets.push_back(open_listening_sockets(address, shards_.size(), ours, error));
    if (bound.sockets.back().empty()) break;
    if (bound.address.empty()) bound.address = address.text();
    bound.port = address.port();
  }
  if (!bound.sockets.empty() && !bound.sockets.back().empty()) return bound;
  error = "listener '" + settings.name + "': " + error;
  return std::nullopt;
}

std::shared_ptr<Broker::RunningListener> Broker::serve(const ListenerSettings& settings, BoundSockets bound) {
  auto listener = std::make_shared<RunningListener>();
  listener->settings = settings;
  listener->bound = bound.address;
  listener->port = bound.port;
  listener->state = std::make_shared<ListenerState>();
  listener->state->name = settings.name;
  listener->state->index = next_listener_++;
  listener->state->own.limit = settings.connections;
  listener->state->all = connections_;
  listener->endpoints = make_endpoints(settings, listener->state);
  const auto sockets = std::exchange(bound.sockets, {});
  on_each_shard([&](ShardContext& context) {
    const std::uint32_t shard = context.shard.index();
    const auto& endpoint = listener->endpoints[shard];
    for (const auto& of_address : sockets) {
      context.listeners.push_back(std::make_unique<Listener>(context.shard, of_address[shard], endpoint));
    }
    context.endpoints.push_back(endpoint);
  });
  log::info("app", "listening",
            {{"listener", settings.name}, {"address", listener->bound}, {"protocol", settings.protocol}});
  return listener;
}

// Accepts nobody any more and says goodbye to who is there.
void Broker::close_listener(RunningListener& listener, std::uint8_t reason) {
  on_each_shard([&](ShardContext& context) {
    const auto& endpoint = listener.endpoints[context.shard.index()];
    std::erase_if(context.listeners, [&](const auto& item) { return &item->endpoint() == endpoint.get(); });
    endpoint->for_each([reason](Connection& connection) { connection.drain(reason); });
  });
}

void Broker::replace_endpoints(RunningListener& listener, const ListenerSettings& settings) {
  auto old = std::move(listener.endpoints);
  listener.settings = settings;
  listener.state->own.limit = settings.connections;
  listener.endpoints = make_endpoints(settings, listener.state);
  on_each_shard([&](ShardContext& context) {
    const std::uint32_t shard = context.shard.index();
    for (const auto& item : context.listeners) {
      if (&item->endpoint() == old[shard].get()) item->replace_endpoint(listener.endpoints[shard]);
    }
    context.endpoints.push_back(listener.endpoints[shard]);
  });
}

}  // namespace trellis::kernel
