#include "config/loader.hpp"

#include <fmt/format.h>
#include <trellis/abi/connection.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>

#include <algorithm>
#include <array>
#include <set>
#include <trellis/schema/block.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/doubts.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/schema/validate.hpp>

#include "message/message.hpp"

namespace trellis::kernel {
namespace {

using schema::pointer_to;

// Keys of the file below which instances are named.
constexpr std::array<std::string_view, 10> kNaming = {"listeners",      "protocol",    "layers", "services",
                                                      "authenticators", "authorizers", "stages", "subscriptions",
                                                      "handler",        "predicate"};

/// One use of an instance by name, and what kind it has to be.
struct Use {
  std::string name;
  std::uint32_t kind;
  std::string pointer;
};

class Loader {
 public:
  Loader(schema::Document& document, const LoadOptions& options, const HostServices& services,
         schema::Diagnostics& diagnostics)
      : document_(document), options_(options), services_(services), diagnostics_(diagnostics) {}

  std::optional<Loaded> load() {
    schema::substitute_secrets(document_, {}, diagnostics_);
    root_ = schema::validate(document_, settings_schema(), diagnostics_);
    if (!root_.isObject()) return std::nullopt;
    // What is wrong was said; the rest is judged as far as it does not depend on that.
    doubts_ = schema::Doubts(diagnostics_);
    document_.drop_broken(root_);
    loaded_.settings = read_settings(root_);
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      loaded_.settings.listeners[i].address_is_secret = is_secret(pointer_to("/listeners", i) + "/address");
    }
    check_addresses();
    collect_uses();
    check_namespaces();
    open_libraries();
    check_log_levels();
    check_kinds();
    check_plugin_blocks();
    make_instances();
    check_filters();
    check_listeners();
    if (!diagnostics_.ok()) return std::nullopt;
    loaded_.redacted = document_.redact(root_);
    return std::move(loaded_);
  }

 private:
  void complain(const std::string& pointer, const std::string& message,
                schema::Severity severity = schema::Severity::error) {
    auto diagnostic = document_.at_pointer(pointer, message);
    diagnostic.severity = severity;
    diagnostics_.add(std::move(diagnostic));
  }
  bool is_secret(const std::string& pointer) const {
    const Json::Value* value = schema::find(root_, pointer);
    return value != nullptr && document_.is_secret(*value);
  }

  // They share the port without an error, and each connection reaches whichever the system picks.
  void check_addresses() {
    const auto& listeners = loaded_.settings.listeners;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      const std::string& address = listeners[i].address;
      if (address.empty() || address.ends_with(":0")) continue;
      const auto first = std::find_if(listeners.begin(), listeners.end(),
                                      [&](const ListenerSettings& other) { return other.address == address; });
      const auto before = static_cast<std::size_t>(first - listeners.begin());
      if (before == i) continue;
      auto diagnostic = document_.at_pointer(pointer_to("/listeners", i) + "/address",
                                             "another listener has this address already; each needs one of its own");
      const auto other = document_.at_pointer(pointer_to("/listeners", before) + "/address", "");
      diagnostic.notes.push_back({"first given here", other.line, other.column});
      diagnostics_.add(std::move(diagnostic));
    }
  }

  void use(const std::string& name, std::uint32_t kind, const std::string& pointer) {
    const bool named = loaded_.settings.plugins.count(name) != 0;
    if (name.empty() || doubts_.about(pointer)) {
      all_in_use_known_ = false;
    } else if (is_secret(pointer) && !named) {
      all_in_use_known_ = false;
      if (doubts_.about("/plugins")) return;
      complain(pointer,
               "the name of a plugin instance is shown in logs, so it may not come from ${env:…} or ${file:…} unless "
               "it stands under \"plugins\"; write it here, or there with the plugin's id");
    } else {
      uses_.push_back({name, kind, pointer});
    }
  }
  void use_all(const std::vector<std::string>& names, std::uint32_t kind, const std::string& pointer) {
    for (std::size_t i = 0; i < names.size(); ++i) use(names[i], kind, pointer_to(pointer, i));
  }

