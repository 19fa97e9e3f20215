#include "app/broker.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <csignal>
#include <latch>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/service_manager.hpp>

#include "app/kept_subscribers.hpp"
#include "names.hpp"
#include "plugin/host_api.hpp"

namespace trellis::kernel {
namespace {

// What a chain holds of each of its instances on one shard.
template <typename Binding>
std::vector<Binding> bindings(const Instances& instances, const std::vector<std::string>& names, std::uint32_t shard) {
  std::vector<Binding> bound;
  for (const std::string& name : names) {
    const Instance& instance = *instances.at(name);
    bound.push_back({name, instance.kind_table<std::remove_cv_t<std::remove_pointer_t<decltype(Binding::table)>>>(),
                     instance.kind_shard(shard)});
    if constexpr (requires { Binding::timeouts; }) bound.back().timeouts = instance.timeouts();
  }
  return bound;
}

}  // namespace

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Broker::Broker()
    : signals_(control_, SIGTERM, SIGINT, SIGHUP), watchdog_(control_), resources_(&unix_ms), ids_(metrics_) {
  outbound_->name = "outbound";
  services_.metrics = &metrics_;
  services_.health = &health_;
  services_.domains = &domains_;
  services_.resources = &resources_;
  services_.running = &instances_;
  services_.keep_resources = [this](std::function<void()> told) { keep_resources(std::move(told)); };
  services_.can_keep = [this] { return can_keep(); };
  services_.isolate = [this](const std::string& name) { boost::asio::post(control_, [this, name] { isolate(name); }); };
  services_.on_control = [this](std::function<void()> task) { boost::asio::post(control_, std::move(task)); };
  add_basic_tables(services_, {});
  add_connection_tables(services_);
  add_broker_tables(services_);
}

Broker::~Broker() {
  stop_shards();
  resolver_.reset();
  instances_.clear();
  retired_.clear();
  kept_resources_.reset();
  shards_.clear();
  epochs_.clear();
  assert(routers_.homes.size() == 0 && "whoever held a home is gone");
}

void Broker::on_each_shard(const std::function<void(ShardContext&)>& function) {
  std::latch done(static_cast<std::ptrdiff_t>(shards_.size()));
  for (const auto& context : shards_) {
    context->shard.post([&function, &done, &context] {
      function(*context);
      done.count_down();
    });
  }
  done.wait();
}

// ---- start

void Broker::start_shards(std::uint32_t count) {
  if (count == 0) count = std::clamp(std::thread::hardware_concurrency(), 1u, 64u);
  metrics_.add_shards(count);
  routers_.by_shard.resize(count);
  for (std::uint32_t i = 0; i < settings_.namespaces.size(); ++i) {
    routers_.namespaces.push_back(std::make_unique<Namespace>(settings_.namespaces[i].name, i, epochs_, metrics_));
  }
  std::vector<PluginTimers*> timers;
  for (std::uint32_t i = 0; i < count; ++i) {
    shards_.push_back(
        std::make_unique<ShardContext>(i, metrics_, epochs_, routers_, ids_, memory_, *resolver_, outbound_));
    routers_.by_shard[i] = &shards_.back()->router;
    services_.shards.push_back(&shards_.back()->shard);
    timers.push_back(&shards_.back()->timers);
  }
  add_basic_tables(services_, std::move(timers));
  for (const auto& context : shards_) {
    threads_.emplace_back([&shard = context->shard] { shard.run(); });
  }
  on_each_shard([](ShardContext& context) { context.start_housekeeping(); });
}

bool Broker::start(Loaded loaded, std::string& error) {
  settings_ = std::move(loaded.settings);
  instances_ = std::move(loaded.instances);
  start_shards(settings_.shards);
  apply_limits();
  apply_outbound();
  std::vector<std::string> names;
  for (const NamespaceSettings& space : settings_.namespaces) names.push_back(space.name);
  resources_.set_namespaces(std::move(names));
  error = declare_resources(instances_);
  if (!error.empty() || !start_store(error)) return false;
  error = apply_resources(*loaded.resources);
  for (const std::string& why : restoring_.finish(resources_)) log::warn("app", "resource left in the store: " + why);
  if (!error.empty() || !start_instances(instances_, stores(), error)) return false;
  apply_policies();
  restore_subscribers();
  tell_of_lenders();
  for (const ListenerSettings& listener : settings_.listeners) {
    auto sockets = bind_sockets(listener, {}, error);
    if (!sockets) return false;
    listeners_.push_back(serve(listener, std::move(*sockets)));
  }
  health_.set_ready();
  return true;
}

std::vector<BoundListener> Broker::listening() const {
  std::vector<BoundListener> bound;
  for (const auto& listener : listeners_) bound.push_back({listener->settings.name, listener->bound});
  return bound;
}

// What takes effect by being said.
void Broker::apply_limits() {
  std::vector<Domains::Names> names;
  for (const NamespaceSettings& one : settings_.namespaces) names.push_back({one.name, one.hosts, one.custom_domains});
  domains_.set(names, settings_.custom_domain_check);
  for (std::uint32_t i = 0; i < settings_.namespaces.size(); ++i) {
    const NamespaceSettings& space = settings_.namespaces[i];
    routers_.namespaces[i]->retained.set_limits({space.retained_messages, space.retained_bytes});
  }
  memory_.limit = settings_.memory_bytes;
  routers_.away_limit = static_cast<std::int64_t>(settings_.away_memory_bytes);
  connections_->limit = settings_.connections;
  log::set(settings_.log);
  on_each_shard([&](ShardContext& context) { context.handshakes.set_percent(settings_.handshake_percent); });
}

// Why not, or empty.
std::string Broker::declare_resources(const Instances& instances) {
  for (const auto& [name, instance] : instances) {
    std::string error = instance->declare_in(resources_);
    if (!error.empty()) return error;
  }
  return {};
}

// What stands in the files, and nothing of theirs besides. Why not, or empty.
std::string Broker::apply_resources(const resources::Files& files) {
  const auto outcome = resources_.apply(files.plan(resources_), resources::Origin::files);
  keep_resources([] {});  // what the files took over is theirs from now on
  return outcome.ok() ? "" : "resources: " + sentence(outcome.failures[0].what);
}

bool Broker::start_instances(const Instances& instances, const Instances& already, std::string& error) {
  for (const auto& [name, instance] : instances) {
    const auto running = already.find(name);
    if (running != already.end() && running->second == instance) continue;
    if (!instance->start(error)) return false;
    std::mutex mutex;  // shards report at once
    bool opened = true;
    on_each_shard([&, &started = *instance](ShardContext& context) {
      std::string problem;
      if (started.open_shard(context.shard, problem)) return;
      const std::lock_guard lock(mutex);
      opened = false;
      error = problem;
    });
    if (!opened) return false;
    instance->listen_in(resources_);
  }
  return true;
}

void Broker::tell_of_lenders() const {
  for (const auto& [name, instance] : instances_) instance->tell_of_lenders();
}

// Gives every shard the chains of every namespace, as configured now.
void Broker::apply_policies() {
  for (std::uint32_t i = 0; i < settings_.namespaces.size(); ++i) {
    const NamespaceSettings& space = settings_.namespaces[i];
    on_each_shard([&](ShardContext& context) {
      const std::uint32_t shard = context.shard.index();
      auto chain = std::make_shared<AuthenticationChain>();
      chain->name_space = space.name;
      chain->deadline_ms = space.authentication_ms;
      chain->authenticators = bindings<AuthenticatorBinding>(instances_, space.authenticators, shard);
      auto policies = std::make_shared<Policies>();
      policies->authorization =
          Authorization(space.name, bindings<AuthorizerBinding>(instances_, space.authorizers, shard));
      policies->on_publish = FilterChain(space.name, bindings<StageBinding>(instances_, space.publish_stages, shard));
      policies->on_deliver = FilterChain(space.name, bindings<StageBinding>(instances_, space.deliver_stages, shard));
      policies->dead_letter_topic = space.dead_letter_topic;
      policies->shared_key_property = space.shared_key_property;
      policies->durability = space.durability;
      context.chains[i] = std::move(chain);
      context.set_inbound(i, space.inbound);
      context.router.set_policies(i, std::move(policies));
      context.recheck.start(nullptr);
    });
    Durability& told = told_durability_[space.name];
    if (told.retained != 0 && told != space.durability) {
      shards_.front()->shard.post([&router = shards_.front()->router, &kept = *routers_.namespaces[i], before = told] {
        router.keep_retained_as_now(kept, before);
      });
    }
    told = space.durability;
  }
}

// The rules for connections from here, on every shard.
void Broker::apply_outbound() {
  auto outbound = std::make_shared<Outbound>();
  const OutboundSettings& settings = outbound->settings = settings_.outbound;
  const auto layer = [&](const std::string& name) {
    if (!name.empty()) outbound->layers[name] = instances_.at(name);
  };
  layer(settings.tls);
  layer(settings.proxy_layer);
  std::ranges::for_each(settings.layers, layer);
  for (const std::string& host : settings.proxy_except) outbound->direct.add(host, true);
  std::tie(outbound->proxy_host, outbound->proxy_port) = runtime::split_address(settings.proxy_address);
  auto rules = std::make_shared<runtime::AddressRules>();
  for (const std::string& text : settings.allow) (void)rules->allow.add(text);
  for (const std::string& text : settings.deny) (void)rules->deny.add(text);
  outbound->rules = std::move(rules);
  outbound_->own.limit = settings.connections;
  resolver_->set({settings.name_servers});
  on_each_shard([&](ShardContext& context) { context.dials.set(outbound); });
}

// ---- stop

// Listeners with services stay until the others' clients are gone, so that whoever asks is told that the broker is not
// ready any more.
void Broker::drain() {
  health_.set_unready("draining");
  service_manager::notify("STOPPING=1");
  log::info("app", "draining", {{"deadline_ms", std::to_string(settings_.drain_ms)}});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(settings_.drain_ms);
  std::size_t left = drain_endpoints(false, deadline);
  for (const auto& [name, instance] : instances_) instance->drain(settings_.drain_ms);
  left += drain_endpoints(true, deadline);
  if (left > 0) log::warn("app", "clients left behind", {{"connections", std::to_string(left)}});
}

// Those with services or those without. Answers how many connections were still open at the deadline.
std::size_t Broker::drain_endpoints(bool with_services, std::chrono::steady_clock::time_point deadline) {
  for (const auto& listener : listeners_) {
    if (listener->settings.serves_requests() == with_services) close_listener(*listener, TRELLIS_CLOSE_SHUTDOWN);
  }
  while (true) {
    std::atomic<std::size_t> open = 0;
    on_each_shard([&](ShardContext& context) {
      for (const auto& endpoint : context.endpoints) {
        if (endpoint->answers_requests != with_services) continue;
        endpoint->for_each([](Connection& connection) { connection.drain(TRELLIS_CLOSE_SHUTDOWN); });
        open += endpoint->size();
      }
    });
    if (open == 0 || told_again_ || std::chrono::steady_clock::now() >= deadline) return open;
    control_.run_for(std::chrono::milliseconds(10));
  }
}

void Broker::stop_instances() {
  std::vector<std::shared_ptr<Instance>> all = retired_;
  for (const auto& [name, instance] : instances_) all.push_back(instance);
  on_each_shard([](ShardContext& context) { context.router.end_all(TRELLIS_ENDED_SHUTDOWN); });
  on_each_shard([&](ShardContext& context) {
    context.listeners.clear();
    context.keeper.write();
    context.keeper.set_store(nullptr, nullptr, nullptr);
    for (const auto& instance : all) {
      context.dials.end(*instance);
      instance->close_shard(context.shard);
    }
  });
  for (const auto& instance : all) instance->stop();
}

void Broker::stop_shards() {
  if (threads_.empty()) return;
  for (const auto& listener : listeners_) close_listener(*listener, TRELLIS_CLOSE_SHUTDOWN);
  for (int pass = 0; pass < 2; ++pass) {  // the second finds what was moving between shards
    on_each_shard([](ShardContext& context) {
      for (const auto& endpoint : context.endpoints) {
        endpoint->for_each([](Connection& connection) { connection.close_now(TRELLIS_CLOSE_SHUTDOWN); });
      }
    });
  }
  stop_instances();
  for (const auto& context : shards_) context->shard.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  services_.shards.clear();  // who posts to one now is told that it is gone
  listeners_.clear();
}

// ---- signals

void Broker::run(std::function<std::optional<Loaded>(const Instances&)> reload) {
  reload_ = std::move(reload);
  service_manager::notify("READY=1");
  keep_watchdog_quiet();
  wait_for_signal();
  control_.run();
  control_.restart();
  wait_for_signal_again();
  drain();
  stop_shards();
}

void Broker::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& code, int signal) {
    if (code) return;
    if (signal != SIGHUP) return control_.stop();
    reload();
    wait_for_signal();
  });
}

