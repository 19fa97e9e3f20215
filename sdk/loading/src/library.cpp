#include <fmt/format.h>

#include <trellis/loading/library.hpp>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <deque>
#include <trellis/schema/descriptor.hpp>

namespace trellis::loading {
namespace {

// What the system's loader said, out of the sentence Boost wraps it in: "… (/path/file.so: what it said): …".
std::string loader_text(std::string_view wrapped, const std::string& file) {
  const std::size_t begin = wrapped.find(file + ": ");
  if (begin == std::string_view::npos) return std::string(wrapped);
  std::string_view said = wrapped.substr(begin + file.size() + 2);
  if (const std::size_t end = said.rfind("): "); end != std::string_view::npos) said = said.substr(0, end);
  return std::string(said);
}

}  // namespace

std::shared_ptr<const Library> Library::load(const std::filesystem::path& file, std::string& error) {
  auto library = open(file, error);
  if (library != nullptr) error = schema::entry_fault(library->entry_, file.filename().string());
  return error.empty() ? library : nullptr;
}

std::shared_ptr<const Library> Library::open(const std::filesystem::path& file, std::string& error) {
  namespace dll = boost::dll;
  error.clear();
  // Kept open for ever, hence never destroyed.
  static auto* const opened = new std::deque<dll::shared_library>;
  dll::shared_library* const library = &opened->emplace_back();
  try {
    library->load(file, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const std::exception& problem) {
    error = fmt::format("cannot load plugin '{}': {}", file.string(), loader_text(problem.what(), file.string()));
    return nullptr;
  }
  if (!library->has(TRELLIS_PLUGIN_SYMBOL)) {
    error = fmt::format("'{}' is no Trellis plugin: it does not export {}", file.string(), TRELLIS_PLUGIN_SYMBOL);
    return nullptr;
  }
  std::shared_ptr<Library> loaded(new Library);
  loaded->file_ = file;
  loaded->entry_ = &library->get<const trellis_plugin>(TRELLIS_PLUGIN_SYMBOL);
  return loaded;
}

std::vector<std::string> Library::symbols() const {
  try {
    return boost::dll::library_info(file_).symbols();
  } catch (const std::exception&) {
    return {};  // it was loaded, so it is not for us to call it broken
  }
}

}  // namespace trellis::loading
