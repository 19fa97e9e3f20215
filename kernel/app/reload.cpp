// Changing the configuration of a running broker: start what is new beside what runs, switch over, retire the old.

#include <algorithm>
#include <trellis/runtime/log.hpp>

#include "app/broker.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

std::vector<std::string> namespace_names(const Settings& settings) {
  std::vector<std::string> names;
  for (const NamespaceSettings& space : settings.namespaces) names.push_back(space.name);
  return names;
}

bool alike(const NamespaceSettings& one, const NamespaceSettings& other) {
  return one.hosts == other.hosts && one.custom_domains == other.custom_domains;
}

bool owns_clients(const Instance& instance) {
  return instance.kind() == TRELLIS_KIND_PROTOCOL || instance.kind() == TRELLIS_KIND_LAYER;
}

bool continues(const ListenerSettings& running, const ListenerSettings& wanted) {
  return running.name == wanted.name && running.address == wanted.address;
}

}  // namespace

bool Broker::changed(const std::string& name, const Instances& old) const {
  const auto before = old.find(name);
  const auto now = instances_.find(name);
  return before == old.end() || now == instances_.end() || before->second != now->second;
}

bool Broker::uses_changed(const ListenerSettings& listener, const Instances& old) const {
  const auto is_new = [&](const std::string& name) { return changed(name, old); };
  return std::ranges::any_of(listener.layers, is_new) ||
         std::ranges::any_of(listener.serves, [&](const SpokenSettings& one) {
           return is_new(one.protocol) || std::ranges::any_of(one.layers, is_new) ||
                  std::ranges::any_of(one.services, [&](const auto& mount) { return is_new(mount.second); });
         });
}

bool Broker::apply(Loaded next, std::string& error) {
  if (next.settings.shards != settings_.shards) {
    error = "\"shards\" is read at start only; restart the broker to change it";
    return false;
  }
  if (namespace_names(next.settings) != namespace_names(settings_)) {
    error = "namespaces cannot be added or removed while running; restart the broker";
    return false;
  }
  if (next.settings.store != settings_.store ||
      (!settings_.store.empty() && next.instances.at(settings_.store) != instances_.at(settings_.store))) {
    error = "\"store\" and the settings of its plugin are read at start only; restart the broker to change them";
    return false;
  }
  // All that can fail comes first: until here nothing that runs has been touched.
  auto sockets = bind_new_listeners(next.settings, error);
  if (!sockets) return false;
  if (!prepare_resources(next, error) || !start_instances(next.instances, instances_, error)) {
    give_up(next.instances);
    return false;
  }
  const Instances old = std::exchange(instances_, std::move(next.instances));
  const Settings before = std::exchange(settings_, std::move(next.settings));
  error = apply_resources(*next.resources);
  if (!error.empty()) log::error("app", error);  // it was judged before
  apply_limits();
  apply_outbound();
  apply_policies();
  tell_of_lenders();
  apply_listeners(std::move(*sockets), old,
                  before.custom_domain_check == settings_.custom_domain_check &&
                      std::ranges::equal(before.namespaces, settings_.namespaces, alike));
  retire(old, instances_);
  const auto made = std::ranges::count_if(instances_, [&](const auto& one) { return changed(one.first, old); });
  log::info("app", "reloaded", {{"plugins_started", std::to_string(made)}});
  return true;
}

// Whether the files fit what is kept besides, in the words and within the bounds of those who come.
bool Broker::prepare_resources(const Loaded& next, std::string& error) {
  Instances fresh = next.instances;
  std::erase_if(fresh, [this](const auto& one) {
    const auto running = instances_.find(one.first);
    return running != instances_.end() && running->second == one.second;
  });
  for (const auto& [name, instance] : instances_) {
    if (changed(name, next.instances)) instance->leave(resources_);
  }
  error = declare_resources(fresh);
  if (!error.empty()) return false;
  const hosting::Together together(services_, next.instances);
  const auto outcome = resources_.plan(next.resources->plan(resources_), resources::Origin::files);
  if (!outcome.ok()) error = "resources: " + sentence(outcome.failures[0].what);
  return outcome.ok();
}

std::optional<Broker::NewSockets> Broker::bind_new_listeners(const Settings& next, std::string& error) const {
  std::vector<std::uint16_t> leaving;
  for (const auto& listener : listeners_) {
    const bool stays = std::ranges::any_of(
        next.listeners, [&](const ListenerSettings& wanted) { return continues(listener->settings, wanted); });
    if (!stays) leaving.push_back(listener->port);
  }
  NewSockets sockets;
  for (const ListenerSettings& wanted : next.listeners) {
    if (std::ranges::any_of(listeners_, [&](const auto& listener) { return continues(listener->settings, wanted); }))
      continue;
    auto bound = bind_sockets(wanted, leaving, error);
    if (!bound) return std::nullopt;
    sockets.emplace(wanted.name, std::move(*bound));
  }
  return sockets;
}

void Broker::apply_listeners(NewSockets sockets, const Instances& old, bool same_hosts) {
  std::vector<std::shared_ptr<RunningListener>> kept;
  for (const auto& listener : listeners_) {
    const auto wanted = std::ranges::find_if(
        settings_.listeners, [&](const ListenerSettings& s) { return continues(listener->settings, s); });
    if (wanted == settings_.listeners.end()) {
      log::info("app", "listener removed", {{"listener", listener->settings.name}});
      close_listener(*listener, TRELLIS_CLOSE_REMOVED);
      continue;
    }
    const bool same = same_hosts && *wanted == listener->settings && !uses_changed(*wanted, old);
    if (!same) replace_endpoints(*listener, *wanted);
    kept.push_back(listener);
  }
  listeners_ = std::move(kept);
  for (const ListenerSettings& wanted : settings_.listeners) {
    const auto bound = sockets.find(wanted.name);
    if (bound != sockets.end()) listeners_.push_back(serve(wanted, std::move(bound->second)));
  }
}

// None of the new ones serves anybody yet.
void Broker::give_up(const Instances& made) {
  resources_.stay();
  for (const auto& [name, instance] : made) {
    const auto running = instances_.find(name);
    if (running != instances_.end() && running->second == instance) continue;
    on_each_shard([&, &unwanted = *instance](ShardContext& context) {
      context.dials.end(unwanted);
      unwanted.close_shard(context.shard);
    });
    instance->withdraw_from(resources_);
    instance->stop();
    retired_.push_back(instance);  // something it posted may be under way
  }
}

// Instances that serve clients live on until the broker stops: connections and sessions may still be theirs. The
// others are kept as well, drained, since an answer of theirs may be under way.
void Broker::retire(const Instances& instances, const Instances& but) {
  for (const auto& [name, instance] : instances) {
    const auto kept = but.find(name);
    if (kept != but.end() && kept->second == instance) continue;
    instance->withdraw_from(resources_);
    if (!owns_clients(*instance)) instance->drain(settings_.drain_ms);
    retired_.push_back(instance);
  }
}

}  // namespace trellis::kernel
