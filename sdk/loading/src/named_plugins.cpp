#include <fmt/format.h>

#include <algorithm>
#include <trellis/loading/named_plugins.hpp>
#include <trellis/loading/registry.hpp>
#include <trellis/schema/descriptor.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>

namespace trellis::loading {

using schema::pointer_to;

NamedPlugins::NamedPlugins(schema::Document& document, const Json::Value& root, const schema::Doubts& doubts,
                           schema::Diagnostics& diagnostics)
    : document_(document), root_(root), doubts_(doubts), diagnostics_(diagnostics) {}

void NamedPlugins::use(const std::string& name, std::uint32_t kind, const std::string& pointer) {
  if (name.empty() || doubts_.about(pointer)) {
    all_known_ = false;
  } else if (document_.is_secret(root_, pointer) && !root_["plugins"].isMember(name)) {
    all_known_ = false;
    if (doubts_.about("/plugins")) return;
    document_.report(
        diagnostics_, pointer,
        "the name of a plugin instance is shown in logs, so it may not come from ${env:…} or ${file:…} unless it "
        "stands under \"plugins\"; write it here, or there with the plugin's id");
  } else {
    uses_.push_back({name, kind, pointer});
  }
}

void NamedPlugins::use_all(const std::vector<std::string>& names, std::uint32_t kind, const std::string& pointer) {
  for (std::size_t i = 0; i < names.size(); ++i) use(names[i], kind, pointer_to(pointer, i));
}

std::vector<std::string> NamedPlugins::names() const {
  std::vector<std::string> names = root_["plugins"].getMemberNames();
  for (const Use& one : uses_) names.push_back(one.name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string NamedPlugins::place_of(const std::string& name) const {
  if (root_["plugins"].isMember(name)) return pointer_to("/plugins", name);
  const auto found = std::ranges::find(uses_, name, &Use::name);
  return found == uses_.end() ? "" : found->pointer;
}

const std::string* NamedPlugins::settings(const std::string& name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() || unfit_ids_.contains(libraries_.at(name)->id()) ? nullptr : &found->second;
}

std::string NamedPlugins::settings_of(const std::string& name_space, std::string_view id) const {
  const auto found = of_spaces_.find(std::pair(name_space, std::string(id)));
  return found == of_spaces_.end() ? "" : found->second;
}

// ---- libraries

void NamedPlugins::open_libraries(std::vector<std::filesystem::path> path, Trust trust) {
  Registry registry(std::move(path), std::move(trust));
  for (const std::string& name : names()) {
    const std::string at = pointer_to("/plugins", name);
    if (doubts_.about(at) || doubts_.about(at + "/plugin") || doubts_.about(at + "/file")) {
      all_known_ = false;
      continue;
    }
    const Json::Value& entry = root_["plugins"][name];
    const std::string id = entry.get("plugin", name).asString();
    const std::string file = entry.get("file", "").asString();
    std::string error;
    auto library = file.empty() ? registry.find(id, error) : registry.load_file(file, error);
    if (library != nullptr) {
      warn_of_signature(*library, name);
      warn_of_symbols(*library, name);
      libraries_[name] = std::move(library);
    } else {
      not_found(name, id, !file.empty(), error, registry.ids());
    }
  }
}

void NamedPlugins::not_found(const std::string& name, const std::string& id, bool by_file, const std::string& error,
                             const std::vector<std::string>& installed) {
  failed_ids_.push_back(id);
  all_known_ = all_known_ && !by_file;
  // It may be in a folder that was refused, or have an entry that was.
  const bool listed = root_["plugins"].isMember(name);
  if (listed ? doubts_.below(pointer_to("/plugins", name), "config") : doubts_.about("/plugins")) return;
  if (doubts_.about("/plugin_path") || doubts_.below("/plugin_path")) return;
  if (!by_file && std::ranges::find(installed, id) == installed.end()) {
    diagnostics_.add(document_.at_unknown(place_of(name), error, id, installed, "a plugin that is installed"));
  } else {
    document_.report(diagnostics_, place_of(name), error);
  }
}

// One that may not be loaded without a valid one was refused before.
void NamedPlugins::warn_of_signature(const Library& library, const std::string& name) {
  const auto& judgement = library.judgement();
  if (!judgement || judgement->why.empty()) return;
  if (!warned_of_.insert("signature of " + library.file().string()).second) return;
  document_.report(diagnostics_, place_of(name),
                   fmt::format("plugin '{}' is loaded although {}", library.file().string(), judgement->why),
                   schema::Severity::warning);
}

// Nobody else can see them, but they can collide within the file's own libraries.
void NamedPlugins::warn_of_symbols(const Library& library, const std::string& name) {
  const std::string fault = schema::symbols_fault(library.symbols());
  if (fault.empty() || !warned_of_.insert(library.file().string()).second) return;
  document_.report(diagnostics_, place_of(name), fmt::format("plugin '{}' {}", library.file().string(), fault),
                   schema::Severity::warning);
}

// ---- what is said about them

void NamedPlugins::check() {
  check_kinds();
  check_settings();
  for (const std::string& name_space : root_["namespaces"].getMemberNames()) check_namespace(name_space);
}

void NamedPlugins::check_kinds() {
  for (const Use& one : uses_) {
    const auto found = libraries_.find(one.name);
    if (found == libraries_.end() || found->second->descriptor().kind == one.kind) continue;
    document_.report(diagnostics_, one.pointer,
                     fmt::format("plugin '{}' is of kind {}, expected one of kind {}", one.name,
                                 schema::kind_name(found->second->descriptor().kind), schema::kind_name(one.kind)));
  }
}

// The block as configure() takes it, or nothing when there is something wrong with it, which was said.
std::optional<std::string> NamedPlugins::checked(const Json::Value& block, const std::string& pointer,
                                                 std::string_view schema, const std::string& plugin,
                                                 const schema::OtherBlock& other) {
  if (block.isNull()) return std::nullopt;
  const bool whole = !document_.holds_broken(block);
  auto text = schema::check_block(document_, block, pointer, schema, plugin, diagnostics_, other);
  return whole ? text : std::nullopt;
}

void NamedPlugins::check_settings() {
  const Json::Value& entries = root_["plugins"];
  for (const auto& [name, library] : libraries_) {
    const bool listed = entries.isMember(name);
    const std::string at = listed ? pointer_to("/plugins", name) + "/config" : place_of(name);
    if (doubts_.about(at) || (doubts_.about("/plugins") && !listed)) continue;
    const Json::Value block = listed ? entries[name]["config"] : Json::Value(Json::objectValue);
    const schema::OtherBlock other{library->namespace_schema(), "a namespace: /namespaces/…/plugins"};
    if (auto text = checked(block, at, library->config_schema(), name, other)) settings_[name] = *text;
  }
}

void NamedPlugins::check_namespace(const std::string& name_space) {
  const Json::Value& blocks = root_["namespaces"][name_space]["plugins"];
  const std::string at = pointer_to(pointer_to("/namespaces", name_space), "plugins");
  std::map<std::string, std::shared_ptr<const Library>> by_id;
  std::vector<std::string> ids;
  for (const auto& [name, library] : libraries_) {
    if (!library->namespace_schema().empty() && by_id.emplace(library->id(), library).second) {
      ids.emplace_back(library->id());
    }
  }
  std::set<std::string> mistyped;
  for (const std::string& id : blocks.getMemberNames()) {
    if (by_id.contains(id)) continue;
    mistyped.insert(schema::near_match(id, ids));
    if (!all_known_ || !schema::near_match(id, failed_ids_).empty()) continue;
    diagnostics_.add(document_.at_unknown(
        pointer_to(at, id), fmt::format("no plugin in use takes settings per namespace under the id \"{}\"", id), id,
        ids, "nothing"));
  }
  for (const auto& [id, library] : by_id) {
    std::optional<std::string> text;
    if (blocks.isMember(id) || (!mistyped.contains(id) && !blocks.isNull() && !doubts_.about(at))) {
      const Json::Value block = blocks.isMember(id) ? blocks[id] : Json::Value(Json::objectValue);
      const schema::OtherBlock other{library->config_schema(), "the plugin: /plugins/…/config"};
      text = checked(block, pointer_to(at, id), library->namespace_schema(), id, other);
    }
    if (text) {
      of_spaces_[{name_space, id}] = *text;
    } else {
      unfit_ids_.insert(id);
    }
  }
}

}  // namespace trellis::loading
