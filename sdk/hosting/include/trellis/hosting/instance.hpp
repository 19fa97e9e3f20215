// One configured plugin.
#pragma once

#include <trellis/abi/backup.h>
#include <trellis/abi/host.h>
#include <trellis/abi/plugin.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <trellis/hosting/metering.hpp>
#include <trellis/loading/library.hpp>
#include <trellis/resources/registry.hpp>
#include <trellis/runtime/domains.hpp>
#include <trellis/runtime/health.hpp>
#include <trellis/runtime/metrics.hpp>
#include <trellis/runtime/shard.hpp>
#include <utility>
#include <vector>

namespace trellis::hosting {

using loading::Library;
using runtime::Health;
using runtime::MetricId;
using runtime::Metrics;
using runtime::Shard;

/// Where a plugin puts why it refuses.
struct PluginError : trellis_error {
  PluginError() noexcept : trellis_error{} { struct_size = sizeof(trellis_error); }
  std::string_view reason() const noexcept {
    if (size == 0) return "it gave no reason";
    return {text, std::min<std::size_t>(size, sizeof text)};
  }
};

class Instance;
using Instances = std::map<std::string, std::shared_ptr<Instance>>;  // by name

/// What the process offers all instances; lives as long as they.
struct HostServices {
  Metrics* metrics = nullptr;
  Health* health = nullptr;
  runtime::Domains* domains = nullptr;
  resources::Registry* resources = nullptr;
  /// Called on the control thread after resources may have changed; calls told, on any thread, once that may be told.
  /// Empty: at once.
  std::function<void(std::function<void()> told)> keep_resources;
  /// Whether changes can be kept at the time. Empty: always. On the control thread.
  std::function<bool()> can_keep;
  std::function<void(std::function<void()>)> on_control;  // runs something on the control thread, soon [any]
  /// Has an instance run in a process of its own from now on, soon. Empty: nobody can. [any]
  std::function<void(const std::string& name)> isolate;
  std::set<std::string, std::less<>> isolated;  // the names of those; on the control thread
  /// Of the store, set before anybody who may ask is started; null where it makes none, or there is none.
  const trellis_store_backup* backup = nullptr;
  void* backup_store = nullptr;
  /// Those that find each other: that run, or are about to while Together lives. On the control thread.
  mutable const Instances* running = nullptr;
  std::vector<Shard*> shards;
  std::map<std::string, const void*, std::less<>> tables;  // by id, from all rooms
};

/// While it lives, these instances find each other, and no others: what they judge is for the time when they run.
class Together {
 public:
  Together(const HostServices& services, const Instances& instances) noexcept
      : services_(services), before_(std::exchange(services.running, &instances)) {}
  ~Together() { services_.running = before_; }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  const HostServices& services_;
  const Instances* before_;
};

/// How an instance is run: called directly, or through something that answers for it, its own process.
struct Isolation {
  const trellis_plugin* entry = nullptr;                  // what is called in place of the library's
  bool (*offers)(std::string_view host_table) = nullptr;  // whether plugins get that table there
  std::uint32_t fallback = 0;          // what calls answer that it is not asked: of the kind's own numbers
  std::uint64_t deadline_ms = 0;       // for calls that somebody waits for
  std::uint64_t restart_pause_ms = 0;  // the longest, before it is started again
  BreakerSettings breaker = {};
  void leave_in_this_process() {
    entry = nullptr;
    offers = nullptr;
  }
  bool operator==(const Isolation&) const = default;
};

/// Created -> configured -> running -> draining -> stopped. Life-cycle calls are made on the control thread, per-shard
/// ones on that shard's.
class Instance {
 public:
  /// What a namespace tells a plugin.
  struct NamespaceConfig {
    std::string name;
    std::string config;  // JSON text; empty: the plugin asked for none
    bool operator==(const NamespaceConfig&) const = default;
  };

  /// Null with error set when the plugin refuses. name: as the configuration calls it.
  static std::shared_ptr<Instance> create(std::shared_ptr<const Library> library, std::string name,
                                          const HostServices& services, std::string& error,
                                          const Isolation& isolation = {});
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// What must not be shown of its settings, wherever the plugin says something. Before configure().
  void keep_secret(std::vector<std::string> texts) { secrets_ = std::move(texts); }
  const std::vector<std::string>& secrets() const noexcept { return secrets_; }
  /// What the plugin says, without them.
  std::string concealed(std::string_view text) const;

