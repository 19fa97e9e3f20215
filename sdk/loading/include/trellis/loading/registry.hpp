// Which plugins there are: found by id in the search path.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/loading/library.hpp>
#include <vector>

namespace trellis::loading {

/// [control]
class Registry {
 public:
  explicit Registry(std::vector<std::filesystem::path> path, Trust trust = compiled_trust())
      : path_(std::move(path)), trust_(std::move(trust)) {}

  /// The plugin of that id: a part of the program, else `<id>.so` in the first folder of the path that has it. Null
  /// with error set.
  std::shared_ptr<const Library> find(std::string_view id, std::string& error);
  std::shared_ptr<const Library> load_file(const std::filesystem::path& file, std::string& error);
  /// Every plugin of the path; what cannot be loaded is said in errors.
  std::vector<std::shared_ptr<const Library>> all(std::vector<std::string>& errors);
  std::vector<std::string> ids() const;
  /// Where the plugin of that id is looked for first; empty where it is a part of the program or nowhere.
  std::filesystem::path file_of(std::string_view id) const;
  const Trust& trust() const { return trust_; }

 private:
  std::vector<std::filesystem::path> path_;
  Trust trust_;
  std::map<std::filesystem::path, std::shared_ptr<const Library>> loaded_;
};

/// Where plugins of this installation lie: beside the program (../lib/trellis/plugins), then TRELLIS_PLUGIN_PATH.
std::vector<std::filesystem::path> default_plugin_path();

}  // namespace trellis::loading