  void collect_uses() {
    all_in_use_known_ = !doubts_.about_any(kNaming);
    const Settings& settings = loaded_.settings;
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
      const ListenerSettings& listener = settings.listeners[i];
      const std::string at = pointer_to("/listeners", i);
      use(listener.protocol, TRELLIS_KIND_PROTOCOL, at + "/protocol");
      use_all(listener.layers, TRELLIS_KIND_LAYER, at + "/layers");
      for (const auto& [mount, service] : listener.services) {
        use(service, TRELLIS_KIND_SERVICE, pointer_to(at + "/services", mount));
      }
    }
    for (const NamespaceSettings& space : settings.namespaces) {
      const std::string at = pointer_to("/namespaces", space.name);
      use_all(space.authenticators, TRELLIS_KIND_AUTHENTICATOR, at + "/authenticators");
      use_all(space.authorizers, TRELLIS_KIND_AUTHORIZER, at + "/authorizers");
      use_all(space.publish_stages, TRELLIS_KIND_STAGE, at + "/stages/publish");
      use_all(space.deliver_stages, TRELLIS_KIND_STAGE, at + "/stages/deliver");
      for (std::size_t i = 0; i < space.subscriptions.size(); ++i) {
        const std::string below = pointer_to(at + "/subscriptions", i);
        const SubscriptionSettings& subscription = space.subscriptions[i];
        use(subscription.handler, TRELLIS_KIND_HANDLER, below + "/handler/plugin");
        if (!subscription.predicate.empty()) {
          use(subscription.predicate, TRELLIS_KIND_PREDICATE, below + "/predicate/plugin");
        }
      }
    }
  }

  void check_namespaces() {
    if (doubts_.about("/namespaces")) return;
    std::vector<std::string> names;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) names.push_back(space.name);
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      const std::string& name = loaded_.settings.listeners[i].name_space;
      const std::string at = pointer_to("/listeners", i) + "/namespace";
      if (name.empty() || doubts_.about(at) || std::find(names.begin(), names.end(), name) != names.end()) continue;
      diagnostics_.add(document_.at_unknown(at, fmt::format("there is no namespace \"{}\"", name), name, names,
                                            "a namespace under \"namespaces\""));
    }
  }

  // ---- libraries

  void open_libraries() {
    std::vector<std::filesystem::path> path = loaded_.settings.plugin_path;
    path.insert(path.end(), options_.extra_path.begin(), options_.extra_path.end());
    const auto installed = default_plugin_path();
    path.insert(path.end(), installed.begin(), installed.end());
    Registry registry(std::move(path));
    const auto entries = loaded_.settings.plugins;
    for (const Use& one : uses_) {
      if (entries.count(one.name) == 0) loaded_.settings.plugins[one.name] = {one.name, "", ""};
    }
    for (const auto& [name, plugin] : loaded_.settings.plugins) {
      const std::string at = pointer_to("/plugins", name);
      if (doubts_.about(at) || doubts_.about(at + "/plugin") || doubts_.about(at + "/file")) {
        all_in_use_known_ = false;
        continue;
      }
      std::string error;
      auto library = plugin.file.empty() ? registry.find(plugin.id, error) : registry.load_file(plugin.file, error);
      if (library != nullptr) {
        warn_of_symbols(*library, name);
        libraries_[name] = std::move(library);
        continue;
      }
      failed_ids_.push_back(plugin.id);
      all_in_use_known_ = all_in_use_known_ && plugin.file.empty();
      // It may be in a folder that was refused, or have an entry that was.
      const bool listed = entries.count(name) != 0;
      if (listed ? doubts_.below(at, "config") : doubts_.about("/plugins")) continue;
      if (doubts_.about("/plugin_path") || doubts_.below("/plugin_path")) continue;
      const std::vector<std::string> ids = registry.ids();
      if (plugin.file.empty() && std::find(ids.begin(), ids.end(), plugin.id) == ids.end()) {
        diagnostics_.add(document_.at_unknown(place_of(name), error, plugin.id, ids, "a plugin that is installed"));
      } else {
        complain(place_of(name), error);
      }
    }
  }

  // Nobody else can see them, but they can collide within the file's own libraries.
  void warn_of_symbols(const Library& library, const std::string& name) {
    const std::string fault = schema::symbols_fault(library.symbols());
    if (fault.empty() || !warned_of_.insert(library.file().string()).second) return;
    complain(place_of(name), fmt::format("plugin '{}' {}", library.file().string(), fault), schema::Severity::warning);
  }

  void check_log_levels() {
    std::vector<std::string> known = {"app", "identity", "net", "push", "route"};
    for (const auto& [name, plugin] : loaded_.settings.plugins) known.push_back(name);
    for (const auto& [name, level] : loaded_.settings.log.levels) {
      if (!all_in_use_known_ || std::ranges::find(known, name) != known.end()) continue;
      diagnostics_.add(document_.at_unknown(pointer_to("/log/levels", name),
                                            "this names nothing that writes to the log", name, known,
                                            "a plugin instance"));
    }
  }

  // Where a problem with an instance is best shown: its entry, else its first use.
  std::string place_of(const std::string& name) const {
    if (root_["plugins"].isMember(name)) return pointer_to("/plugins", name);
    for (const Use& one : uses_) {
      if (one.name == name) return one.pointer;
    }
    return "";
  }

  void check_kinds() {
    for (const Use& one : uses_) {
      const auto found = libraries_.find(one.name);
      if (found == libraries_.end() || found->second->descriptor().kind == one.kind) continue;
      complain(one.pointer,
               fmt::format("plugin '{}' is of kind {}, expected one of kind {}", one.name,
                           schema::kind_name(found->second->descriptor().kind), schema::kind_name(one.kind)));
    }
  }

  // ---- settings of plugins

  // The block as configure() takes it, or nothing when there is something wrong with it, which was said.
  std::optional<std::string> checked(const Json::Value& block, const std::string& pointer, trellis_view schema,
                                     const std::string& plugin, const schema::OtherBlock& other) {
    if (block.isNull()) return std::nullopt;
    const bool whole = !document_.holds_broken(block);
    auto text = schema::check_block(document_, block, pointer, text_of(schema), plugin, diagnostics_, other);
    return whole ? text : std::nullopt;
  }

  void check_plugin_blocks() {
    const Json::Value& entries = root_["plugins"];
    for (auto& [name, plugin] : loaded_.settings.plugins) {
      const auto found = libraries_.find(name);
      if (found == libraries_.end()) continue;
      const std::string at = entries.isMember(name) ? pointer_to("/plugins", name) + "/config" : place_of(name);
      if (doubts_.about(at) || (doubts_.about("/plugins") && !entries.isMember(name))) continue;
      const Json::Value block = entries.isMember(name) ? entries[name]["config"] : Json::Value(Json::objectValue);
      const trellis_descriptor& takes = found->second->descriptor();
      const schema::OtherBlock other{text_of(takes.namespace_schema), "a namespace: /namespaces/…/plugins"};
      if (auto text = checked(block, at, takes.config_schema, name, other)) {
        plugin.config = *text;
        fit_.insert(name);
      }
    }
    for (NamespaceSettings& space : loaded_.settings.namespaces) check_namespace_blocks(space);
  }

  void check_namespace_blocks(NamespaceSettings& space) {
    const Json::Value& spaces = root_["namespaces"];
    const Json::Value& blocks = spaces[space.name]["plugins"];
    const std::string at = pointer_to(pointer_to("/namespaces", space.name), "plugins");
    std::map<std::string, std::shared_ptr<const Library>> by_id;
    std::vector<std::string> ids;
    for (const auto& [name, library] : libraries_) {
      if (library->descriptor().namespace_schema.size == 0) continue;
      by_id.emplace(std::string(library->id()), library);
    }
    for (const auto& [id, library] : by_id) ids.push_back(id);
    std::set<std::string> mistyped;
    for (const std::string& id : blocks.getMemberNames()) {
      if (by_id.count(id) != 0) continue;
      mistyped.insert(schema::near_match(id, ids));
      if (!all_in_use_known_ || !schema::near_match(id, failed_ids_).empty()) continue;
      diagnostics_.add(document_.at_unknown(
          pointer_to(at, id), fmt::format("no plugin in use takes settings per namespace under the id \"{}\"", id), id,
          ids, "nothing"));
    }
    for (const auto& [id, library] : by_id) {
      if (!blocks.isMember(id) && (mistyped.count(id) != 0 || blocks.isNull() || doubts_.about(at))) {
        unfit_ids_.insert(id);
        continue;
      }
      const Json::Value block = blocks.isMember(id) ? blocks[id] : Json::Value(Json::objectValue);
      const schema::OtherBlock other{text_of(library->descriptor().config_schema), "the plugin: /plugins/…/config"};
      if (auto text = checked(block, pointer_to(at, id), library->descriptor().namespace_schema, id, other)) {
        space.plugin_blocks[id] = *text;
      } else {
        unfit_ids_.insert(id);
      }
    }
  }

  std::vector<Instance::NamespaceConfig> namespace_configs(std::string_view id) const {
    std::vector<Instance::NamespaceConfig> configs;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      const auto block = space.plugin_blocks.find(std::string(id));
      configs.push_back({space.name, block == space.plugin_blocks.end() ? std::string() : block->second});
    }
    return configs;
  }

  // What the settings of an instance hold that it must not show, wherever they stand.
  std::vector<std::string> secrets_of(const std::string& name, const std::string& id) const {
    Json::Value told(Json::arrayValue);
    told.append(root_["plugins"].isMember(name) ? root_["plugins"][name]["config"] : Json::Value());
    for (const Json::Value& space : root_["namespaces"]) {
      if (space["plugins"].isMember(id)) told.append(space["plugins"][id]);
      for (const Json::Value& one : space["subscriptions"]) {
        if (one["handler"]["plugin"] == name) told.append(one["handler"]["destination"]);
        if (one["predicate"]["plugin"] == name) told.append(one["predicate"]["filter"]);
      }
    }
    return document_.secrets_in(told);
  }

  void make_instances() {
    if (doubts_.about("/namespaces")) return;
    for (const auto& [name, library] : libraries_) {
      if (fit_.count(name) == 0 || unfit_ids_.count(std::string(library->id())) != 0) continue;
      const std::string& config = loaded_.settings.plugins[name].config;
      auto namespaces = namespace_configs(library->id());
      auto secrets = secrets_of(name, std::string(library->id()));
      if (options_.running != nullptr) {
        const auto running = options_.running->find(name);
        if (running != options_.running->end() && running->second->runs(*library, config, namespaces, secrets)) {
          loaded_.instances[name] = running->second;
          continue;
        }
      }
      std::string error;
      auto instance = Instance::create(library, name, services_, error);
      if (instance != nullptr) instance->keep_secret(std::move(secrets));
      if (instance != nullptr && instance->configure(config, std::move(namespaces), error)) {
        loaded_.instances[name] = std::move(instance);
      } else {
        complain(place_of(name), error);
      }
    }
  }

  // Services that nobody's requests would reach, and namespaces nobody could get into.
  void check_listeners() {
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      const ListenerSettings& listener = loaded_.settings.listeners[i];
      const std::string at = pointer_to("/listeners", i);
      const auto found = loaded_.instances.find(listener.protocol);
      if (found == loaded_.instances.end() || found->second->kind() != TRELLIS_KIND_PROTOCOL) continue;
      const auto* table = found->second->table<trellis_protocol>(schema::kind_table(TRELLIS_KIND_PROTOCOL));
      if (table == nullptr) continue;
      if (!listener.services.empty() && table->on_response == nullptr) {
        complain(at + "/services",
                 fmt::format("protocol '{}' carries no requests, so nothing reaches a service", listener.protocol));
      }
      const auto space = std::ranges::find(loaded_.settings.namespaces, listener.name_space, &NamespaceSettings::name);
      if (table->on_authenticated == nullptr || space == loaded_.settings.namespaces.end()) continue;
      const bool sound = !space->authenticators.empty() && !space->authorizers.empty();
      if (sound || !diagnostics_.ok() || !warned_of_.insert("namespace " + space->name).second) continue;
      complain(pointer_to("/namespaces", space->name),
               fmt::format("namespace \"{}\" has no {}, so its clients can do nothing", space->name,
                           space->authenticators.empty() ? "authenticators" : "authorizers"),
               schema::Severity::warning);
    }
  }

  // Filters and destinations of subscriptions are compiled once here, to see whether they can be.
  void check_filters() {
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      for (std::size_t i = 0; i < space.subscriptions.size(); ++i) {
        const SubscriptionSettings& one = space.subscriptions[i];
        const std::string at = pointer_to(pointer_to("/namespaces", space.name) + "/subscriptions", i);
        compile<trellis_predicate>(one.predicate, TRELLIS_KIND_PREDICATE, &trellis_predicate::compile,
                                   one.predicate_filter, at + "/predicate/filter");
        compile<trellis_handler>(one.handler, TRELLIS_KIND_HANDLER, &trellis_handler::open, one.destination,
                                 at + "/handler/destination");
      }
    }
  }

  template <typename Table, typename Function>
  void compile(const std::string& name, std::uint32_t kind, Function function, const std::string& text,
               const std::string& pointer) {
    const auto found = loaded_.instances.find(name);
    const Json::Value* given = schema::find(root_, pointer);
    if (found == loaded_.instances.end() || found->second->kind() != kind) return;
    if (doubts_.about(pointer) || given == nullptr || document_.holds_broken(*given)) return;
    const Instance& instance = *found->second;
    const auto* table = instance.table<Table>(schema::kind_table(kind));
    PluginError error;
    void* compiled = (table->*function)(instance.handle(), view_of(text), &error);
    if (compiled == nullptr) {
      complain(pointer, fmt::format("plugin '{}': {}", name, instance.concealed(error.reason())));
      return;
    }
    table->release(instance.handle(), compiled);
  }

  schema::Document& document_;
  const LoadOptions& options_;
  const HostServices& services_;
  schema::Diagnostics& diagnostics_;
  Json::Value root_;
  schema::Doubts doubts_{schema::Diagnostics()};
  Loaded loaded_;
  std::vector<Use> uses_;
  bool all_in_use_known_ = true;  // whether every instance the file means to use is among uses_, with its library's id
  std::map<std::string, std::shared_ptr<const Library>> libraries_;  // by instance
  std::set<std::string> warned_of_;                                  // libraries, namespaces
  std::vector<std::string> failed_ids_;                              // of plugins that could not be loaded
  std::set<std::string> fit_;                                        // instances whose own settings are right
  std::set<std::string> unfit_ids_;                                  // plugins with wrong settings per namespace
};

}  // namespace

std::optional<Loaded> load_file(const std::filesystem::path& file, const LoadOptions& options,
                                const HostServices& services, schema::Diagnostics& diagnostics) {
  auto document = schema::Document::load(file, diagnostics);
  if (!document) return std::nullopt;
  auto loaded = Loader(*document, options, services, diagnostics).load();
  diagnostics.sort();
  return loaded;
}

}  // namespace trellis::kernel