  /// A type of resources it uses, and who hears of them in its name.
  struct ResourceType {
    resources::Declaration declaration;
    std::unique_ptr<resources::Observer> observer;
  };
  void declare(ResourceType type) { resource_types_.push_back(std::move(type)); }
  /// It hears that other instances run now, if it asked to. Running.
  void tell_of_lenders() const;
  /// Who hears of all types in its name.
  void observe(std::unique_ptr<resources::Observer> observer) { observer_ = std::move(observer); }
  /// Makes its types known in a registry; why not, or empty.
  std::string declare_in(resources::Registry& registry) const;
  /// It hears of changes from now on.
  void listen_in(resources::Registry& registry) const;
  /// It is about to be withdrawn.
  void leave(resources::Registry& registry) const;
  void withdraw_from(resources::Registry& registry) const;

  bool configure(const std::string& config, std::vector<NamespaceConfig> namespaces, std::string& error);
  bool start(std::string& error);
  void drain(std::uint64_t deadline_ms);
  void stop();

  /// False with error set when the plugin has no state for the shard. [shard]
  bool open_shard(Shard& shard, std::string& error);
  /// [shard]
  void close_shard(Shard& shard);
  /// The table of its kind, which counts what its functions cost; what they take as `shard` is kind_shard().
  template <typename Table>
  const Table* kind_table() const noexcept {
    return static_cast<const Table*>(metering_->table());
  }
  /// [shard]
  void* kind_shard(std::uint32_t index) const noexcept { return metering_->shard(index); }
  MetricId timeouts() const noexcept { return metering_->timeouts(); }
  /// As whom others borrow its tables: that of its kind, or the others, whose functions take another `shard`.
  struct Lender {
    const Instance* instance;
    bool of_kind;
  };
  const Lender& lender(bool of_kind) const noexcept { return of_kind ? lends_kind_ : lends_others_; }
  /// What is passed as `shard` to functions of its other tables. [shard]
  void* shard_state(std::uint32_t index) const noexcept {
    return index < shard_states_.size() ? shard_states_[index] : nullptr;
  }

  const std::string& name() const noexcept { return name_; }
  const Library& library() const noexcept { return *library_; }
  /// Without an entry: none.
  const Isolation& isolation() const noexcept { return isolation_; }
  std::uint32_t kind() const noexcept { return library_->descriptor().kind; }
  void* handle() const noexcept { return instance_; }
  const std::vector<NamespaceConfig>& namespaces() const noexcept { return namespaces_; }
  const std::string& config() const noexcept { return config_; }
  /// Whether it would come out the same if it were made of these.
  bool runs(const Library& library, const std::string& config, const std::vector<NamespaceConfig>& namespaces,
            const std::vector<std::string>& secrets, const Isolation& isolation) const {
    return &library_->descriptor() == &library.descriptor() && config_ == config && namespaces_ == namespaces &&
           secrets_ == secrets && isolation_ == isolation;
  }
  const HostServices& services() const noexcept { return services_; }
  /// It had an error logged: one for whoever watches the broker, too. [any]
  void count_error() const noexcept {
    if (errors_ != 0) services_.metrics->add_any(errors_, 1);
  }

  /// The instance's table of that id, or null.
  template <typename Table>
  const Table* table(std::string_view id) const {
    return static_cast<const Table*>(raw_table(id));
  }
  static Instance& of(trellis_host* host) noexcept;
  trellis_host* host() const noexcept;

 private:
  Instance(std::shared_ptr<const Library> library, std::string name, const HostServices& services,
           const Isolation& isolation);
  const trellis_plugin& entry() const noexcept { return *entry_; }
  const void* raw_table(std::string_view id) const;
  bool succeeded(trellis_status status, const char* otherwise, const PluginError& problem, std::string& error) const;
  struct Handle;

  std::shared_ptr<const Library> library_;
  std::string name_;
  const HostServices& services_;
  const Isolation isolation_;
  const trellis_plugin* const entry_;
  std::unique_ptr<Handle> handle_;
  void* instance_ = nullptr;
  std::string config_;
  std::vector<std::string> secrets_;
  std::vector<NamespaceConfig> namespaces_;
  std::vector<ResourceType> resource_types_;
  std::unique_ptr<resources::Observer> observer_;  // of all types; may be null
  std::vector<void*> shard_states_;
  const void* kind_table_ = nullptr;
  std::unique_ptr<Metering> metering_;  // stands before kind_table_
  const Lender lends_kind_{this, true};
  const Lender lends_others_{this, false};
  MetricId errors_ = 0;  // from start() on
};

}  // namespace trellis::hosting
