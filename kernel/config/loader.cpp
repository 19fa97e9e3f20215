#include "config/loader.hpp"

#include <fmt/format.h>
#include <trellis/abi/filter.h>
#include <trellis/abi/handler.h>

#include <algorithm>
#include <trellis/schema/block.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/schema/validate.hpp>

#include "message/message.hpp"

namespace trellis::kernel {
namespace {

using schema::pointer_to;

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
    if (!root_.isObject() || !diagnostics_.ok()) return std::nullopt;
    loaded_.settings = read_settings(root_);
    collect_uses();
    check_namespaces();
    open_libraries();
    check_plugin_blocks();
    if (diagnostics_.ok()) make_instances();
    if (diagnostics_.ok()) check_filters();
    if (!diagnostics_.ok()) return std::nullopt;
    loaded_.redacted = document_.redact(root_);
    return std::move(loaded_);
  }

 private:
  void complain(const std::string& pointer, std::string message) {
    diagnostics_.add(document_.at_pointer(pointer, std::move(message)));
  }

  void complain_unknown(const std::string& pointer, std::string message, const std::string& name,
                        const std::vector<std::string>& known, const char* if_none) {
    auto diagnostic = document_.at_pointer(pointer, std::move(message));
    diagnostic.expected = known.empty() ? if_none : schema::one_of(known);
    diagnostic.suggestion = schema::near_match(name, known);
    diagnostics_.add(std::move(diagnostic));
  }

  void use(const std::string& name, std::uint32_t kind, std::string pointer) {
    uses_.push_back({name, kind, std::move(pointer)});
  }
  void use_all(const std::vector<std::string>& names, std::uint32_t kind, const std::string& pointer) {
    for (std::size_t i = 0; i < names.size(); ++i) use(names[i], kind, pointer_to(pointer, i));
  }

