#include <fmt/format.h>
#include <trellis/abi/connection.h>

#include <algorithm>
#include <array>
#include <set>
#include <trellis/brand/brand.hpp>
#include <trellis/configuration/loader.hpp>
#include <trellis/loading/named_plugins.hpp>
#include <trellis/loading/registry.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/doubts.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/secrets.hpp>
#include <trellis/schema/validate.hpp>

#include "isolation.hpp"
#include "locks.hpp"
#include "signatures.hpp"

namespace trellis::configuration {
namespace {

using schema::pointer_to;

// Keys of the file below which instances are named.
constexpr std::array<std::string_view, 10> kNaming = {"listeners",      "protocol",    "layers", "serves",   "services",
                                                      "authenticators", "authorizers", "stages", "outbound", "store"};

class Loader {
 public:
  Loader(schema::Document& document, const LoadOptions& options, const HostServices& services,
         schema::Diagnostics& diagnostics)
      : document_(document), options_(options), services_(services), diagnostics_(diagnostics) {}

  std::optional<Loaded> load() {
    schema::substitute_secrets(document_, {}, diagnostics_);
    apply_locks(document_, brand::brand().locked, brand::brand().vendor, diagnostics_);
    root_ = schema::validate(document_, without_removed(), "", settings_schema(), diagnostics_);
    if (!root_.isObject()) return std::nullopt;
    // What is wrong was said; the rest is judged as far as it does not depend on that.
    doubts_ = schema::Doubts(diagnostics_);
    document_.drop_broken(root_);
    loaded_.settings = read_settings(root_);
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      loaded_.settings.listeners[i].address_is_secret =
          document_.is_secret(root_, pointer_to("/listeners", i) + "/address");
    }
    check_addresses();
    check_served();
    check_hosts();
    check_inbound();
    collect_uses();
    check_namespaces();
    open_libraries();
    check_log_levels();
    plugins_.check();
    make_instances();
    check_listeners();
    check_outbound();
    read_resources();
    if (!diagnostics_.ok()) return std::nullopt;
    loaded_.redacted = document_.redact(root_);
    return std::move(loaded_);
  }

