// A plugin as a class: what it says about itself, its life cycle, and the macro that exports it.
//
// Do not derive from Plugin itself but from a kind: Stage, Predicate, Authenticator, Authorizer, Handler, Service,
// Layer, Protocol, Store.
#pragma once

#include <trellis/abi/plugin.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/host.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <trellis/shard.hpp>
#include <type_traits>

namespace trellis {

enum class Stability : std::uint32_t {
  experimental = TRELLIS_STABILITY_EXPERIMENTAL,
  stable = TRELLIS_STABILITY_STABLE,
  deprecated = TRELLIS_STABILITY_DEPRECATED,
};

/// What a plugin says about itself, in a constant named kInfo of its class.
struct PluginInfo {
  std::string_view id = {};       // as the configuration names it: lower case, digits, '-': "stage-topic-prefix"
  std::string_view version = {};  // semantic versioning: "1.0.0"
  std::string_view vendor = {};
  std::string_view summary = {};  // one sentence
  std::string_view licence = {};  // SPDX expression: "Apache-2.0"
  Stability stability = Stability::stable;
  // Host tables it cannot do without, for example {TRELLIS_HOST_PUBLISH}; the kernel refuses it where one is missing.
  std::array<std::string_view, 8> wants = {};
  // What it does to the system by itself, TRELLIS_CAPABILITY_…: in a process of its own it can do nothing else.
  std::uint32_t capabilities = 0;
};

/// Life cycle of every plugin: the constructor does nothing, configure() takes the settings, start() opens things,
/// drain() winds down, stop() ends all activity, the destructor frees. Changed settings make a second object beside
/// this one. All of it is called on the control thread and may throw; what it throws becomes the error text.
class Plugin {
 public:
  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  /// Takes the settings, which passed schema() already. No I/O here: `trellis check` calls it too.
  virtual Result<void> configure(const Config&) { return ok(); }
  /// Opens files, starts threads, declares metrics.
  virtual Result<void> start() { return ok(); }
  /// Take no new work and finish what is under way within that time; need not wait.
  virtual void drain(std::chrono::milliseconds) {}
  /// End all activity before returning. Called in any state, also after a failed start, possibly twice.
  virtual void stop() {}

  /// The kernel. Not in the constructor, everywhere else.
  const Host& host() const noexcept { return host_; }

  /// For the SDK's glue: the plugin's table of that id, null for others. Kinds implement it; a plugin with a table of
  /// its own overrides it and asks its kind for the rest.
  virtual const void* table(std::string_view id) = 0;
  /// For the SDK's glue: configure() succeeded, what tables say about the plugin may have changed.
  virtual void configured() noexcept {}
  void attach(const Host& host) noexcept { host_ = host; }

