#include <fmt/format.h>
#include <trellis/abi/borrow.h>

#include <trellis/hosting/instance.hpp>
#include <trellis/runtime/log.hpp>
#include <trellis/runtime/views.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/document.hpp>

struct trellis_host {
  trellis::hosting::Instance* instance;
};

namespace trellis::hosting {

using runtime::text_of;
using runtime::view_of;

namespace {

const void* host_table(trellis_host* host, trellis_view id) {
  const auto& tables = Instance::of(host).services().tables;
  const auto found = tables.find(text_of(id));
  return found == tables.end() ? nullptr : found->second;
}

// Only where somebody asked, and there is a file.
void log_signature(const Library& library, const std::string& name) {
  const auto& judgement = library.judgement();
  if (!judgement || judgement->state == loading::SignatureState::built_in) return;
  const bool valid = judgement->state == loading::SignatureState::valid;
  runtime::log::write(
      name, valid ? runtime::log::Level::info : runtime::log::Level::warn, "signature of the plugin",
      {{"state", name_of(judgement->state)}, {"key", judgement->key}, {"file", library.file().native()}});
}

// The sentence for a plugin that wants a table it cannot get, or empty.
std::string missing_table(const Library& library, const std::string& name, const HostServices& services,
                          const Isolation& isolation) {
  const trellis_descriptor& descriptor = library.descriptor();
  for (std::uint32_t i = 0; i < descriptor.wants_count; ++i) {
    const std::string_view wanted = text_of(descriptor.wants[i]);
    if (services.tables.find(wanted) == services.tables.end()) {
      return fmt::format("plugin '{}' wants '{}', which this broker does not offer; update the broker", name, wanted);
    }
    if (isolation.offers != nullptr && !isolation.offers(wanted)) {
      return fmt::format(
          "plugin '{}' wants '{}', which is not offered to a process of its own; it runs without \"isolation\" only",
          name, wanted);
    }
  }
  return {};
}

const trellis_host_table kHostTable{sizeof kHostTable, &host_table};

}  // namespace

struct Instance::Handle : trellis_host {};

Instance& Instance::of(trellis_host* host) noexcept { return *host->instance; }

trellis_host* Instance::host() const noexcept { return handle_.get(); }

Instance::Instance(std::shared_ptr<const Library> library, std::string name, const HostServices& services,
                   const Isolation& isolation)
    : library_(std::move(library)),
      name_(std::move(name)),
      services_(services),
      isolation_(isolation),
      entry_(isolation.entry != nullptr ? isolation.entry : &library_->entry()),
      handle_(std::make_unique<Handle>()) {
  handle_->instance = this;
}

bool Instance::succeeded(trellis_status status, const char* otherwise, const PluginError& problem,
                         std::string& error) const {
  if (status != TRELLIS_OK) error = fmt::format("plugin '{}' {}: {}", name_, otherwise, concealed(problem.reason()));
  return status == TRELLIS_OK;
}

std::shared_ptr<Instance> Instance::create(std::shared_ptr<const Library> library, std::string name,
                                           const HostServices& services, std::string& error,
                                           const Isolation& isolation) {
  error = missing_table(*library, name, services, isolation);
  if (!error.empty()) return nullptr;
  std::shared_ptr<Instance> made(new Instance(std::move(library), std::move(name), services, isolation));
  PluginError problem;
  const trellis_status status = made->entry().create(made->host(), &kHostTable, &made->instance_, &problem);
  if (!made->succeeded(status, "could not be created", problem, error)) {
    made->instance_ = nullptr;
    return nullptr;
  }
  if (made->instance_ == nullptr) {
    error = fmt::format("plugin '{}' misbehaved: create() succeeded without an instance", made->name_);
    return nullptr;
  }
  // Asked for once, here: it is shards that want it later, and plugins answer on the control thread only.
  made->kind_table_ = made->raw_table(schema::kind_table(made->kind()));
  error = schema::table_fault(made->kind(), made->kind_table_, made->name_);
  if (!error.empty()) return nullptr;
  made->metering_ = std::make_unique<Metering>(made->kind(), made->kind_table_);
  return made;
}

Instance::~Instance() {
  if (instance_ == nullptr) return;
  entry().stop(instance_);
  entry().destroy(instance_);
}

std::string Instance::concealed(std::string_view text) const { return schema::conceal(std::string(text), secrets_); }

bool Instance::configure(const std::string& config, std::vector<NamespaceConfig> namespaces, std::string& error) {
  config_ = config;
  namespaces_ = std::move(namespaces);
  PluginError problem;
  const trellis_status status = entry().configure(instance_, view_of(config_), &problem);
  return succeeded(status, "refuses its configuration", problem, error);
}

std::string Instance::declare_in(resources::Registry& registry) const {
  for (const ResourceType& type : resource_types_) {
    const std::string error = registry.declare(type.declaration, *type.observer);
    if (!error.empty()) return fmt::format("plugin '{}': {}", name_, error);
  }
  if (observer_ != nullptr) registry.observe(*observer_);
  return {};
}

void Instance::listen_in(resources::Registry& registry) const {
  for (const ResourceType& type : resource_types_) registry.listen(*type.observer);
  if (observer_ != nullptr) registry.listen(*observer_);
}

void Instance::leave(resources::Registry& registry) const {
  for (const ResourceType& type : resource_types_) registry.leave(*type.observer);
}

void Instance::withdraw_from(resources::Registry& registry) const {
  for (const ResourceType& type : resource_types_) registry.withdraw(*type.observer);
  if (observer_ != nullptr) registry.withdraw(*observer_);
}

bool Instance::start(std::string& error) {
  shard_states_.assign(services_.shards.size(), nullptr);
  if (services_.metrics != nullptr) {
    errors_ = services_.metrics->declare(runtime::MetricType::counter, "trellis_plugin_errors_total",
                                         runtime::metric_label("plugin", name_),
                                         "Lines of the level error that a plugin had logged.");
  }
  log_signature(*library_, name_);
  PluginError problem;
  const bool started = succeeded(entry().start(instance_, &problem), "could not start", problem, error);
  if (started) metering_->start(*this);
  return started;
}

void Instance::drain(std::uint64_t deadline_ms) {
  if (entry().drain != nullptr) entry().drain(instance_, deadline_ms);
}

void Instance::tell_of_lenders() const {
  const auto* borrower = table<trellis_borrower>(TRELLIS_BORROWER);
  if (borrower != nullptr) borrower->lenders_changed(instance_);
}

void Instance::stop() { entry().stop(instance_); }

bool Instance::open_shard(Shard& shard, std::string& error) {
  void* state = entry().shard_open == nullptr ? instance_ : entry().shard_open(instance_, &shard, shard.index());
  shard_states_[shard.index()] = state;
  metering_->open(shard, state);
  if (state == nullptr) error = fmt::format("plugin '{}' could not start on shard {}", name_, shard.index());
  return state != nullptr;
}

void Instance::close_shard(Shard& shard) {
  if (shard.index() >= shard_states_.size()) return;  // never started
  void*& state = shard_states_[shard.index()];
  if (state != nullptr && entry().shard_open != nullptr) entry().shard_close(state);
  state = nullptr;
  metering_->open(shard, nullptr);
}

const void* Instance::raw_table(std::string_view id) const {
  if (kind_table_ != nullptr && id == schema::kind_table(kind())) return kind_table_;
  return entry().get_table(instance_, view_of(id));
}

}  // namespace trellis::hosting
