// The plugin instances a configuration file names: of which libraries they are and with what settings.
#pragma once

#include <json/value.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <trellis/loading/library.hpp>
#include <trellis/schema/block.hpp>
#include <trellis/schema/document.hpp>
#include <trellis/schema/doubts.hpp>
#include <utility>
#include <vector>

namespace trellis::loading {

/// Instances stand under /plugins, or anywhere else by the id of their plugin, which then has its defaults; settings
/// per namespace stand under /namespaces/NAME/plugins/ID. Every mistake is said in diagnostics, once. [control]
class NamedPlugins {
 public:
  using Found = std::map<std::string, std::shared_ptr<const Library>>;  // by instance

  /// All must outlive it. root: what schema::validate() made of the file. doubts: what it found wrong there.
  NamedPlugins(schema::Document& document, const Json::Value& root, const schema::Doubts& doubts,
               schema::Diagnostics& diagnostics);

  /// The file names an instance at a pointer, where one of that kind has to be.
  void use(const std::string& name, std::uint32_t kind, const std::string& pointer);
  void use_all(const std::vector<std::string>& names, std::uint32_t kind, const std::string& pointer);
  /// Some use could not be read, so nothing can be said about what is used by nobody.
  void uses_unknown() { all_known_ = false; }
  /// After all uses: loads the libraries, the first folder that has one decides. What is not signed as it should be is
  /// reported.
  void open_libraries(std::vector<std::filesystem::path> path, Trust trust = compiled_trust());
  /// Kinds, settings, settings per namespace.
  void check();

  /// Whether every instance the file means to use is among those found, or under an id that nobody mistyped.
  bool all_known() const noexcept { return all_known_; }
  /// Instances with a library, whatever their settings.
  const Found& libraries() const noexcept { return libraries_; }
  /// Every name in use, with a library or without.
  std::vector<std::string> names() const;
  /// What configure() takes; nothing where the settings are wrong, also in a namespace.
  const std::string* settings(const std::string& name) const;
  /// The same of a plugin in one namespace; empty where it asks for none.
  std::string settings_of(const std::string& name_space, std::string_view id) const;
  /// Where a problem with an instance is best shown: its entry, else its first use.
  std::string place_of(const std::string& name) const;

 private:
  struct Use {
    std::string name;
    std::uint32_t kind;
    std::string pointer;
  };
  void not_found(const std::string& name, const std::string& id, bool by_file, const std::string& error,
                 const std::vector<std::string>& installed);
  void warn_of_symbols(const Library& library, const std::string& name);
  void warn_of_signature(const Library& library, const std::string& name);
  void check_kinds();
  void check_settings();
  void check_namespace(const std::string& name_space);
  std::optional<std::string> checked(const Json::Value& block, const std::string& pointer, std::string_view schema,
                                     const std::string& plugin, const schema::OtherBlock& other);

  schema::Document& document_;
  const Json::Value& root_;
  const schema::Doubts& doubts_;
  schema::Diagnostics& diagnostics_;
  std::vector<Use> uses_;
  bool all_known_ = true;
  Found libraries_;
  std::map<std::string, std::string> settings_;                                        // by instance
  std::map<std::pair<std::string, std::string>, std::string, std::less<>> of_spaces_;  // by namespace and plugin id
  std::set<std::string> warned_of_;                                                    // files and signatures
  std::vector<std::string> failed_ids_;                                                // could not be loaded
  std::set<std::string, std::less<>> unfit_ids_;  // plugins with wrong settings in some namespace
};

}  // namespace trellis::loading
