#include "app/endpoints.hpp"

#include <algorithm>
#include <trellis/connections/front.hpp>

namespace trellis::kernel {
namespace {

class EndpointBuilder {
 public:
  EndpointBuilder(const Settings& settings, const ListenerSettings& listener, const Instances& instances,
                  const Domains& domains, std::shared_ptr<ListenerState> state);
  Endpoints build(ShardContext& context);

 private:
  using Node = std::shared_ptr<ListenerEndpoint>;
  using Names = std::vector<std::string>;

  Node node(const Names& layers);
  Node front(Names layers, std::size_t common);
  std::vector<Choice> choices(const Names& layers, std::size_t common);
  Node spoken(Names layers, const SpokenSettings& what);
  Node leaf(const Names& layers, const SpokenSettings& what);
  Node leaf_of(const Names& layers, const SpokenSettings& what, std::uint32_t name_space);
  Choice choice(const std::string& layer_or_protocol, Node where) const;
  bool optional(std::size_t common) const;
  std::uint32_t shard() const noexcept { return context_->shard.index(); }

  const Settings& settings_;
  const ListenerSettings& listener_;
  const Instances& instances_;
  std::shared_ptr<ListenerState> state_;
  std::shared_ptr<HostNames<Host>> hosts_;
  std::vector<std::shared_ptr<std::vector<std::weak_ptr<Endpoint>>>> families_;  // by node
  std::vector<Node> nodes_;
  ShardContext* context_ = nullptr;
};

EndpointBuilder::EndpointBuilder(const Settings& settings, const ListenerSettings& listener, const Instances& instances,
                                 const Domains& domains, std::shared_ptr<ListenerState> state)
    : settings_(settings), listener_(listener), instances_(instances), state_(std::move(state)) {
  auto hosts = std::make_shared<HostNames<Host>>();
  for (std::uint32_t i = 0; i < settings.namespaces.size(); ++i) {
    for (const std::string& host : settings.namespaces[i].hosts) hosts->add(host, {i, nullptr});
    for (const std::string& name : settings.namespaces[i].custom_domains) hosts->add(name, {i, domains.find(name)});
  }
  if (!hosts->empty()) hosts_ = std::move(hosts);
}

Endpoints EndpointBuilder::build(ShardContext& context) {
  context_ = &context;
  nodes_.clear();
  const bool plain = listener_.layers.empty() && listener_.serves.size() == 1 && listener_.serves[0].layers.empty();
  if (plain) {
    leaf({}, listener_.serves[0]);
  } else {
    front({}, 0);
  }
  return std::move(nodes_);
}

EndpointBuilder::Node EndpointBuilder::node(const Names& layers) {
  const std::size_t index = nodes_.size();
  if (families_.size() <= index) families_.push_back(std::make_shared<std::vector<std::weak_ptr<Endpoint>>>());
  auto& family = *families_[index];
  family.resize(std::max<std::size_t>(family.size(), shard() + 1));
  auto made = std::make_shared<ListenerEndpoint>(*context_, families_[index]);
  family[shard()] = made;
  made->listener = state_;
  made->hosts = hosts_;
  made->homes = &context_->router.homes();
  made->handshakes = &context_->handshakes;
  made->limits = {listener_.output_bytes, listener_.close_ms, listener_.handshake_ms};
  made->metrics = &context_->metrics.connections;
  for (const std::string& name : layers) {
    const auto& instance = made->keep(instances_.at(name));
    made->layers.push_back({instance.kind_table<trellis_layer>(), instance.kind_shard(shard())});
  }
  nodes_.push_back(made);
  return made;
}

bool EndpointBuilder::optional(std::size_t common) const {
  return std::ranges::find(listener_.optional_layers, listener_.layers[common]) != listener_.optional_layers.end();
}

// `layers` are open; of the listener's own those from `common` on are not.
EndpointBuilder::Node EndpointBuilder::front(Names layers, std::size_t common) {
  for (; common < listener_.layers.size() && !optional(common); ++common) layers.push_back(listener_.layers[common]);
  const Node made = node(layers);
  made->protocol = &front_protocol();
  made->protocol_shard = static_cast<Endpoint*>(made.get());
  made->answers_requests = listener_.serves_requests();
  made->choices = choices(layers, common);
  for (const Choice& one : made->choices) {
    one.endpoint->before = made;
    for (const auto& other : one.endpoint->for_namespace) {
      if (other != nullptr) other->before = made;
    }
  }
  return made;
}

std::vector<Choice> EndpointBuilder::choices(const Names& layers, std::size_t common) {
  std::vector<Choice> found;
  Names more = layers;
  if (common < listener_.layers.size()) {
    more.push_back(listener_.layers[common]);
    found.push_back(choice(more.back(), front(more, common + 1)));
    if (!optional(common)) return found;
    for (Choice& other : choices(layers, common + 1)) found.push_back(std::move(other));
    return found;
  }
  for (const SpokenSettings& one : listener_.serves) {
    found.push_back(choice(one.layers.empty() ? one.protocol : one.layers[0], spoken(layers, one)));
  }
  return found;
}

// Its own layers are opened together; the namespace may show while they are agreed, so the protocol comes after.
EndpointBuilder::Node EndpointBuilder::spoken(Names layers, const SpokenSettings& what) {
  if (what.layers.empty()) return leaf(layers, what);
  layers.insert(layers.end(), what.layers.begin(), what.layers.end());
  const Node made = node(layers);
  made->protocol = &front_protocol();
  made->protocol_shard = static_cast<Endpoint*>(made.get());
  made->answers_requests = !what.services.empty();
  made->choices.push_back({nullptr, nullptr, leaf(layers, what)});
  return made;
}

EndpointBuilder::Node EndpointBuilder::leaf(const Names& layers, const SpokenSettings& what) {
  const auto& spaces = settings_.namespaces;
  const auto own = std::ranges::find(spaces, listener_.name_space, &NamespaceSettings::name);
  const Node made = leaf_of(layers, what, static_cast<std::uint32_t>(own - spaces.begin()));
  for (std::uint32_t i = 0; i < spaces.size() && hosts_ != nullptr; ++i) {
    const bool none = spaces[i].hosts.empty() && spaces[i].custom_domains.empty();
    made->for_namespace.push_back(none ? nullptr : leaf_of(layers, what, i));
  }
  return made;
}

EndpointBuilder::Node EndpointBuilder::leaf_of(const Names& layers, const SpokenSettings& what,
                                               std::uint32_t name_space) {
  const Node made = node(layers);
  const Instance& protocol = made->keep(instances_.at(what.protocol));
  made->name_space = name_space;
  made->protocol = protocol.kind_table<trellis_protocol>();
  made->protocol_shard = protocol.kind_shard(shard());
  made->answers_requests = !what.services.empty();
  for (const auto& [path, name] : what.services) {
    const Instance& service = made->keep(instances_.at(name));
    made->services.push_back(
        {path, service.kind_table<trellis_service>(), service.kind_shard(shard()), service.timeouts()});
  }
  return made;
}

Choice EndpointBuilder::choice(const std::string& name, Node where) const {
  const Instance& instance = *instances_.at(name);
  void* const state = instance.kind_shard(shard());
  const bool layer = instance.kind() == TRELLIS_KIND_LAYER;
  const auto recognise =
      layer ? instance.kind_table<trellis_layer>()->recognise : instance.kind_table<trellis_protocol>()->recognise;
  return {recognise, state, std::move(where)};
}

}  // namespace

std::vector<Endpoints> make_endpoints(const Settings& settings, const ListenerSettings& listener,
                                      const Instances& instances, const Domains& domains,
                                      const std::shared_ptr<ListenerState>& state,
                                      const std::vector<std::unique_ptr<ShardContext>>& shards) {
  EndpointBuilder builder(settings, listener, instances, domains, state);
  std::vector<Endpoints> by_shard;
  for (const auto& context : shards) by_shard.push_back(builder.build(*context));
  return by_shard;
}

}  // namespace trellis::kernel