bool Broker::reload() {
  service_manager::notify_reloading();
  std::string error;
  auto next = reload_(instances_);
  const bool taken = next && apply(std::move(*next), error);
  if (next && !taken) log::error("app", "reload refused, nothing was changed: " + error);
  metrics_.add_any(taken ? ids_.reloads : ids_.reloads_refused, 1);
  service_manager::notify("READY=1");
  return taken;
}

// As if the configuration said so, which is read again. Where that is refused, later reloads are not to be refused for
// it, too.
void Broker::isolate(const std::string& name) {
  if (!reload_ || !services_.isolated.insert(name).second) return;
  log::warn("app", "a plugin gets a process of its own, because it is too slow", {{"plugin", name}});
  if (!reload()) services_.isolated.erase(name);
}

// All is well where every shard still turns: one that hangs keeps this thread from saying so.
void Broker::keep_watchdog_quiet() {
  const auto interval = service_manager::watchdog_interval();
  if (interval.count() == 0) return;
  watchdog_.expires_after(interval / 2);
  watchdog_.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    on_each_shard([](ShardContext&) {});
    service_manager::notify("WATCHDOG=1");
    keep_watchdog_quiet();
  });
}

// Whoever says it twice does not want to wait for clients.
void Broker::wait_for_signal_again() {
  signals_.async_wait([this](const boost::system::error_code& code, int signal) {
    if (code) return;
    if (signal == SIGHUP) return wait_for_signal_again();
    log::info("app", "told to stop again, clients are not waited for");
    told_again_ = true;
  });
}

}  // namespace trellis::kernel
