#include <trellis/loading/builtin.hpp>
#include <trellis/loading/library.hpp>

namespace trellis::loading {
namespace {

std::vector<const trellis_plugin*>& linked() {
  static std::vector<const trellis_plugin*> plugins;
  return plugins;
}

std::string_view id_of(const trellis_plugin& plugin) {
  return {plugin.descriptor->id.data, plugin.descriptor->id.size};
}

}  // namespace

bool add_builtin(std::initializer_list<const trellis_plugin*> plugins) {
  linked().insert(linked().end(), plugins);
  return true;
}

std::shared_ptr<const Library> builtin(std::string_view id, std::string& error) {
  for (const trellis_plugin* plugin : linked()) {
    if (id_of(*plugin) == id) return Library::builtin(*plugin, error);
  }
  return nullptr;
}

std::vector<std::string> builtin_ids() {
  std::vector<std::string> ids;
  for (const trellis_plugin* plugin : linked()) ids.emplace_back(id_of(*plugin));
  return ids;
}

}  // namespace trellis::loading