 private:
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
      document_.report_again(diagnostics_, pointer_to("/listeners", i) + "/address",
                             "another listener has this address already; each needs one of its own",
                             pointer_to("/listeners", before) + "/address", "first given here");
    }
  }

  void check_served() {
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      const std::string at = pointer_to("/listeners", i);
      const Json::Value& given = root_["listeners"][static_cast<Json::ArrayIndex>(i)];
      const bool several = given.isMember("serves");
      if (given.isMember("protocol") == several && !doubts_.below(at, "protocol") && !doubts_.below(at, "serves")) {
        document_.report(diagnostics_, at,
                         several
                             ? "either \"protocol\" or \"serves\", not both: move the protocol into the list"
                             : "nothing says what is spoken here: \"protocol\" is missing, or \"serves\" for several");
      }
      if (several && given.isMember("services") && !given["services"].empty()) {
        document_.report(diagnostics_, at + "/services",
                         "beside \"serves\" each protocol in the list has \"services\" of its own");
      }
      const ListenerSettings& listener = loaded_.settings.listeners[i];
      for (std::size_t k = 0; k < listener.optional_layers.size(); ++k) {
        const std::string& name = listener.optional_layers[k];
        if (std::ranges::find(listener.layers, name) != listener.layers.end() || doubts_.about(at + "/layers"))
          continue;
        diagnostics_.add(document_.at_unknown(pointer_to(at + "/optional_layers", k),
                                              fmt::format("\"{}\" is none of this listener's layers", name), name,
                                              listener.layers, "one of \"layers\""));
      }
    }
  }

  void check_hosts() {
    std::map<std::string, std::string> first;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      const std::string at = pointer_to("/namespaces", space.name);
      check_hosts(space.hosts, at + "/hosts", first);
      check_hosts(space.custom_domains, at + "/custom_domains", first);
    }
  }

  void check_hosts(const std::vector<std::string>& hosts, const std::string& list,
                   std::map<std::string, std::string>& first) {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      const std::string at = pointer_to(list, i);
      const auto [known, added] = first.emplace(hosts[i], at);
      if (added) continue;
      auto diagnostic = document_.at_pointer(at, "a host leads to one namespace, this one is listed already");
      const auto other = document_.at_pointer(known->second, "");
      diagnostic.notes.push_back({"first listed here", other.line, other.column});
      diagnostics_.add(std::move(diagnostic));
    }
  }

  void check_inbound() {
    const auto most = root_["limits"]["inbound_ip_rules"].asUInt();
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      const auto rules = root_["namespaces"][space.name]["inbound_ip_rules"].size();
      if (rules <= most || doubts_.about("/limits/inbound_ip_rules")) continue;
      document_.report(diagnostics_, pointer_to("/namespaces", space.name) + "/inbound_ip_rules",
                       fmt::format("these are {} rules; limits.inbound_ip_rules allows {}", rules, most));
    }
  }

  // Where the file has one of a listener's protocols.
  std::string spoken_at(std::size_t listener, std::size_t index) const {
    const std::string at = pointer_to("/listeners", listener);
    const Json::Value& given = root_["listeners"][static_cast<Json::ArrayIndex>(listener)];
    return index < given["serves"].size() ? pointer_to(at + "/serves", index) : at;
  }

  void collect_uses() {
    if (doubts_.about_any(kNaming)) plugins_.uses_unknown();
    const Settings& settings = loaded_.settings;
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
      const ListenerSettings& listener = settings.listeners[i];
      const std::string at = pointer_to("/listeners", i);
      plugins_.use_all(listener.layers, TRELLIS_KIND_LAYER, at + "/layers");
      for (std::size_t k = 0; k < listener.serves.size(); ++k) {
        const SpokenSettings& one = listener.serves[k];
        const std::string below = spoken_at(i, k);
        plugins_.use(one.protocol, TRELLIS_KIND_PROTOCOL, below + "/protocol");
        plugins_.use_all(one.layers, TRELLIS_KIND_LAYER, below + "/layers");
        for (const auto& [mount, service] : one.services) {
          plugins_.use(service, TRELLIS_KIND_SERVICE, pointer_to(below + "/services", mount));
        }
      }
    }
    if (!settings.store.empty()) plugins_.use(settings.store, TRELLIS_KIND_STORE, "/store");
    const OutboundSettings& outbound = settings.outbound;
    if (!outbound.tls.empty()) plugins_.use(outbound.tls, TRELLIS_KIND_LAYER, "/outbound/tls");
    plugins_.use_all(outbound.layers, TRELLIS_KIND_LAYER, "/outbound/layers");
    if (!outbound.proxy_layer.empty()) {
      plugins_.use(outbound.proxy_layer, TRELLIS_KIND_LAYER, "/outbound/proxy/layer");
    }
    for (const NamespaceSettings& space : settings.namespaces) {
      const std::string at = pointer_to("/namespaces", space.name);
      plugins_.use_all(space.authenticators, TRELLIS_KIND_AUTHENTICATOR, at + "/authenticators");
      plugins_.use_all(space.authorizers, TRELLIS_KIND_AUTHORIZER, at + "/authorizers");
      plugins_.use_all(space.publish_stages, TRELLIS_KIND_STAGE, at + "/stages/publish");
      plugins_.use_all(space.deliver_stages, TRELLIS_KIND_STAGE, at + "/stages/deliver");
    }
  }

  // What was a setting once: whoever has it still is told what to write instead.
  Json::Value without_removed() {
    Json::Value root = document_.root();
    if (!root.isObject() || !root.isMember("namespaces") || !root["namespaces"].isObject()) return root;
    for (const std::string& name : root["namespaces"].getMemberNames()) {
      Json::Value& space = root["namespaces"][name];
      if (!space.isObject() || !space.isMember("subscriptions")) continue;
      diagnostics_.add(document_.at_key(space["subscriptions"], pointer_to("/namespaces", name) + "/subscriptions",
                                        "handlers get no messages by the configuration any more. Write a route, which "
                                        "makes events of messages, and an "
                                        "event subscription that pushes them to the handler: resources of "
                                        "service-events, see docs/push-delivery.md"));
      space.removeMember("subscriptions");
    }
    return root;
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

  // Opening a library runs its code, so nothing is opened while it is in doubt which may be.
  void open_libraries() {
    const std::string_view at = "/plugin_signatures";
    auto trust = trust_of(loaded_.settings.signatures, document_, diagnostics_);
    if (!trust || doubts_.about(at) || doubts_.below(at)) return plugins_.uses_unknown();
    std::vector<std::filesystem::path> path = loaded_.settings.plugin_path;
    path.insert(path.end(), options_.extra_path.begin(), options_.extra_path.end());
    const auto installed = loading::default_plugin_path();
    path.insert(path.end(), installed.begin(), installed.end());
    plugins_.open_libraries(std::move(path), std::move(*trust));
  }

  void check_log_levels() {
    std::vector<std::string> known = {"app", "identity", "net", "route"};
    for (const std::string& name : plugins_.names()) known.push_back(name);
    for (const auto& [name, level] : loaded_.settings.log.levels) {
      if (!plugins_.all_known() || std::ranges::find(known, name) != known.end()) continue;
      diagnostics_.add(document_.at_unknown(pointer_to("/log/levels", name),
                                            "this names nothing that writes to the log", name, known,
                                            "a plugin instance"));
    }
  }

  std::vector<Instance::NamespaceConfig> namespace_configs(std::string_view id) const {
    std::vector<Instance::NamespaceConfig> configs;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) {
      configs.push_back({space.name, plugins_.settings_of(space.name, id)});
    }
    return configs;
  }

  // What the settings of an instance hold that it must not show, wherever they stand.
  std::vector<std::string> secrets_of(const std::string& name, const std::string& id) const {
    Json::Value told(Json::arrayValue);
    told.append(root_["plugins"].isMember(name) ? root_["plugins"][name]["config"] : Json::Value());
    for (const Json::Value& space : root_["namespaces"]) {
      if (space["plugins"].isMember(id)) told.append(space["plugins"][id]);
    }
    return document_.secrets_in(told);
  }

  // How an instance is run; nothing where that is wrong, which was said.
  std::optional<hosting::Isolation> isolation_of(const std::string& name, const loading::Library& library) {
    const Json::Value& entry = root_["plugins"].isMember(name) ? root_["plugins"][name] : Json::Value::nullSingleton();
    const std::string at = pointer_to("/plugins", name);
    for (const char* const key : {"isolation", "fallback", "deadline", "restart_pause", "breaker"}) {
      if (doubts_.about(at + "/" + key)) return std::nullopt;
    }
    const auto wrong = [&](const char* key, const std::string& why) {
      document_.report(diagnostics_, at + "/" + key, why);
    };
    return read_isolation(entry, library.descriptor().kind, services_.isolated.contains(name), wrong);
  }

  void make_instances() {
    if (doubts_.about("/namespaces")) return;
    for (const auto& [name, library] : plugins_.libraries()) {
      if (plugins_.settings(name) == nullptr) continue;
      const std::string& config = *plugins_.settings(name);
      auto namespaces = namespace_configs(library->id());
      auto secrets = secrets_of(name, std::string(library->id()));
      const auto isolation = isolation_of(name, *library);
      if (!isolation) continue;
      if (options_.running != nullptr) {
        const auto running = options_.running->find(name);
        if (running != options_.running->end() &&
            running->second->runs(*library, config, namespaces, secrets, *isolation)) {
          loaded_.instances[name] = running->second;
          continue;
        }
      }
      std::string error;
      auto instance = Instance::create(library, name, services_, error, *isolation);
      if (instance != nullptr) instance->keep_secret(std::move(secrets));
      if (instance != nullptr && instance->configure(config, std::move(namespaces), error)) {
        loaded_.instances[name] = std::move(instance);
      } else {
        document_.report(diagnostics_, plugins_.place_of(name), error);
      }
    }
  }

  // Held against a registry of their own: what is kept besides is known where they are taken over only.
  void read_resources() {
    const auto& folder = loaded_.settings.resources;
    if (document_.root().isMember("resources") && !doubts_.about("/resources") && !is_directory(folder)) {
      document_.report(diagnostics_, "/resources", fmt::format("there is no folder \"{}\"", folder.string()));
    }
    if (!diagnostics_.ok()) return;
    resources::Registry registry([] { return std::int64_t{0}; });
    std::vector<std::string> names;
    for (const NamespaceSettings& space : loaded_.settings.namespaces) names.push_back(space.name);
    registry.set_namespaces(std::move(names));
    for (const auto& [name, instance] : loaded_.instances) {
      const std::string error = instance->declare_in(registry);
      if (!error.empty()) document_.report(diagnostics_, plugins_.place_of(name), error);
    }
    const hosting::Together together(services_, loaded_.instances);
    auto files = std::make_shared<resources::Files>(resources::Files::read(folder, diagnostics_));
    if (diagnostics_.ok())
      report(registry.plan(files->plan(registry), resources::Origin::files).failures, diagnostics_);
    loaded_.resources = std::move(files);
  }

  void check_serving(const std::vector<std::string>& layers, const std::string& at) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const trellis_layer* table = layer_table(layers[i]);
      if (table == nullptr || (table->flags & TRELLIS_LAYER_DIALS_ONLY) == 0) continue;
      document_.report(diagnostics_, pointer_to(at, i),
                       fmt::format("layer '{0}' serves no clients as it is configured; its manual says what it needs: "
                                   "{2} describe {1}",
                                   layers[i], loaded_.instances.at(layers[i])->library().id(), brand::brand().program));
    }
  }

  const trellis_layer* layer_table(const std::string& name) const {
    const auto found = loaded_.instances.find(name);
    if (found == loaded_.instances.end() || found->second->kind() != TRELLIS_KIND_LAYER) return nullptr;
    return found->second->table<trellis_layer>(TRELLIS_LAYER);
  }

  // Layers and services that no client would reach, and namespaces nobody could get into.
  void check_listeners() {
    for (std::size_t i = 0; i < loaded_.settings.listeners.size(); ++i) {
      const auto& serves = loaded_.settings.listeners[i].serves;
      check_serving(loaded_.settings.listeners[i].layers, pointer_to("/listeners", i) + "/layers");
      for (std::size_t k = 0; k < serves.size(); ++k) {
        check_serving(serves[k].layers, spoken_at(i, k) + "/layers");
        const auto found = loaded_.instances.find(serves[k].protocol);
        if (found == loaded_.instances.end() || found->second->kind() != TRELLIS_KIND_PROTOCOL) continue;
        const auto* table = found->second->table<trellis_protocol>(schema::kind_table(TRELLIS_KIND_PROTOCOL));
        if (table == nullptr) continue;
        if (!serves[k].services.empty() && table->on_response == nullptr) {
          document_.report(
              diagnostics_, spoken_at(i, k) + "/services",
              fmt::format("protocol '{}' carries no requests, so nothing reaches a service", serves[k].protocol));
        }
        // What requests need is for the services they go to.
        const bool knows_clients = table->on_authenticated != nullptr && table->on_response == nullptr;
        if (knows_clients) warn_of_closed(loaded_.settings.listeners[i].name_space);
      }
    }
  }

  void check_outbound() {
    const OutboundSettings& outbound = loaded_.settings.outbound;
    check_dials(outbound.tls, "/outbound/tls", TRELLIS_LAYER_DIALS | TRELLIS_LAYER_SECURE);
    check_dials(outbound.proxy_layer, "/outbound/proxy/layer", TRELLIS_LAYER_DIALS);
    for (std::size_t i = 0; i < outbound.layers.size(); ++i) {
      check_dials(outbound.layers[i], pointer_to("/outbound/layers", i), TRELLIS_LAYER_DIALS | TRELLIS_LAYER_SECURE);
    }
  }

  void check_dials(const std::string& name, const std::string& at, std::uint32_t flags) {
    const trellis_layer* table = layer_table(name);
    if (table == nullptr || (table->flags & flags) == flags) return;
    document_.report(diagnostics_, at,
                     fmt::format("layer '{}' {} on connections made from here", name,
                                 (table->flags & TRELLIS_LAYER_DIALS) == 0 ? "does nothing" : "encrypts nothing"));
  }

  void warn_of_closed(const std::string& name) {
    const auto space = std::ranges::find(loaded_.settings.namespaces, name, &NamespaceSettings::name);
    if (space == loaded_.settings.namespaces.end() || !diagnostics_.ok()) return;
    if (!space->authenticators.empty() && !space->authorizers.empty()) return;
    if (!warned_of_.insert(name).second) return;
    document_.report(diagnostics_, pointer_to("/namespaces", name),
                     fmt::format("namespace \"{}\" has no {}, so its clients can do nothing", name,
                                 space->authenticators.empty() ? "authenticators" : "authorizers"),
                     schema::Severity::warning);
  }

  schema::Document& document_;
  const LoadOptions& options_;
  const HostServices& services_;
  schema::Diagnostics& diagnostics_;
  Json::Value root_;
  schema::Doubts doubts_{schema::Diagnostics()};
  Loaded loaded_;
  loading::NamedPlugins plugins_{document_, root_, doubts_, diagnostics_};
  std::set<std::string> warned_of_;  // namespaces
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

}  // namespace trellis::configuration
