#include <fmt/format.h>

#include <trellis/loading/library.hpp>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <trellis/schema/descriptor.hpp>

#include "descriptor.hpp"

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

std::shared_ptr<const Library> Library::load(const std::filesystem::path& file, const Trust& trust,
                                             std::string& error) {
  error.clear();
  const bool asks = trust.policy != SignaturePolicy::off;
  auto library = asks ? open_judged(file, trust, error) : open(file, file.string(), error);
  if (library != nullptr) error = schema::entry_fault(library->entry_, file.filename().string());
  return error.empty() ? library : nullptr;
}

std::shared_ptr<const Library> Library::open(const std::filesystem::path& file, std::string& error) {
  return open(file, file.string(), error);
}

std::shared_ptr<const Library> Library::builtin(const trellis_plugin& entry, std::string& error) {
  std::shared_ptr<Library> library(new Library);
  library->entry_ = &entry;
  library->judgement_ = Judgement{.state = SignatureState::built_in, .key = "", .comment = "", .why = "", .digest = {}};
  error = schema::entry_fault(&entry, "a part of this program");
  return error.empty() ? library : nullptr;
}

// The file is copied: what was judged is what is loaded, also by a process of its own that is started again much later,
// whatever its name leads to by then and whoever writes into it. The copy stays open for ever, because the system's
// loader remembers a library by the name it had, and another one must not come to be called the same. The same content
// is loaded once, so that a reload takes no more of them.
std::shared_ptr<Library> Library::open_judged(const std::filesystem::path& file, const Trust& trust,
                                              std::string& error) {
  static auto* const loaded = new std::map<signing::Digest, std::shared_ptr<Library>>;
  const Descriptor source(file);
  if (!source.open()) {
    error = fmt::format("cannot load plugin '{}': {}", file.string(), std::strerror(errno));
    return nullptr;
  }
  std::string why;
  Descriptor opened(signing::sealed_copy(source.number(), file.filename().string(), why));
  if (!opened.open()) {
    error = fmt::format("cannot load plugin '{}': {}", file.string(), why);
    return nullptr;
  }
  Judgement judgement = trust.judge(opened.number(), file);
  if (judgement.state != SignatureState::valid && trust.policy == SignaturePolicy::require) {
    error = fmt::format("plugin '{}' was not loaded: {}, and signatures are required", file.string(), judgement.why);
    return nullptr;
  }
  std::string ignored;
  if (!judgement.digest) judgement.digest = signing::digest_of(opened.number(), ignored);
  const auto before = judgement.digest ? loaded->find(*judgement.digest) : loaded->end();
  std::shared_ptr<Library> library;
  if (before != loaded->end()) {
    library = std::make_shared<Library>(*before->second);
    library->file_ = file;
  } else {
    library = open(file, fmt::format("/proc/self/fd/{}", opened.number()), error);
    opened.keep();
    if (library != nullptr && judgement.digest) loaded->emplace(*judgement.digest, library);
  }
  if (library != nullptr) library->judgement_ = std::move(judgement);
  return library;
}

std::shared_ptr<Library> Library::open(const std::filesystem::path& file, const std::string& loaded_as,
                                       std::string& error) {
  namespace dll = boost::dll;
  error.clear();
  // Kept open for ever, hence never destroyed.
  static auto* const opened = new std::deque<dll::shared_library>;
  dll::shared_library* const library = &opened->emplace_back();
  try {
    library->load(loaded_as, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const std::exception& problem) {
    error = fmt::format("cannot load plugin '{}': {}", file.string(), loader_text(problem.what(), loaded_as));
    return nullptr;
  }
  if (!library->has(TRELLIS_PLUGIN_SYMBOL)) {
    error = fmt::format("'{}' is no Trellis plugin: it does not export {}", file.string(), TRELLIS_PLUGIN_SYMBOL);
    return nullptr;
  }
  std::shared_ptr<Library> loaded(new Library);
  loaded->file_ = file;
  loaded->loaded_as_ = loaded_as;
  loaded->entry_ = &library->get<const trellis_plugin>(TRELLIS_PLUGIN_SYMBOL);
  return loaded;
}

std::vector<std::string> Library::symbols() const {
  if (file_.empty()) return {};  // the program's own
  try {
    return boost::dll::library_info(file_).symbols();
  } catch (const std::exception&) {
    return {};  // it was loaded, so it is not for us to call it broken
  }
}

}  // namespace trellis::loading