  void collect_uses() {
    const Settings& settings = loaded_.settings;
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
      const ListenerSettings& listener = settings.listeners[i];
      const std::string at = pointer_to("/listeners", i);
      use(listener.protocol, TRELLIS_KIND_PROTOCOL, at + "/protocol");
      use_all(listener.layers, TRELLIS_KIND_LAYER, at + "/layers");
      for (const auto& [mount, service] : listener.services) {
        use(service, TRELLIS_KIND_SERVICE, pointer_to(at + "/services", mount));
        if (mount[0] != '/')
          complain(pointer_to(at + "/services", mount),
                   fmt::format("\"{}\" is no path: it must begin with '/'", mount));
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
    std::vector<std::string> names;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) names.push_back(space.name);
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      const std::string& name = loaded_.settings.listeners[i].name_space;
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      complain_unknown(pointer_to("/listeners", i) + "/namespace", fmt::format("there is no namespace \"{}\"", name),
                       name, names, "a namespace under \"namespaces\"");
    }
  }

  void open_libraries() {
    std::vector<std::filesystem::path> path = loaded_.settings.plugin_path;
    path.insert(path.end(), options_.extra_path.begin(), options_.extra_path.end());
    const auto installed = default_plugin_path();
    path.insert(path.end(), installed.begin(), installed.end());
    Registry registry(std::move(path));
    for (const Use& one : uses_) {
      if (loaded_.settings.plugins.count(one.name) == 0) loaded_.settings.plugins[one.name] = {one.name, "", ""};
    }
    for (const auto& [name, plugin] : loaded_.settings.plugins) {
      std::string error;
      auto library = plugin.file.empty() ? registry.find(plugin.id, error) : registry.load_file(plugin.file, error);
      if (library == nullptr) {
        complain(place_of(name), error);
      } else {
        libraries_[name] = std::move(library);
      }
    }
    for (const Use& one : uses_) {
      const auto found = libraries_.find(one.name);
      if (found == libraries_.end() || found->second->descriptor().kind == one.kind) continue;
      complain(one.pointer,
               fmt::format("plugin '{}' is of kind {}, expected one of kind {}", one.name,
                           schema::kind_name(found->second->descriptor().kind), schema::kind_name(one.kind)));
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

  void check_plugin_blocks() {
    for (auto& [name, plugin] : loaded_.settings.plugins) {
      const auto found = libraries_.find(name);
      if (found == libraries_.end()) continue;
      const Json::Value block =
          root_["plugins"].isMember(name) ? root_["plugins"][name]["config"] : Json::Value(Json::objectValue);
      const std::string pointer = pointer_to("/plugins", name) + "/config";
      if (auto text = schema::check_block(document_, block, pointer, text_of(found->second->descriptor().config_schema),
                                          name, diagnostics_))
        plugin.config = *text;
    }
    for (NamespaceSettings& space : loaded_.settings.namespaces) check_namespace_blocks(space);
  }

  void check_namespace_blocks(NamespaceSettings& space) {
    const Json::Value& blocks = root_["namespaces"][space.name]["plugins"];
    const std::string at = pointer_to(pointer_to("/namespaces", space.name), "plugins");
    std::map<std::string, std::shared_ptr<const Library>> by_id;
    std::vector<std::string> ids;
    for (const auto& [name, library] : libraries_) {
      if (library->descriptor().namespace_schema.size == 0) continue;
      by_id.emplace(std::string(library->id()), library);
    }
    for (const auto& [id, library] : by_id) ids.push_back(id);
    for (const std::string& id : blocks.getMemberNames()) {
      if (by_id.count(id) != 0) continue;
      complain_unknown(pointer_to(at, id),
                       fmt::format("no plugin in use takes settings per namespace under the id \"{}\"", id), id, ids,
                       "nothing");
    }
    for (const auto& [id, library] : by_id) {
      const Json::Value block = blocks.isMember(id) ? blocks[id] : Json::Value(Json::objectValue);
      if (auto text = schema::check_block(document_, block, pointer_to(at, id),
                                          text_of(library->descriptor().namespace_schema), id, diagnostics_)) {
        space.plugin_blocks[id] = *text;
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

  void make_instances() {
    for (const auto& [name, library] : libraries_) {
      const std::string& config = loaded_.settings.plugins[name].config;
      auto namespaces = namespace_configs(library->id());
      if (options_.running != nullptr) {
        const auto running = options_.running->find(name);
        if (running != options_.running->end() && running->second->runs(*library, config, namespaces)) {
          loaded_.instances[name] = running->second;
          continue;
        }
      }
      std::string error;
      auto instance = Instance::create(library, name, services_, error);
      if (instance != nullptr && instance->configure(config, std::move(namespaces), error)) {
        loaded_.instances[name] = std::move(instance);
      } else {
        complain(place_of(name), error);
      }
    }
  }

  // Filters and destinations of subscriptions are compiled once here, to see whether they can be.
  void check_filters() {
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      for (std::size_t i = 0; i < space.subscriptions.size(); ++i) {
        const SubscriptionSettings& one = space.subscriptions[i];
        const std::string at = pointer_to(pointer_to("/namespaces", space.name) + "/subscriptions", i);
        if (!one.predicate.empty()) {
          compile<trellis_predicate>(one.predicate, TRELLIS_PREDICATE, &trellis_predicate::compile,
                                     one.predicate_filter, at + "/predicate/filter");
        }
        compile<trellis_handler>(one.handler, TRELLIS_HANDLER, &trellis_handler::open, one.destination,
                                 at + "/handler/destination");
      }
    }
  }

  template <typename Table, typename Function>
  void compile(const std::string& name, std::string_view id, Function function, const std::string& text,
               const std::string& pointer) {
    const Instance& instance = *loaded_.instances[name];
    const auto* table = instance.table<Table>(id);
    PluginError error;
    void* compiled = (table->*function)(instance.handle(), view_of(text), &error);
    if (compiled == nullptr) return complain(pointer, fmt::format("plugin '{}': {}", name, error.reason()));
    table->release(instance.handle(), compiled);
  }

  schema::Document& document_;
  const LoadOptions& options_;
  const HostServices& services_;
  schema::Diagnostics& diagnostics_;
  Json::Value root_;
  Loaded loaded_;
  std::vector<Use> uses_;
  std::map<std::string, std::shared_ptr<const Library>> libraries_;
};

std::optional<Loaded> load(std::optional<schema::Document> document, const LoadOptions& options,
                           const HostServices& services, schema::Diagnostics& diagnostics) {
  if (!document) return std::nullopt;
  auto loaded = Loader(*document, options, services, diagnostics).load();
  diagnostics.sort();
  return loaded;
}

}  // namespace

std::optional<Loaded> load_file(const std::filesystem::path& file, const LoadOptions& options,
                                const HostServices& services, schema::Diagnostics& diagnostics) {
  return load(schema::Document::load(file, diagnostics), options, services, diagnostics);
}

std::optional<Loaded> load_text(std::string text, std::string name, const LoadOptions& options,
                                const HostServices& services, schema::Diagnostics& diagnostics) {
  return load(schema::Document::parse(std::move(text), std::move(name), diagnostics), options, services, diagnostics);
}

}  // namespace trellis::kernel
