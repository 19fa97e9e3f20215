#include "plugin/library.hpp"

#include <fmt/format.h>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <trellis/schema/descriptor.hpp>

namespace trellis::kernel {

std::shared_ptr<const Library> Library::load(const std::filesystem::path& file, std::string& error) {
  namespace dll = boost::dll;
  const std::string name = file.filename().string();
  std::error_code code;
  // Kept open for ever, hence never destroyed.
  auto* library = new dll::shared_library;
  library->load(file, dll::load_mode::rtld_now | dll::load_mode::rtld_local, code);
  if (code) {
    error = fmt::format("cannot load plugin '{}': {}", file.string(), code.message());
    return nullptr;
  }
  if (!library->has(TRELLIS_PLUGIN_SYMBOL)) {
    error = fmt::format("'{}' is no Trellis plugin: it does not export {}", file.string(), TRELLIS_PLUGIN_SYMBOL);
    return nullptr;
  }
  std::shared_ptr<Library> loaded(new Library);
  loaded->file_ = file;
  loaded->entry_ = &library->get<const trellis_plugin>(TRELLIS_PLUGIN_SYMBOL);
  error = schema::entry_fault(loaded->entry_, name);
  return error.empty() ? loaded : nullptr;
}

}  // namespace trellis::kernel
