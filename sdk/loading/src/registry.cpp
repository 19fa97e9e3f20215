#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <trellis/brand/brand.hpp>
#include <trellis/loading/builtin.hpp>
#include <trellis/loading/registry.hpp>

namespace trellis::loading {
namespace fs = std::filesystem;

std::shared_ptr<const Library> Registry::load_file(const fs::path& file, std::string& error) {
  std::error_code ignored;
  const fs::path key = fs::weakly_canonical(file, ignored);
  if (const auto found = loaded_.find(key); found != loaded_.end()) return found->second;
  if (!fs::exists(file, ignored)) {
    error = fmt::format("plugin file '{}' does not exist", file.string());
    return nullptr;
  }
  auto library = Library::load(file, trust_, error);
  if (library != nullptr) loaded_.emplace(key, library);
  return library;
}

fs::path Registry::file_of(std::string_view id) const {
  const auto own = builtin_ids();
  if (std::ranges::find(own, id) != own.end()) return {};
  for (const fs::path& folder : path_) {
    fs::path file = folder / (std::string(id) + ".so");
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

std::shared_ptr<const Library> Registry::find(std::string_view id, std::string& error) {
  error.clear();
  if (auto own = builtin(id, error); own != nullptr || !error.empty()) return own;
  const fs::path file = file_of(id);
  if (file.empty()) {
    error = fmt::format("there is no plugin '{}' in", id);
    for (const fs::path& folder : path_) error += fmt::format(" {}", folder.string());
    return nullptr;
  }
  auto library = load_file(file, error);
  if (library != nullptr && library->id() != id) {
    error =
        fmt::format("'{}' holds plugin '{}', not '{}'; name the file after the id", file.string(), library->id(), id);
    return nullptr;
  }
  return library;
}

std::vector<std::string> Registry::ids() const {
  const auto own = builtin_ids();
  std::set<std::string> ids(own.begin(), own.end());
  for (const fs::path& folder : path_) {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
      if (entry.path().extension() == ".so") ids.insert(entry.path().stem().string());
    }
  }
  return {ids.begin(), ids.end()};
}

std::vector<std::shared_ptr<const Library>> Registry::all(std::vector<std::string>& errors) {
  std::vector<std::shared_ptr<const Library>> libraries;
  for (const std::string& id : ids()) {
    std::string error;
    if (auto library = find(id, error)) {
      libraries.push_back(std::move(library));
    } else {
      errors.push_back(std::move(error));
    }
  }
  return libraries;
}

std::vector<fs::path> default_plugin_path() {
  std::vector<fs::path> path;
  if (const char* set = std::getenv("TRELLIS_PLUGIN_PATH")) {
    std::istringstream folders(set);
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (!folder.empty()) path.emplace_back(folder);
    }
  }
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  if (!code) path.push_back(program.parent_path().parent_path() / "lib" / brand::brand().program / "plugins");
  return path;
}

}  // namespace trellis::loading