 private:
  Host host_;
};

namespace glue {

/// Calls what may throw and turns that into an error. `otherwise` is the status where the error names none.
template <class Function>
trellis_status guarded(trellis_error* error, Status otherwise, Function function) noexcept {
  try {
    const Result<void> result = function();
    if (result) return TRELLIS_OK;
    write_error(error, result.error().text);
    const Status status = result.error().status;
    return static_cast<trellis_status>(status == Status::unset ? otherwise : status);
  } catch (const std::exception& exception) {
    write_error(error, exception.what());
  } catch (...) {
    write_error(error, "the plugin threw something that is no std::exception");
  }
  return static_cast<trellis_status>(otherwise);
}

inline Plugin& plugin(void* instance) noexcept { return *static_cast<Plugin*>(instance); }
inline Shard& shard(void* state) noexcept { return *static_cast<Shard*>(state); }
/// The plugin behind a shard's state, as its kind.
template <class Kind>
Kind& kind(void* state) noexcept {
  return static_cast<Kind&>(plugin(shard(state).plugin()));
}

constexpr bool is_id(std::string_view id) noexcept {
  for (char c : id) {
    const bool letter = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '-') return false;
  }
  return !id.empty() && id.front() >= 'a' && id.front() <= 'z' && id.back() != '-';
}

template <class Class>
trellis_status create(trellis_host* host, const trellis_host_table* table, void** instance,
                      trellis_error* error) noexcept {
  return guarded(error, Status::internal, [&]() -> Result<void> {
    auto made = std::make_unique<Class>();
    made->attach(Host(host, table));
    *instance = static_cast<Plugin*>(made.release());
    return ok();
  });
}

inline trellis_status configure(void* instance, trellis_view config, trellis_error* error) noexcept {
  return guarded(error, Status::invalid, [&]() -> Result<void> {
    const auto settings = Config::parse(config.size > 0 ? text(config) : "{}");
    if (!settings) return settings.error();
    auto result = plugin(instance).configure(*settings);
    if (result) plugin(instance).configured();
    return result;
  });
}

inline trellis_status start(void* instance, trellis_error* error) noexcept {
  return guarded(error, Status::unavailable, [&] { return plugin(instance).start(); });
}

/// Winding down has no way to fail; what it throws is logged.
template <class Function>
void quietly(void* instance, std::string_view what, Function function) noexcept {
  trellis_error error{sizeof(trellis_error), 0, {}};
  const auto status = guarded(&error, Status::internal, [&]() -> Result<void> {
    function(plugin(instance));
    return ok();
  });
  if (status == TRELLIS_OK) return;
  plugin(instance).host().log(Level::error, "the plugin threw",
                              {{"call", what}, {"error", std::string_view(error.text, error.size)}});
}

inline void drain(void* instance, std::uint64_t deadline_ms) noexcept {
  quietly(instance, "drain",
          [&](Plugin& mine) { mine.drain(std::chrono::milliseconds(static_cast<std::int64_t>(deadline_ms))); });
}

inline void stop(void* instance) noexcept {
  quietly(instance, "stop", [](Plugin& mine) { mine.stop(); });
}

inline void destroy(void* instance) noexcept { delete &plugin(instance); }

inline const void* get_table(void* instance, trellis_view id) noexcept { return plugin(instance).table(text(id)); }

template <class Class>
void* shard_open(void* instance, trellis_shard* handle, std::uint32_t index) noexcept {
  auto& mine = static_cast<Class&>(plugin(instance));
  try {
    if constexpr (requires { mine.open_shard(handle, index); }) {
      return mine.open_shard(handle, index);
    } else {
      auto made = std::make_unique<Shard>(static_cast<Plugin*>(&mine), mine.host(), handle, index);
      if constexpr (requires { typename Class::ShardState; }) {
        using State = typename Class::ShardState;
        if constexpr (std::is_constructible_v<State, Class&, Shard&>) {
          made->adopt(std::make_unique<State>(mine, *made));
        } else {
          made->adopt(std::make_unique<State>());
        }
      }
      return made.release();
    }
  } catch (const std::exception& exception) {
    mine.host().log(Level::error, "the plugin cannot open a shard", {{"shard", index}, {"error", exception.what()}});
  } catch (...) {
    mine.host().log(Level::error, "the plugin cannot open a shard", {{"shard", index}});
  }
  return nullptr;
}

template <class Class>
void shard_close(void* state) noexcept {
  if constexpr (requires { Class::close_shard(state); }) {
    Class::close_shard(state);
  } else {
    delete &shard(state);
  }
}

/// The descriptor of a class. Made once and never freed: the kernel reads it for as long as the library is mapped,
/// and libraries are never unmapped. Its texts are held by statics, so that leak checkers see by whom.
template <class Class>
const trellis_descriptor* descriptor() {
  static const trellis_descriptor* made = [] {
    static constexpr const PluginInfo& info = Class::kInfo;
    static_assert(is_id(info.id), "kInfo.id must be lower case letters, digits and '-', beginning with a letter");
    auto* wants = new std::array<trellis_view, info.wants.size()>{};
    auto* facts = new trellis_descriptor{};
    facts->struct_size = sizeof(trellis_descriptor);
    facts->kind = Class::kKind;
    facts->stability = static_cast<std::uint32_t>(info.stability);
    facts->id = view(info.id);
    facts->version = view(info.version);
    facts->vendor = view(info.vendor);
    facts->summary = view(info.summary);
    facts->licence = view(info.licence);
    if constexpr (requires { Class::schema(); }) {
      static const auto* kept = new std::string(Class::schema().json());
      facts->config_schema = view(*kept);
    }
    if constexpr (requires { Class::namespace_schema(); }) {
      static const auto* kept = new std::string(Class::namespace_schema().json());
      facts->namespace_schema = view(*kept);
    }
    for (std::string_view id : info.wants) {
      if (!id.empty()) (*wants)[facts->wants_count++] = view(id);
    }
    facts->wants = wants->data();
    facts->capabilities = info.capabilities;
    return facts;
  }();
  return made;
}

/// Everything the kernel needs of a class, in the form it is exported.
template <class Class>
trellis_plugin entry() {
  static_assert(std::is_base_of_v<Plugin, Class>, "derive the plugin from a kind, for example trellis::Stage");
  trellis_plugin plugin{};
  plugin.struct_size = sizeof(trellis_plugin);
  plugin.abi_major = TRELLIS_ABI_MAJOR;
  plugin.abi_minor = TRELLIS_ABI_MINOR;
  plugin.descriptor = descriptor<Class>();
  plugin.create = &create<Class>;
  plugin.configure = &configure;
  plugin.start = &start;
  plugin.drain = &drain;
  plugin.stop = &stop;
  plugin.destroy = &destroy;
  plugin.get_table = &get_table;
  plugin.shard_open = &shard_open<Class>;
  plugin.shard_close = &shard_close<Class>;
  return plugin;
}

}  // namespace glue
}  // namespace trellis

/// Makes a class the plugin of this library. Once per library, at namespace scope of a source file.
#define TRELLIS_PLUGIN(Class)                                                \
  extern "C" {                                                               \
  TRELLIS_EXPORT extern const trellis_plugin trellis_plugin_entry;           \
  const trellis_plugin trellis_plugin_entry = trellis::glue::entry<Class>(); \
  }
